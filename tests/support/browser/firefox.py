"""Drives the installed Firefox by WebDriver BiDi, the protocol that it speaks itself: no driver has to be installed."""

import json
import re
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from shutil import which
from typing import Any

from websockets.sync.client import ClientConnection, connect

FIREFOX = which("firefox-esr") or which("firefox")
ANSWER = 30  # seconds for a command
STOP = 10  # seconds
LIMIT = 30  # seconds that anything may take on a machine under load
PAUSE = 0.05  # seconds between two looks at the page


@dataclass
class Tab:
    """One tab. What it evaluates are functions without arguments, in JavaScript."""

    connection: ClientConnection
    context: str = ""
    numbers: Iterator[int] = field(default_factory=count)

    def command(self, method: str, **parameters: object) -> Any:  # noqa: ANN401 - JSON
        number = next(self.numbers)
        self.connection.send(json.dumps({"id": number, "method": method, "params": parameters}))
        while True:
            answer = json.loads(self.connection.recv(timeout=ANSWER))
            if answer.get("id") == number:
                assert answer["type"] == "success", answer
                return answer["result"]

    def open(self, url: str) -> None:
        self.command("browsingContext.navigate", context=self.context, url=url, wait="complete")

    def until(self, condition: str) -> Any:  # noqa: ANN401 - JSON
        """What the function returns as soon as it is true; the page may change to another one meanwhile."""
        end = time.monotonic() + LIMIT
        while time.monotonic() < end:
            target = {"context": self.context}
            result = self.command("script.evaluate", expression=f"({condition})()", target=target, awaitPromise=False)
            if result["type"] == "success" and (value := result["result"].get("value")):
                return value
            time.sleep(PAUSE)
        raise AssertionError(f"{condition} is not true after {LIMIT} s: {result}")

    def click(self, selector: str, text: str = "") -> None:
        """The first element whose text begins so, once it is there."""
        elements = f"[...document.querySelectorAll({json.dumps(selector)})]"
        found = f"{elements}.find(one => one.innerText.startsWith({json.dumps(text)}))"
        self.until(f"() => {{ const element = {found}; element?.click(); return element !== undefined; }}")

    def fill(self, selector: str, text: str) -> None:
        self.until(
            f"""() => {{
                const element = document.querySelector({json.dumps(selector)});
                if (!element) return false;
                element.value = {json.dumps(text)};
                return element.dispatchEvent(new InputEvent("input", {{ bubbles: true }}));
            }}"""
        )


@contextmanager
def firefox(profile: Path) -> Iterator[Tab]:
    """A new headless Firefox with this empty folder as its profile; it is stopped afterwards."""
    assert FIREFOX
    command = [FIREFOX, "--headless", "--no-remote", "--profile", str(profile), "--remote-debugging-port", "0"]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True) as process:
        try:
            assert process.stderr
            lines = iter(process.stderr.readline, "")
            address = next(filter(None, (re.search(r"BiDi listening on (ws://\S+)", line) for line in lines)))[1]
            with connect(f"{address}/session", max_size=None) as connection:
                tab = Tab(connection)
                tab.command("session.new", capabilities={})
                tab.context = tab.command("browsingContext.getTree")["contexts"][0]["context"]
                yield tab
        finally:
            process.terminate()
            process.wait(STOP)
