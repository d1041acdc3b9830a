"""The commands in the README have the output that it shows."""

import os
import pty
import re
import subprocess
import termios
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.support.servers.local_stack import Stack, StartStack

ROOT = Path(__file__).parents[3]
TRACE = ".venv/bin/data-api trace"
README = (ROOT / "README.md").read_text(encoding="utf-8")


def blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", README, re.DOTALL)


def in_a_terminal(command: str, stack: "Stack") -> str:
    """The output of the command in a terminal of 120 columns, without colours."""
    ours, theirs = pty.openpty()
    termios.tcsetwinsize(theirs, (40, 120))
    environ = {**stack.environ, "DATA_API_URL": stack.url, "TERM": "xterm"}
    with subprocess.Popen(["/bin/sh", "-c", command], cwd=ROOT, env=environ, stdout=theirs, stderr=theirs):
        os.close(theirs)
        shown = b""
        try:
            while piece := os.read(ours, 65_536):
                shown += piece
        except OSError:  # how Linux says that the other end is closed
            pass
    os.close(ours)
    plain = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", shown.decode())
    return "\n".join(line.rstrip() for line in plain.splitlines())


def without_chance(text: str) -> str:
    """Replaces ids and times, which differ each time, and the data, which follows the record's schema."""
    text = re.sub(r"\{.*$", "DATA", text, flags=re.MULTILINE)
    return re.sub(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d", "TIME", re.sub(r"[0-9a-f]{32}", "ID", text)).strip()


def without_durations(text: str) -> list[str]:
    """Replaces durations, which differ each time, and the column widths that follow from them."""
    timeless = re.sub(r"│[ █]{32}│|[+]?[\d,]+\.\d ms|\d\d:\d\d:\d\d\.\d{3}", "…", without_chance(text))
    return [" ".join(line.split()) for line in timeless.splitlines()]


def test_the_transcript_and_the_curl_commands_do_what_the_readme_shows(start_stack: "StartStack") -> None:
    stack = start_stack("--trace")
    stack.wait_until_up()
    transcript, tracing = blocks("console")
    for step in transcript.strip().removeprefix("$ ").split("\n$ "):
        command, _, shown = step.partition("\n")
        if "list" in command:  # what was accepted is stored within a moment
            stack.eventually(lambda: stack.logs("persist"))
        assert without_chance(shown) == without_chance(in_a_terminal(command, stack))

    record_id = stack.logs("persist")[0]["id"]
    stack.eventually(lambda: "BatchWrite" in in_a_terminal(f"{TRACE} {record_id} --port {stack.port}", stack))
    command, _, shown = tracing.removeprefix("$ ").partition("\n")
    assert re.fullmatch(rf"{TRACE} [0-9a-f]{{32}}", command)
    result = in_a_terminal(f"{TRACE} {record_id} --port {stack.port}", stack)
    assert without_durations(shown) == without_durations(result)

    curl = blocks("sh")[1].replace("http://127.0.0.1:8080", stack.url)
    done = subprocess.run(
        ["/bin/sh", "-c", curl], cwd=ROOT, env=dict(stack.environ), capture_output=True, text=True, check=True
    )
    assert "HTTP/1.1 202 Accepted" in done.stdout
    assert '{"records":[{"id":' in done.stdout


def test_every_file_that_the_documents_link_to_exists() -> None:
    documents = [ROOT / "README.md", *(ROOT / "docs").rglob("*.md")]
    links = [
        (document, target.partition("#")[0])
        for document in documents
        for target in re.findall(r"\]\((?!https?:)([^)\s]+)\)", document.read_text(encoding="utf-8"))
    ]
    assert [] == [f"{document.name}: {target}" for document, target in links if not (document.parent / target).exists()]
