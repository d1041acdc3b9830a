"""Every alert has a runbook, and the commands and names in it exist."""

import ast
import re
import shlex
from pathlib import Path

import pytest

from data_api.main import COMMANDS
from deployment.config_error import ConfigError
from deployment.monitoring.runbooks import anchor, link, read_runbooks, runbook
from tests.support.infra.pulumi_program import run_program
from tests.support.infra.recorded_deployment import RecordedDeployment
from tests.support.infra.stack_settings import OPERATOR, ROOT, stack_configuration

POLICY = "gcp:monitoring/alertPolicy:AlertPolicy"
PAGE = ROOT / "docs/operations.md"
TEXT = PAGE.read_text()
SEVERITIES = {"CRITICAL", "ERROR", "WARNING"}
PLACEHOLDERS = re.compile(r"\b(?:PROJECT|REGION|PREFIX|STACK)\b")
MOST_CHARACTERS = 8_192  # https://docs.cloud.google.com/monitoring/alerts/doc-alerts
BLOCKS = [block.replace("\\\n", " ") for block in re.findall(r"^```sh\n(.*?)^```$", TEXT, re.MULTILINE | re.DOTALL)]


def headings() -> list[str]:
    """The titles of the runbooks."""
    _, alerts = TEXT.split("\n## Alerts\n")
    return re.findall(r"^### (.+)$", re.split(r"^## ", alerts, flags=re.MULTILINE)[0], re.MULTILINE)


def table() -> dict[str, tuple[str, str]]:
    """Severity and anchor by title, as the page's table has them."""
    rows = re.findall(r"^\| ([^|]+) \| ([A-Z]+) \| \[[a-z-]+\]\(#([a-z-]+)\) \|$", TEXT, re.MULTILINE)
    return {title: (severity, link) for title, severity, link in rows}


def titles(deployment: RecordedDeployment) -> dict[str, str]:
    """The severities of the alerts, by title."""
    prefix = "data-api-prod: "
    return {
        resource.inputs["displayName"].removeprefix(prefix): resource.inputs["severity"]
        for resource in deployment.all(POLICY)
    }


def contents(deployment: RecordedDeployment) -> dict[str, str]:
    """The documentation of the alerts, by title."""
    return {
        resource.inputs["displayName"].removeprefix("data-api-prod: "): resource.inputs["documentation"]["content"]
        for resource in deployment.all(POLICY)
    }


def test_every_alert_has_a_runbook_and_every_runbook_an_alert(prod: RecordedDeployment) -> None:
    assert sorted(titles(prod)) == sorted(headings())


def test_every_alert_has_the_severity_and_the_anchor_in_the_table(prod: RecordedDeployment) -> None:
    assert {title: (severity, anchor(title)) for title, severity in titles(prod).items()} == table()
    assert SEVERITIES == {*titles(prod).values()}


def test_every_runbook_says_what_it_means_where_to_look_and_what_to_do(prod: RecordedDeployment) -> None:
    for title, content in contents(prod).items():
        assert ["**Means**", "**Look**", "**Do**"] == re.findall(r"^\*\*\w+\*\*", content, re.MULTILINE), title


def test_an_alert_quotes_its_section_with_the_stacks_own_names(prod: RecordedDeployment) -> None:
    for title, content in contents(prod).items():
        assert content.endswith(f"docs/operations.md#{anchor(title)}"), title
        assert [] == PLACEHOLDERS.findall(content), title
    assert "--project a-project" in contents(prod)["Dead letters"]
    assert "data-api-prod-records-dead-letters" in contents(prod)["Dead letters"]
    assert "--stack prod" in contents(prod)["Unreachable"]
    assert "--region europe-west1" in contents(prod)["Unreachable"]


def test_an_alert_can_be_read_where_it_is_shown(prod: RecordedDeployment) -> None:
    for title, content in contents(prod).items():
        assert len(content) <= MOST_CHARACTERS, title
        assert "${" not in content, title  # there it would stand for a variable of Cloud Monitoring
        assert "](#" not in content, title  # a link within the page


def test_alerts_link_to_the_configured_page() -> None:
    page = "https://git.example/us/data-api/blob/main/docs/operations.md"
    deployment = run_program("prod", {**OPERATOR, "data-api:runbooks": page})
    assert contents(deployment)["Dead letters"].endswith(f"[docs/operations.md#dead-letters]({page}#dead-letters)")


def test_links_within_the_page_have_a_target() -> None:
    places = {anchor(title) for title in re.findall(r"^#{1,3} (.+)$", TEXT, re.MULTILINE)}
    assert set(re.findall(r"\]\(#([^)]+)\)", TEXT)) <= places


def test_an_anchor_has_the_form_that_github_gives_it() -> None:
    assert "is-it-healthy" == anchor("Is it healthy?")
    assert "near-the-most-instances" == anchor("Near the most instances")
    assert "docs/operations.md#is-it-healthy" == link("Is it healthy?", "")


def test_no_line_of_a_command_looks_like_a_heading() -> None:
    assert [] == [line for block in BLOCKS for line in block.splitlines() if line.startswith("#")]


def test_settings_that_the_page_names_exist() -> None:
    named = {*re.findall(r"data-api:(\w+)", TEXT)}
    assert named
    assert named <= {key.removeprefix("data-api:") for key in stack_configuration("prod")}


def test_commands_of_ours_that_the_page_names_exist() -> None:
    named = {*re.findall(r"\.venv/bin/data-api ([\w-]+)", TEXT)}
    assert named
    assert named <= COMMANDS.keys()


@pytest.mark.parametrize("block", BLOCKS)
def test_commands_have_matching_quotes(block: str) -> None:
    assert shlex.split(block)  # quotes match


def test_names_in_commands_are_names_of_resources(prod: RecordedDeployment) -> None:
    named = {*re.findall(r"\bPREFIX(?:-[a-z-]*[a-z])?\b", TEXT)}
    there = {
        resource.inputs[key]
        for resource in prod.resources
        for key in ("name", "gatewayId", "accountId")
        if key in resource.inputs
    }
    assert len(named) > 4
    assert set() == {name for name in named if name.replace("PREFIX", "data-api-prod") not in there}


def test_fields_and_events_in_commands_are_in_log_lines() -> None:
    fields, events = {"messageId", "attempt"}, set()
    for path in (ROOT / "functions").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and ast.unparse(node.func) in ("log", "call.log"):
                fields |= {keyword.arg for keyword in node.keywords if keyword.arg}
                events |= {constant.value for constant in ast.walk(node.args[0]) if isinstance(constant, ast.Constant)}
    named = {*re.findall(r"(?:jsonPayload|\.fields)\.(\w+)", TEXT)} - {"message", "responseDetails"}
    assert {"reason", "attempt", "lagSeconds"} <= named <= fields
    filtered_events = {*re.findall(r'jsonPayload\.message="(\w+)"', TEXT)}
    assert {"stored"} <= filtered_events <= events


def test_reasons_of_dead_letters_on_the_page_are_those_that_the_functions_give() -> None:
    section = TEXT.split("\n### Dead letters\n")[1].split("\n### ")[0]
    reasons = re.findall(r"^- `([^`:…]+)[: …]*`:", section, re.MULTILINE)
    sources = "".join(path.read_text() for path in (ROOT / "functions").rglob("*.py"))
    assert 4 == len(reasons)
    assert [] == [reason for reason in reasons if f'"{reason.strip()}' not in sources]
    filters = re.findall(r"--reason '([^']+)'", section)
    assert filters
    assert [] == [text for text in filters if not any(reason.startswith(text) for reason in reasons)]


def test_a_missing_section_is_reported_in_one_sentence(project_copy: Path) -> None:
    page = project_copy / "docs/operations.md"
    page.write_text(page.read_text().replace("### Dead letters", "### Lost letters"))
    with pytest.raises(ConfigError, match=r"^docs/operations\.md has no section 'Dead letters', but the alert"):
        run_program("prod", root=project_copy)


def test_a_missing_page_is_reported_in_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(
        ConfigError, match=r"operations\.md cannot be read \(No such file.*\), but alerts contain its sections: restore"
    ):
        read_runbooks(tmp_path / "operations.md")


def test_only_whole_words_are_placeholders() -> None:
    sections = {"One": "PROJECT PROJECT_ID PREFIX-records PREFIXES"}
    names = {"PROJECT": "ours", "PREFIX": "data-api-dev"}
    assert "ours PROJECT_ID data-api-dev-records PREFIXES\n\ndocs/operations.md#one" == runbook(
        sections, "One", names, ""
    )
