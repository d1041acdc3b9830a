"""The edit of Pulumi's state that docs/restore.md tells, as it stands there."""

import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.rehearsal import ROOT

OLD, NEW = "data-api-prod", "data-api-prod-r1"


def resource(kind: str, **own: str) -> dict[str, object]:
    return {"type": kind, "id": own["id"], "inputs": {**own}, "outputs": {**own}, "protect": True}


@pytest.mark.skipif(shutil.which("jq") is None, reason="the runbook's own tool, jq, is not installed")
def test_the_runbook_renames_the_database_in_the_state_and_nothing_else(tmp_path: Path) -> None:
    database = resource("gcp:firestore/database:Database", id=f"projects/p/databases/{OLD}", name=OLD)
    topic = resource("gcp:pubsub/topic:Topic", id=f"projects/p/topics/{OLD}-records", name=f"{OLD}-records")
    state = {"version": 3, "deployment": {"resources": [topic, database]}}
    (tmp_path / "before.json").write_text(json.dumps(state))
    [command] = re.findall(r"^jq .*?after\.json$", (ROOT / "docs/restore.md").read_text(), re.DOTALL | re.MULTILINE)
    subprocess.run(["bash", "-ec", command], cwd=tmp_path, check=True)
    renamed = resource("gcp:firestore/database:Database", id=f"projects/p/databases/{NEW}", name=NEW)
    assert {"version": 3, "deployment": {"resources": [topic, renamed]}} == json.loads(
        (tmp_path / "after.json").read_text()
    )
