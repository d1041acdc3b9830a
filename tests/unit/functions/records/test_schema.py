"""Tests the problems that the record schema finds."""

import json
import tracemalloc
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from dataapi.errors import Problem
from dataapi.records import schema
from dataapi.records.schema import Check

TWO_TEXTS = Path(__file__).parents[3] / "support" / "schemas" / "two_texts.schema.json"
SCHEMAS = [Path(__file__).parents[4] / "functions" / "record.schema.json", *TWO_TEXTS.parent.glob("*.json")]
MARK = "s3cret"
RULES: dict[str, Any] = {
    "const": {"const": 1},
    "enum": {"enum": ["a", 2, None]},
    "pattern": {"pattern": "^x$"},
    "long": {"maxLength": 2, "maxItems": 1, "maxProperties": 1},
    "short": {"minLength": 99, "minItems": 99, "minProperties": 99},
    "format": {"format": "email"},
    "type": {"type": ["integer", "null"]},
    "unique": {"uniqueItems": True},
    "contains": {"contains": {"const": 1}},
    "not": {"not": {}},
    "never": False,
    "one": {"oneOf": [{"const": 1}, {"const": 2}]},
    "any": {"anyOf": [{"type": "null"}, {"required": ["a"]}]},
    "items": {"items": {"type": "integer"}, "prefixItems": [{}], "unevaluatedItems": False},
    "needs": {"required": ["b"], "dependentRequired": {MARK: ["c"]}},
    "closed": {"additionalProperties": False},
    "inside": {"additionalProperties": {"type": "boolean"}},
}
SENT = [MARK, f"value {MARK}", f'"{MARK}"', [MARK, MARK], [[MARK]], {MARK: MARK}, {"a": MARK, MARK: 1}]


@pytest.fixture
def load(tmp_path: Path) -> Callable[[object], Check]:
    def loaded(content: object) -> Check:
        path = tmp_path / "schema.json"
        path.write_text(json.dumps(content), encoding="utf-8")
        return schema.load(path)

    return loaded


@pytest.fixture(scope="module")
def strict(tmp_path_factory: pytest.TempPathFactory) -> Check:
    path = tmp_path_factory.mktemp("schema") / "schema.json"
    path.write_text(json.dumps({"properties": RULES}), encoding="utf-8")
    return schema.load(path)


@pytest.mark.parametrize("path", SCHEMAS, ids=lambda path: path.name)
def test_a_schema_allows_its_own_examples(path: Path) -> None:
    check = schema.load(path)
    examples = json.loads(path.read_text(encoding="utf-8"))["examples"]
    assert examples
    assert [[]] * len(examples) == [check(example) for example in examples]


def test_a_record_of_the_schema_has_no_problems() -> None:
    assert [] == schema.load(TWO_TEXTS)({"informationOne": "é", "informationTwo": " "})


def test_all_problems_are_named_at_once() -> None:
    problems = schema.load(TWO_TEXTS)({"informationOne": "", "a/b": 1, "~": 2})
    assert {
        Problem("/informationOne", "is shorter than 1 character"),
        Problem("/informationTwo", "is required"),
        Problem("/a~1b", "is not allowed"),
        Problem("/~0", "is not allowed"),
    } == set(problems)
    assert 4 == len(problems)


def test_at_most_100_problems_are_named() -> None:
    assert 100 == len(schema.load(TWO_TEXTS)({str(number): 1 for number in range(200)}))


def test_a_value_of_another_type_is_reported_with_the_required_type() -> None:
    check = schema.load(TWO_TEXTS)
    others: list[object] = [None, True, 7, 7.5, 10**4_000, [], {}]
    problems = [check({"informationOne": value, "informationTwo": "x"}) for value in others]
    assert [[Problem("/informationOne", 'is not of type "string"')]] * len(others) == problems


def test_places_in_nested_values_are_json_pointers(load: Callable[[object], Check]) -> None:
    person = {"required": ["na/me"], "additionalProperties": {"type": "integer"}}
    check = load({"properties": {"a~b": {"type": "array", "items": person}}})
    assert {
        Problem("/a~0b/0/na~1me", "is required"),
        Problem("/a~0b/1/x~1y", 'is not of type "integer"'),
    } == set(check({"a~b": [{}, {"na/me": 1, "x/y": "2"}]}))


def test_formats_are_asserted(load: Callable[[object], Check]) -> None:
    good = {
        "email": "ada@example.com",
        "date-time": "2026-01-31T12:00:00Z",
        "date": "2026-01-31",
        "uuid": "2f5e8f5c-9a0b-4c3d-8e1f-0a1b2c3d4e5f",
        "ipv4": "192.0.2.1",
    }
    bad = {"email": "ada", "date-time": "2026-01-31", "date": "2026-02-31", "uuid": "2f5e8f5c", "ipv4": "192.0.2.256"}
    check = load({"properties": {name: {"format": name} for name in good}})
    assert [] == check(good)
    assert {Problem(f"/{name}", f'is not a "{name}"') for name in bad} == {*check(bad)}


def test_no_problem_quotes_what_was_sent(strict: Check) -> None:
    problems = [problem for name in RULES for value in SENT for problem in strict({name: value})]
    assert [] == [problem for problem in problems if MARK in problem.problem]


def test_every_rule_of_the_schema_that_quotes_nothing_was_broken(strict: Check) -> None:
    broken = {name for name in RULES for value in SENT if strict({name: value})}
    assert {*RULES} == broken


def test_a_forbidden_name_is_in_the_field_and_not_in_the_problem(load: Callable[[object], Check]) -> None:
    check = load({"properties": {"a": {"unevaluatedProperties": False}, "b": {"propertyNames": {"pattern": "^x$"}}}})
    assert {
        Problem("/a/s3~1cret", "is not allowed"),
        Problem("/b/s3~1cret", "is not an allowed name"),
    } == {*check({"a": {"s3/cret": 1}, "b": {"s3/cret": 1}})}


def nested(depth: int, wrapped: Callable[[object], object]) -> object:
    value: object = 1
    for _ in range(depth):
        value = wrapped(value)
    return value


@pytest.mark.parametrize("rule", [{"type": "string"}, {"uniqueItems": True}], ids=["type", "unique"])
def test_nesting_beyond_the_validator_is_a_problem_and_no_crash(load: Callable[[object], Check], rule: object) -> None:
    check = load({"properties": {"a": rule}})
    wraps: dict[str, Callable[[object], object]] = {
        "array": lambda inner: [inner],
        "object": lambda inner: {"a": inner},
    }
    cases = [(kind, depth) for kind in wraps for depth in (200, 900)]
    refused = [(kind, depth) for kind, depth in cases if check({"a": [nested(depth, wraps[kind]) for _ in range(2)]})]
    assert cases == refused


REQUIRED = [f"r{number}" for number in range(50)]
TOO_LARGE = "does not match the schema, and has too many values to say where"
HEAVY: dict[str, Any] = {
    "numbers": [1] * 100_000,
    "objects": [{"a": {"b": []}}] * 20_000,
    "texts": ["x" * 1_000] * 200,
    "integers": [10**4_000] * 60,
    "names": {f"{number:0100}": {} for number in range(2_000)},
}


@pytest.fixture
def check_required(tmp_path: Path) -> Check:
    rules = {"light": {"type": "string"}, "heavy": {"type": "string"}}
    chosen = {"if": {"required": ["absent"]}, "else": {"properties": {"heavy": {"const": 1}}}}
    path = tmp_path / "required.json"
    path.write_text(json.dumps({"required": REQUIRED, "properties": rules, **chosen}))
    return schema.load(path)


@pytest.mark.parametrize("heavy", HEAVY.values(), ids=HEAVY.keys())
def test_a_large_record_is_not_copied_for_each_problem(heavy: object, check_required: Check) -> None:
    tracemalloc.start()
    try:
        problems = check_required({"light": 1, "heavy": heavy})
        assert tracemalloc.get_traced_memory()[1] < 2**20
    finally:
        tracemalloc.stop()
    missing = [Problem(f"/{name}", "is required") for name in REQUIRED]
    assert [*missing, Problem("/light", 'is not of type "string"')] == sorted(problems, key=_as_declared)


def test_what_is_wrong_in_a_large_member_is_said_for_the_whole_member(check_required: Check) -> None:
    record = {**dict.fromkeys(REQUIRED, 1), "heavy": HEAVY["numbers"]}
    assert [Problem("/heavy", TOO_LARGE)] == check_required(record)
    assert [Problem("", TOO_LARGE)] == check_required({**record, "other": HEAVY["texts"]})


def test_a_record_of_very_many_members_is_only_said_to_be_invalid(check_required: Check) -> None:
    assert [Problem("", TOO_LARGE)] == check_required({str(number): 1 for number in range(2_000)})


def _as_declared(problem: Problem) -> tuple[bool, int]:
    return problem.field == "/light", int(problem.field[2:]) if problem.field.startswith("/r") else 0
