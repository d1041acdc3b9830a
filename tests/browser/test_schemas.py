"""The page of other records than the shipped ones: a flat schema with every kind of input, and a nested one."""

import json
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from shutil import copyfile
from typing import Any

import pytest
from playwright.sync_api import Browser, Locator, expect

from tests.support.browser.window import Window, Windows
from tests.support.project_copy import copy_project
from tests.support.servers.local_stack import Stack, started_stacks

SCHEMAS = Path(__file__).parents[1] / "support" / "schemas"
BEYOND_A_DOUBLE = "9007199254740993"  # 2**53 + 1
VALID: dict[str, Any] = {"sensor": "DE-0001", "note": None, "count": 1, "isValid": True, "unit": "%"}
CLIPBOARD = "() => navigator.clipboard.readText()"


@contextmanager
def stack_with(schema: str, folder: Path) -> Iterator[Stack]:
    """A stack of a copy of the project with this schema."""
    project = copy_project(folder / "project")
    copyfile(SCHEMAS / schema, project.root / "functions" / "record.schema.json")
    with started_stacks(folder) as start:
        stack = start(PYTHONPATH=project.environ["PYTHONPATH"])
        stack.wait_until_up()
        yield stack


@pytest.fixture(scope="module")
def stacks(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[str], Stack]]:
    """Starts the stack of a schema when it is first needed."""
    started: dict[str, Stack] = {}
    with ExitStack() as exits:

        def of(schema: str) -> Stack:
            if schema not in started:
                started[schema] = exits.enter_context(stack_with(schema, tmp_path_factory.mktemp("schema")))
            return started[schema]

        yield of


@pytest.fixture
def flat(browser: Browser, stacks: Callable[[str], Stack], user: str) -> Iterator[Window]:
    windows = Windows(browser, stacks("flat.schema.json"))
    yield windows.signed_in(user)
    windows.close()


@pytest.fixture
def nested(browser: Browser, stacks: Callable[[str], Stack], user: str) -> Iterator[Window]:
    windows = Windows(browser, stacks("order.schema.json"))
    yield windows.signed_in(user)
    windows.close()


def field(window: Window, name: str) -> Locator:
    return window.page.locator("record-form").get_by_label(name)


def switch(window: Window, mode: str) -> None:
    window.page.get_by_role("button", name=mode, exact=True).click()


def editor(window: Window) -> Locator:
    return window.page.get_by_label("Record as JSON")


def post(window: Window) -> None:
    window.page.get_by_role("button", name="Post record").click()


def fill_required(window: Window, count: str = "1") -> None:
    field(window, "Sensor").fill("DE-0001")
    field(window, "count").fill(count)
    field(window, "isValid").check()
    field(window, "unit").select_option("%")


def downloaded(window: Window, button: str) -> str:
    window.page.get_by_text("Download", exact=True).click()
    with window.page.expect_download() as download:
        window.page.get_by_role("button", name=button).click()
    return Path(download.value.path()).read_text(encoding="utf-8")


def test_every_kind_of_input_becomes_a_value_of_its_type(
    flat: Window, user: str, stacks: Callable[[str], Stack]
) -> None:
    fill_required(flat)
    field(flat, "value").fill("1.10")
    for name, choice in (("isFinal", "false"), ("level", "2"), ("version", "1")):
        field(flat, name).select_option(choice)
    for name, text in (("day", "2026-01-31"), ("contact", "ada@example.com"), ("source", "https://example.com/a")):
        field(flat, name).fill(text)

    with flat.page.expect_request("**/data") as sent:
        post(flat)

    expect(flat.sent.first).to_contain_text("Stored after")
    assert '"value":1.10,' in str(sent.value.post_data)
    texts = {"day": "2026-01-31", "contact": "ada@example.com", "source": "https://example.com/a"}
    with stacks("flat.schema.json").client(user, "data.read") as client:
        [record] = client.get("/data").json()["records"]
    assert {**VALID, "value": 1.1, "isFinal": False, "level": 2, "version": 1, **texts} == record["data"]
    assert [] == flat.problems


def test_labels_help_and_choices_come_from_the_schema(flat: Window) -> None:
    expect(field(flat, "Sensor")).to_have_accessible_description("Such as DE-0001.")
    expect(field(flat, "note")).to_have_accessible_description("Left empty, it is null.")
    assert ["°C", "%"] == field(flat, "unit").locator("option").all_inner_texts()[1:]
    assert ["1", "2", "null"] == field(flat, "level").locator("option").all_inner_texts()[1:]
    required = {"Sensor": "true", "note": "false", "count": "true", "comment": "false"}
    assert required == {name: field(flat, name).get_attribute("aria-required") for name in required}


FORBIDDEN = (
    ("Sensor", "de-1", "Must match ^[A-Z]{2}-[0-9]{4}$."),
    ("note", "x" * 201, "Must have at most 200 characters."),
    ("count", "1.5", "Must be an integer."),
    ("count", "twelve", "Must be an integer."),
    ("count", "", "Is required."),
    ("count", "9223372036854777000", "Must be less than 9223372036854775807."),
    ("value", "0.4", "Must be 0.5 or more."),
    ("value", "1e22", "Must be 1000000000000000000000 or less."),
    ("comment", "ab", "Must have at least 3 characters."),
)


def test_what_the_schema_forbids_is_said_at_the_field_and_not_sent(flat: Window) -> None:
    fill_required(flat)
    for name, text, problem in FORBIDDEN:
        valid = field(flat, name).input_value()
        field(flat, name).fill(text)
        post(flat)
        expect(field(flat, name)).to_be_focused()
        expect(field(flat, name)).to_have_attribute("aria-invalid", "true")
        assert [problem] == [said for said in flat.page.locator("record-form .problem").all_inner_texts() if said]
        field(flat, name).fill(valid)

    assert [] == flat.paths("/data$")


def test_what_only_the_api_checks_is_said_at_the_field(flat: Window) -> None:
    fill_required(flat)
    field(flat, "contact").fill("nobody")

    post(flat)

    expect(field(flat, "contact")).to_have_attribute("aria-invalid", "true")
    expect(field(flat, "contact")).to_have_value("nobody")
    assert flat.paths("/data$")


def test_numbers_keep_their_digits_wherever_the_page_shows_or_saves_them(flat: Window) -> None:
    flat.page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    fill_required(flat, BEYOND_A_DOUBLE)
    field(flat, "value").fill("2.0")
    post(flat)
    expect(flat.sent.first).to_contain_text("Stored after")
    expect(flat.rows.first).to_contain_text(BEYOND_A_DOUBLE)

    lines, table = downloaded(flat, "As NDJSON"), downloaded(flat, "As CSV")
    flat.rows.first.get_by_role("link").click()
    flat.page.get_by_role("button", name="Copy JSON").click()
    expect(flat.page.locator(".toast").filter(has_text="Copied.")).to_be_visible()

    shown = flat.page.locator(".record").inner_text()
    for place in (shown, flat.page.evaluate(CLIPBOARD), lines, table):
        assert BEYOND_A_DOUBLE in place
        assert "2.0" in place


def test_numbers_keep_their_digits_between_form_and_json_and_over_a_reload(flat: Window) -> None:
    written = {**VALID, "count": 0, "value": 0}
    text = json.dumps(written).replace('"count": 0', f'"count": {BEYOND_A_DOUBLE}').replace(": 0}", ": 1.10}")
    switch(flat, "JSON")
    editor(flat).fill(text)

    switch(flat, "Form")
    flat.page.reload()
    expect(field(flat, "count")).to_have_value(BEYOND_A_DOUBLE)
    expect(field(flat, "value")).to_have_value("1.10")
    switch(flat, "JSON")

    assert f'"count": {BEYOND_A_DOUBLE}' in editor(flat).input_value()
    assert '"value": 1.10' in editor(flat).input_value()


UNSHOWN: tuple[dict[str, Any], ...] = (
    {"sensor": {"a": 1}},
    {"note": 5},
    {"comment": ""},
    {"level": 3},
    {"isValid": None},
    {"comment": "a\r\nb"},
)


def test_a_value_that_the_form_cannot_show_stays_as_json(flat: Window) -> None:
    switch(flat, "JSON")
    for other in UNSHOWN:
        text = json.dumps({**VALID, **other})
        editor(flat).fill(text)
        switch(flat, "Form")
        said = f"The form cannot show this value of {next(iter(other))}."
        expect(flat.page.get_by_role("alert")).to_contain_text(said)
        expect(editor(flat)).to_have_value(text)


def test_the_example_fills_the_form(flat: Window) -> None:
    flat.page.get_by_role("button", name="Use the example").click()

    expect(field(flat, "count")).to_have_value(BEYOND_A_DOUBLE)
    expect(field(flat, "Sensor")).to_have_value("DE-0001")


def test_a_file_with_an_array_keeps_the_digits(
    flat: Window, user: str, stacks: Callable[[str], Stack], tmp_path: Path
) -> None:
    file = tmp_path / "events.json"
    file.write_text(json.dumps([{**VALID, "count": int(BEYOND_A_DOUBLE)}], indent=2))
    switch(flat, "File")

    flat.page.get_by_label("Choose a file").set_input_files(file)

    expect(flat.page.locator(".upload-status")).to_contain_text("done: 1 accepted")
    expect(flat.rows.first).to_contain_text(BEYOND_A_DOUBLE)
    with stacks("flat.schema.json").client(user, "data.read") as client:
        assert [int(BEYOND_A_DOUBLE)] == [record["data"]["count"] for record in client.get("/data").json()["records"]]


def test_a_nested_record_is_written_as_json(nested: Window, user: str, stacks: Callable[[str], Stack]) -> None:
    expect(nested.page.get_by_role("button", name="Form", exact=True)).to_have_count(0)
    nested.page.get_by_role("button", name="Use the example").click()
    order = json.loads(editor(nested).input_value())
    editor(nested).fill(json.dumps({**order, "customer": {"name": ""}}))
    post(nested)
    expect(nested.page.get_by_role("alert").filter(has_text="/customer/name")).to_be_visible()
    expect(editor(nested)).to_be_focused()

    editor(nested).fill(json.dumps(order))
    post(nested)

    expect(nested.sent.first).to_contain_text("Stored after")
    expect(nested.rows.first).to_contain_text(order["orderId"])
    with stacks("order.schema.json").client(user, "data.read") as client:
        assert [order] == [record["data"] for record in client.get("/data").json()["records"]]
