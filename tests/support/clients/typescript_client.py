"""Generates the types of the TypeScript client from the bundle, checks a program that uses them, and runs it."""

import json
from pathlib import Path

from tests.support.clients import node

PROGRAM = node.HERE / "round_trip.ts"
_CONFIGURATION = {
    "compilerOptions": {
        "strict": True,
        "exactOptionalPropertyTypes": True,
        "noUncheckedIndexedAccess": True,
        "module": "nodenext",
        "moduleResolution": "nodenext",
        "target": "es2022",
        "types": ["node"],
    }
}


def generate(bundle: Path, folder: Path) -> None:
    """Writes schema.ts into the folder; raises AssertionError if the generator warns."""
    done = node.run([node.tool("openapi-typescript"), str(bundle), "--output", str(folder / "schema.ts")], folder)
    assert 0 == done.returncode, done.stderr
    assert "warn" not in (done.stdout + done.stderr).lower()


def prepare(folder: Path) -> None:
    """Makes the folder a project: its configuration, and the packages that a program imports."""
    (folder / "tsconfig.json").write_text(json.dumps(_CONFIGURATION), encoding="utf-8")
    (folder / "package.json").write_text('{"type": "module"}', encoding="utf-8")
    (folder / "node_modules").symlink_to(node.packages() / "node_modules")


def type_errors(folder: Path) -> str:
    """What TypeScript says of all programs in the folder, which it also compiles; empty if nothing."""
    done = node.run([node.tool("tsc"), "--project", "tsconfig.json"], folder)
    return done.stdout + done.stderr


def run(program: str, folder: Path, environ: dict[str, str]) -> str:
    """What a compiled program prints; raises AssertionError if it fails."""
    done = node.run(["node", program], folder, environ)
    assert 0 == done.returncode, done.stdout + done.stderr
    return done.stdout
