"""A change of record.schema.json alone is enough: everything that is made from it follows."""

import json
from pathlib import Path
from shutil import copyfile, copytree, ignore_patterns, which
from typing import Any

import pytest

from dataapi.records import schema
from dataapi.web import release
from deployment.archive import archive
from deployment.gateway_config.document import Deployment, read_contract, render
from tests.support.clients import python_client, typescript_client
from tests.support.javascript import in_node

ROOT = Path(__file__).parents[3]
SCHEMA = "record.schema.json"
RECORD = {"unit": "kg", "weight": 1.5}
PROPERTIES = {"unit": {"enum": ["kg", "lb"]}, "weight": {"type": "number"}}
OWN_SCHEMA = {"type": "object", "required": ["unit"], "properties": PROPERTIES, "examples": [RECORD]}
FIELDS = """
import { fieldsOf } from "PROJECT/web/app/posting/schema.js";
console.log(JSON.stringify(fieldsOf(JSON.parse(process.env.SCHEMA)).map(({ name, type }) => [name, type])));
"""
URLS = dict.fromkeys(("generate", "present", "delete", "web"), "https://f.example.com")

Json = dict[str, Any]


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of what the archive is made of, in which records have other fields."""
    root = tmp_path_factory.mktemp("project")
    for folder in ("functions", "web"):
        copytree(ROOT / folder, root / folder, ignore=ignore_patterns("__pycache__"))
    copyfile(ROOT / "openapi.yaml", root / "openapi.yaml")
    (root / "package.json").write_text('{"type": "module"}')
    (root / "functions" / SCHEMA).write_text(json.dumps(OWN_SCHEMA))
    return root


@pytest.fixture(scope="module")
def bundle(project: Path) -> Path:
    file = project / "openapi.json"
    python_client.write_bundle(file, project / "functions")
    return file


def test_the_validation_follows(project: Path) -> None:
    check = schema.load(project / "functions" / SCHEMA)
    assert [] == check(RECORD)
    assert ["/unit"] == [problem.field for problem in check({"unit": "stone"})]


def test_the_archive_of_the_functions_follows(project: Path) -> None:
    assert (project / "functions" / SCHEMA).read_bytes() in archive(project)
    assert archive(ROOT) != archive(project)


@pytest.mark.skipif(which("node") is None, reason="Node.js is not installed")
def test_the_form_of_the_web_page_follows(project: Path, tmp_path: Path) -> None:
    page = release.read(project / "web", project / "functions" / SCHEMA)
    (served,) = [file.content.decode() for path, file in page.files.items() if path.endswith(SCHEMA)]
    printed = in_node(FIELDS.replace("PROJECT", project.as_uri()), {"SCHEMA": served}, tmp_path)
    assert [["unit", "choice"], ["weight", "number"]] == json.loads(printed)


def test_the_bundle_follows(bundle: Path) -> None:
    document: Json = json.loads(bundle.read_text())
    assert PROPERTIES == document["components"]["schemas"]["NewRecord"]["properties"]
    (page,) = document["paths"]["/data"]["get"]["responses"]["200"]["content"]["application/json"]["examples"].values()
    assert RECORD == page["value"]["records"][0]["data"]


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
        "    return record.unit.value\n"
    )
    assert "" == python_client.type_errors(tmp_path, tmp_path / "user.py")


def test_the_types_for_typescript_follow(bundle: Path, tmp_path: Path) -> None:
    typescript_client.prepare(tmp_path)
    typescript_client.generate(bundle, tmp_path)
    (tmp_path / "user.ts").write_text(
        'import type { components } from "./schema.js";\n'
        'export const unit = (record: components["schemas"]["NewRecord"]): "kg" | "lb" => record.unit;\n'
    )
    assert "" == typescript_client.type_errors(tmp_path)
