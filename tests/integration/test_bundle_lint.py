"""Redocly, a linter of OpenAPI documents, finds nothing in the bundle. It needs no network."""

from pathlib import Path

from tests.support.clients import node, python_client


def lint(bundle: Path) -> tuple[int, str]:
    configuration = node.HERE / "redocly.yaml"
    command = [node.tool("redocly"), "lint", str(bundle), f"--config={configuration}", "--format=stylish"]
    done = node.run([*command, "--max-problems=20"], bundle.parent)
    return done.returncode, done.stdout + done.stderr


def test_the_linter_finds_nothing_in_the_bundle(tmp_path: Path) -> None:
    python_client.write_bundle(tmp_path / "openapi.json")
    code, output = lint(tmp_path / "openapi.json")
    assert 0 == code, output
    assert "Your API description is valid" in output
    assert "warning" not in output.lower().replace("deprecation warning", "")


def test_the_linter_finds_an_example_that_its_schema_does_not_allow(tmp_path: Path) -> None:
    python_client.write_bundle(tmp_path / "openapi.json")
    text = (tmp_path / "openapi.json").read_text()
    (tmp_path / "openapi.json").write_text(text.replace('"status": "ok"', '"status": "bad"'))
    _, output = lint(tmp_path / "openapi.json")
    assert "no-invalid-media-type-examples" in output
