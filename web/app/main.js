const response = await fetch("/app/config.json");
const { release } = await response.json();
const line = document.querySelector("#release");
if (line) line.textContent = `Release ${release}`;
