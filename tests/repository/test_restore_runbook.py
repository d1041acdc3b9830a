"""Runs the edit of Pulumi's state that docs/restore.md shows."""

import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.support.infra.stack_settings import ROOT

OLD, NEW = "data-api-prod", "data-api-prod-r1"


def resource(kind: str, collection: str, name: str) -> dict[str, object]:
    inputs, id_ = {"name": name, "project": "p"}, f"projects/p/{collection}/{name}"
    return {"type": kind, "id": id_, "inputs": inputs, "outputs": inputs | {"id": id_}, "protect": True}


@pytest.mark.skipif(shutil.which("jq") is None, reason="the runbook's own tool, jq, is not installed")
def test_the_runbook_renames_the_database_in_the_state_and_nothing_else(tmp_path: Path) -> None:
    database = resource("gcp:firestore/database:Database", "databases", OLD)
    topic = resource("gcp:pubsub/topic:Topic", "topics", f"{OLD}-records")
    state = {"version": 3, "deployment": {"resources": [topic, database]}}
    (tmp_path / "before.json").write_text(json.dumps(state))
    [command] = re.findall(r"^jq .*?after\.json$", (ROOT / "docs/restore.md").read_text(), re.DOTALL | re.MULTILINE)
    subprocess.run(command, shell=True, cwd=tmp_path, check=True)  # noqa: S602 - a person types it into a shell, too
    renamed = resource("gcp:firestore/database:Database", "databases", NEW)
    assert {"version": 3, "deployment": {"resources": [topic, renamed]}} == json.loads(
        (tmp_path / "after.json").read_text()
    )
