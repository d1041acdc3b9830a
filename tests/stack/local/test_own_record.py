"""Who makes the project theirs edits record.schema.json, and nothing else."""

from pathlib import Path
from shutil import copyfile

from tests.support.project_copy import copy_project

ORDER = Path(__file__).parents[2] / "support" / "schemas" / "order.schema.json"
# What calls the functions as shipped, without sockets, with services and through the whole system.
TESTS = (
    *(
        "tests/unit/functions",
        "tests/unit/cli/records",
        "tests/infra/components/test_archive.py",
        "tests/integration/functions/traces",
    ),
    *(f"tests/stack/test_{name}.py" for name in ("smoke", "records")),
)


def test_with_another_record_schema_everything_else_stays_as_it_is(tmp_path: Path) -> None:
    project = copy_project(tmp_path / "project")
    copyfile(ORDER, project.root / "functions" / "record.schema.json")

    run = project.pytest(*TESTS)

    assert 0 == run.returncode, run.stdout[-8_000:] + run.stderr[-2_000:]
    assert "passed" in run.stdout
    assert "skipped" not in run.stdout
