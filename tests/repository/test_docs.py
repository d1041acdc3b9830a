"""The commands, settings and files that the documents name exist."""

import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click
import pytest
import yaml

from data_api.main import main
from tests.support.servers import live_api

ROOT = Path(__file__).parents[2]
PAGES = [
    *(ROOT / name for name in ("README.md", "CONTRIBUTING.md", "SECURITY.md")),
    *sorted((ROOT / "docs").rglob("*.md")),
]
DEPLOY = (ROOT / "docs" / "deploy.md").read_text()
LISTS = ("array", "object")
HAS_VALUE = {"gcp:project", "gcp:region"}

Json = dict[str, Any]  # what a settings file holds is known to its reader only


def settings(project: str) -> dict[str, Json]:
    result: dict[str, Json] = yaml.safe_load((ROOT / project / "Pulumi.yaml").read_text())["config"]
    return result


def commands(page: Path) -> Iterator[list[str]]:
    """The words of each command in the page's blocks of shell, after the name of its program."""
    for block in re.findall(r"```(?:sh|console)\n(.*?)```", page.read_text(), re.DOTALL):
        for line in block.replace("\\\n", " ").splitlines():
            for piece in re.split(r"\s(?:&&|\||;)\s|\$\(|\)\"", line):
                yield piece.removeprefix("$ ").split("  #")[0].split()


def called(*program: str) -> list[tuple[str, list[str]]]:
    """The page and the words behind these, of every command that begins with them; variables before it are left out."""
    results = []
    for page in PAGES:
        for words in commands(page):
            command = [word for word in words if not re.match(r"[A-Z_]+=", word)]
            if command[: len(program)] == list(program):
                results.append((page.name, command[len(program) :]))
    return results


def options(command: click.Command) -> set[str]:
    return {name for param in command.params for name in (*param.opts, *param.secondary_opts)} | {"--help", "--version"}


@pytest.mark.parametrize(("page", "words"), called(".venv/bin/data-api"))
def test_every_documented_command_of_data_api_has_the_shown_options(page: str, words: list[str]) -> None:
    command = main.get_command(click.Context(main), words[0])
    assert command is not None, page
    if isinstance(command, click.Group):
        command = command.commands[words[1]]
    used_options = {word.partition("=")[0] for word in words if re.match(r"--?[a-z]", word)}
    assert set() == used_options - options(command), page


def test_every_make_target_in_the_documents_exists() -> None:
    makefile = (ROOT / "Makefile").read_text()
    named = {
        target
        for page in PAGES
        for target in re.findall(r"`make ([a-z-]+)|^make ([a-z-]+)", page.read_text(), re.MULTILINE)
    }
    targets = {one or other for one, other in named}
    assert {"up", "setup", "check", "preview"} <= targets
    assert set() == {target for target in targets if not re.search(rf"^{target}:", makefile, re.MULTILINE)}


@pytest.mark.parametrize("words", [words for _, words in called("pulumi", "config", "set")], ids=" ".join)
def test_every_setting_of_a_stack_that_is_shown_is_declared_and_lists_are_set_by_their_path(words: list[str]) -> None:
    text = re.sub(r"--stack \S+|--\w+", "", " ".join(words))
    key = shlex.split(text)[0]
    name = re.split(r"[\[.]", key.removeprefix("data-api:"))[0]
    assert key in HAS_VALUE or name in settings("."), key
    # Without --path Pulumi makes a text of what looks like a list, and then refuses it.
    is_list = key not in HAS_VALUE and settings(".")[name]["type"] in LISTS
    assert is_list == ("--path" in words)


@pytest.mark.parametrize(
    "words", [words for _, words in called("pulumi", "-C", "infra/bootstrap", "config", "set")], ids=" ".join
)
def test_every_documented_bootstrap_setting_is_declared_as_a_single_value(words: list[str]) -> None:
    key = words[0]
    assert key in HAS_VALUE or settings("infra/bootstrap")[key]["type"] not in LISTS


def test_every_bootstrap_setting_without_a_default_is_documented() -> None:
    shown = {words[0] for _, words in called("pulumi", "-C", "infra/bootstrap", "config", "set")}
    assert (
        HAS_VALUE | {key for key, setting in settings("infra/bootstrap").items() if "default" not in setting} == shown
    )


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_file_that_a_page_names_exists(page: Path) -> None:
    named = re.findall(r"`((?:\.github|docs|functions|infra|cli|bench|tests)/[\w./-]+)`", page.read_text())
    assert [] == [name for name in named if not (ROOT / name).exists()]


def test_the_page_names_every_variable_that_the_workflows_read_and_no_other() -> None:
    texts = [path.read_text() for path in (ROOT / ".github" / "workflows").glob("*.yml")]
    read = {name for text in texts for name in re.findall(r"vars\.(\w+)", text)}
    begin = DEPLOY.index("Variables, all set by")
    results = set(re.findall(r"`([A-Z_]{6,})`", DEPLOY[begin : DEPLOY.index(".\n", begin) + 60]))
    assert {"WORKLOAD_IDENTITY_PROVIDER", "DEPLOYER", "PREVIEWER", "DRILLER", "PULUMI_BACKEND_URL"} == read == results


def test_every_variable_of_a_shell_that_the_page_names_is_read_by_the_client_or_the_tests() -> None:
    options = (ROOT / "cli" / "data_api" / "records" / "options.py").read_text()
    known = {live_api.AUDIENCE, live_api.TESTER, live_api.TOKEN, *re.findall(r'envvar="(DATA_API_[A-Z_]+)"', options)}
    assert set() == set(re.findall(r"DATA_API_[A-Z_]+", DEPLOY)) - known


def test_the_page_warns_of_the_audience_that_the_client_warns_of() -> None:
    credentials = (ROOT / "cli" / "data_api" / "records" / "identity" / "credentials.py").read_text()
    (audience,) = set(re.findall(r"\d+\.apps\.googleusercontent\.com", DEPLOY))
    assert audience in credentials


def test_every_next_step_of_the_original_has_a_line_with_a_link() -> None:
    page = (ROOT / "docs" / "differences-from-aws.md").read_text()
    section = page[page.index("## Its next steps") : page.index("## What was wrong")]
    rows = {cells[1].strip(): cells for line in section.splitlines() if len(cells := line.split("|")) == 5}
    steps = {
        "dead-letter queue",
        "several messages per execution",
        "throttling",
        "web interface",
        "further metrics",
        "better notification",
        "plan with a manual step",
        "no hard-coded region",
        "smoke test",
        "pull-request check",
        "encryption",
        "point-in-time recovery",
    }
    assert steps == rows.keys() - {"listed there", "---"}
    assert all("`" in rows[step][3] for step in steps)


def headings(page: Path) -> set[str]:
    """The anchors of a page, as GitHub makes them."""
    titles = re.findall(r"^#+ (.+)$", page.read_text(), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_link_leads_to_a_file_and_to_a_section_of_it(page: Path) -> None:
    links = re.findall(r"\]\((?!https?:)([^)#\s]*)(?:#([^)\s]+))?\)", page.read_text())
    targets = [((page.parent / path).resolve() if path else page, anchor) for path, anchor in links]
    assert [] == [target.name for target, _ in targets if not target.exists()]
    assert [] == [f"{target.name}#{anchor}" for target, anchor in targets if anchor and anchor not in headings(target)]


def test_the_glossary_is_short_and_each_of_its_terms_is_linked() -> None:
    glossary = ROOT / "docs" / "glossary.md"
    terms = headings(glossary) - {"glossary"}
    assert len(terms) <= 30
    linked = {anchor for page in PAGES for anchor in re.findall(r"glossary\.md#([\w-]+)", page.read_text())}
    assert set() == terms - linked


def test_the_tree_names_every_folder_of_the_code() -> None:
    page = (ROOT / "docs" / "architecture.md").read_text()
    tree = page[page.index("## The tree") : page.index("**Import rules.**")]
    code = (
        "functions/dataapi",
        "cli/data_api",
        "cli/data_api/stack",
        "cli/data_api/ops",
        "infra",
        "infra/deployment",
        "bench",
    )
    folders = {path.name for folder in code for path in (ROOT / folder).iterdir() if any(path.glob("*.py"))}
    assert set() == {folder for folder in folders if f"{folder}/" not in tree}


@pytest.mark.parametrize("record", sorted((ROOT / "docs" / "decisions").glob("0*.md")), ids=lambda path: path.stem)
def test_every_decision_has_a_date_and_a_status_and_is_listed(record: Path) -> None:
    assert re.search(r"^Date: \d{4}-\d\d-\d\d\\\nStatus: (?:accepted|superseded)", record.read_text(), re.MULTILINE)
    assert f"({record.name})" in (record.parent / "README.md").read_text()
