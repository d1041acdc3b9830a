"""Importing an entry file imports, and nothing else: proved in an interpreter of its own that is watched meanwhile."""

import json
import subprocess
import sys
from pathlib import Path

from dataapi.gcp import settings

FUNCTIONS = Path(settings.__file__).parents[2]
VARIABLES = sorted(value for name, value in vars(settings).items() if name.isupper())

# `socket.bind` is not watched: urllib3 asks in this way whether there is IPv6, without leaving the machine.
PROGRAM = """
import json, os, sys, threading

EVENTS = {"socket.connect", "socket.getaddrinfo", "socket.sendto", "subprocess.Popen", "os.system", "os.exec",
          "os.fork", "os.posix_spawn"}
folder, variables, modules = json.loads(sys.argv[1])
happened = []

class Watched(type(os.environ)):
    def __getitem__(self, name):
        happened.extend([name] if name in variables else [])
        return super().__getitem__(name)

    def __contains__(self, name):
        happened.extend([name] if name in variables else [])
        return super().__contains__(name)

os.environ.__class__ = Watched
sys.addaudithook(lambda event, _: happened.append(event) if event in EVENTS else None)
sys.path.append(folder)
for module in modules:
    __import__(module)
at_import = [*happened]
os.environ.get(variables[0])
sys.audit("socket.connect")
print(json.dumps({"atImport": at_import, "later": happened[len(at_import):], "threads": threading.active_count()}))
"""


def test_importing_the_entry_files_reads_no_setting_calls_nobody_and_starts_nothing() -> None:
    argument = json.dumps([str(FUNCTIONS), VARIABLES, ["generate", "persist", "present"]])
    run = subprocess.run(
        [sys.executable, "-c", PROGRAM, argument], capture_output=True, check=True, text=True, timeout=60
    )
    later = [VARIABLES[0], "socket.connect"]  # what the program does at its end, to show that it sees such things
    assert {"atImport": [], "later": later, "threads": 1} == json.loads(run.stdout)
    assert "" == run.stderr
