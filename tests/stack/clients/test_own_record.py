"""A change of record.schema.json alone is enough: everything that is made from it follows."""

import json
from pathlib import Path
from shutil import copyfile, copytree, ignore_patterns
from typing import Any

import pytest

from dataapi.records import schema
from deployment.archive import archive
from deployment.gateway_config.document import Deployment, read_contract, render
from tests.support.clients import python_client, typescript_client

ROOT = Path(__file__).parents[3]
SCHEMA = "record.schema.json"
PROPERTY = {"type": "object", "required": ["unit"], "properties": {"unit": {"enum": ["kg", "lb"]}}}
URLS = dict.fromkeys(("generate", "present", "delete", "web"), "https://f.example.com")

Json = dict[str, Any]


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of what the archive is made of, in which a record must have the property `weight`."""
    root = tmp_path_factory.mktemp("project")
    for folder in ("functions", "web"):
        copytree(ROOT / folder, root / folder, ignore=ignore_patterns("__pycache__"))
    copyfile(ROOT / "openapi.yaml", root / "openapi.yaml")
    file = root / "functions" / SCHEMA
    content = json.loads(file.read_text())
    content["properties"]["weight"] = PROPERTY
    content["required"] = [*content.get("required", []), "weight"]
    content["examples"] = [{**example, "weight": {"unit": "kg"}} for example in content["examples"]]
    file.write_text(json.dumps(content))
    return root


@pytest.fixture(scope="module")
def bundle(project: Path) -> Path:
    file = project / "openapi.json"
    python_client.write_bundle(file, project / "functions")
    return file


def test_the_validation_follows(project: Path) -> None:
    check = schema.load(project / "functions" / SCHEMA)
    (valid, *_) = json.loads((project / "functions" / SCHEMA).read_text())["examples"]
    assert [] == check(valid)
    assert ["/weight/unit"] == [problem.field for problem in check({**valid, "weight": {"unit": "stone"}})]


def test_the_archive_of_the_functions_follows(project: Path) -> None:
    """The web page's form is made from the file in it."""
    assert (project / "functions" / SCHEMA).read_bytes() in archive(project)
    assert archive(ROOT) != archive(project)


def test_the_bundle_follows(bundle: Path) -> None:
    document: Json = json.loads(bundle.read_text())
    assert PROPERTY == document["components"]["schemas"]["NewRecord"]["properties"]["weight"]
    (page,) = document["paths"]["/data"]["get"]["responses"]["200"]["content"]["application/json"]["examples"].values()
    assert {"unit": "kg"} == page["value"]["records"][0]["data"]["weight"]


def test_the_gateways_document_stays_as_it_is(project: Path) -> None:
    """It has no form of a record: API Gateway does not validate bodies."""
    deployment = Deployment("project", ("audience",), URLS)
    documents = [render(read_contract(root / "openapi.yaml"), deployment) for root in (ROOT, project)]
    assert documents[0] == documents[1]


def test_the_types_for_python_follow(bundle: Path, tmp_path: Path) -> None:
    python_client.generate(bundle, tmp_path)
    (tmp_path / "user.py").write_text(
        "from data_api_client.models import NewRecord\n\n\n"
        "def unit(record: NewRecord) -> str:\n"
        "    return record.weight.unit.value\n"
    )
    assert "" == python_client.type_errors(tmp_path, tmp_path / "user.py")


def test_the_types_for_typescript_follow(bundle: Path, tmp_path: Path) -> None:
    typescript_client.prepare(tmp_path)
    typescript_client.generate(bundle, tmp_path)
    (tmp_path / "user.ts").write_text(
        'import type { components } from "./schema.js";\n'
        'export const unit = (record: components["schemas"]["NewRecord"]): "kg" | "lb" => record.weight.unit;\n'
    )
    assert "" == typescript_client.type_errors(tmp_path)
