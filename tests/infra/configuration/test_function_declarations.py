"""The functions are declared in one file, which infra, the local stack and the archive read."""

from pathlib import Path

import pytest

from data_api.shared import function_declarations as local
from deployment import function_declarations as deployed
from deployment.config_error import ConfigError
from deployment.function_declarations import PATH, read_function_declarations
from tests.support.infra.recorded_deployment import RecordedDeployment
from tests.support.infra.resource_types import FUNCTION
from tests.support.infra.stack_settings import ROOT

VALID = (ROOT / PATH).read_text()
SECOND = '[second]\ntrigger = "records"\nmay = "create-records"'


def write(root: Path, text: str) -> Path:
    (root / PATH).parent.mkdir()
    (root / PATH).write_text(text)
    return root


def test_infra_and_the_local_stack_read_the_same_functions_but_those_on_a_schedule(
    dev: RecordedDeployment, prod: RecordedDeployment
) -> None:
    read = [(function.name, function.trigger, function.may) for function in deployed.read_function_declarations(ROOT)]
    unscheduled = [(name, trigger, may) for name, trigger, may in read if trigger != "schedule"]
    functions = local.read_function_declarations()
    assert unscheduled == [(function.name, function.trigger, function.may) for function in functions]
    assert {name for name, *_ in unscheduled} == {resource.name for resource in dev.all(FUNCTION)}
    assert {name for name, *_ in read} == {resource.name for resource in prod.all(FUNCTION)}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[generate", "cannot be read"),
        ("generate = 1", "cannot be read"),
        ('[generate]\ntrigger = "gateway"', "cannot be read"),
        (
            VALID.replace('"gateway"', '"http"'),
            "the trigger of generate must be one of gateway, records, dead-letters, schedule",
        ),
        (VALID.replace("read-records", "read-all"), "and `may` one of publish-records, create-records, read-records"),
        (
            f'{VALID}\n[second]\ntrigger = "records"\nmay = "create-records"',
            "exactly one function must have the trigger records",
        ),
    ],
)
def test_an_invalid_declaration_is_rejected_with_what_is_allowed(text: str, message: str, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=message):
        read_function_declarations(write(tmp_path, text))
