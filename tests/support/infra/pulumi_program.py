"""Runs a Pulumi program of `infra` with mocks, and records what it declares."""

import asyncio
import runpy
import warnings
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import pulumi
import pulumi_gcp
from pulumi.runtime.stack import Stack

from tests.support.infra.pulumi_mocks import Cloud, Monitor
from tests.support.infra.recorded_deployment import Json, RecordedDeployment
from tests.support.infra.stack_settings import OPERATOR, OWNER, ROOT, defaults, stack_configuration


def run_program(  # noqa: PLR0913 - one for each way in which a run can differ
    stack: str,
    settings: Mapping[str, str] = OPERATOR,
    *,
    secrets: Sequence[str] = (),
    preview: bool = False,
    root: Path = ROOT,
    last_outputs: Json | None = None,
) -> RecordedDeployment:
    """Runs the program for a stack with `settings` beyond those of its file; `secrets` are names of settings.

    `last_outputs` are those of the last deployment that succeeded.
    """
    pulumi.runtime.set_all_config({**stack_configuration(stack), **settings}, [*secrets])
    return _run_with_mocks(root / "infra", "data-api", stack, preview=preview, last_outputs=last_outputs)


def run_bootstrap_program(settings: Mapping[str, str] = OWNER, *, preview: bool = False) -> RecordedDeployment:
    """Runs the program that prepares a project, with `settings` beyond the defaults."""
    program = ROOT / "infra" / "bootstrap"
    pulumi.runtime.set_all_config({**defaults(program / "Pulumi.yaml"), **settings})
    return _run_with_mocks(program, "data-api-bootstrap", "project", preview=preview)


def _run_with_mocks(
    path: Path, project: str, stack: str, *, preview: bool, last_outputs: Json | None = None
) -> RecordedDeployment:
    deployment = RecordedDeployment()
    with event_loops():
        monitor = Monitor(Cloud(preview=preview, last_outputs=last_outputs or {}), deployment.resources)
        pulumi.runtime.set_mocks(monitor.mocks, project=project, stack=stack, preview=preview, monitor=monitor)
        pulumi.runtime.test(lambda: _outputs_of(path, deployment))()  # type: ignore[no-untyped-call]  # pulumi's; it waits until all is registered
    return deployment


@contextmanager
def event_loops() -> Iterator[None]:
    """An event loop for Pulumi and one for each of its threads; those that Pulumi makes itself stay open."""
    loops: list[asyncio.AbstractEventLoop] = []

    def new_loop() -> asyncio.AbstractEventLoop:
        loops.append(asyncio.new_event_loop())
        asyncio.set_event_loop(loops[-1])
        return loops[-1]

    loop = new_loop()
    threads = ThreadPoolExecutor(initializer=new_loop)
    loop.set_default_executor(threads)
    try:
        yield
    finally:
        loop.run_until_complete(asyncio.gather(*asyncio.all_tasks(loop)))  # of outputs that nothing has awaited
        threads.shutdown()
        asyncio.set_event_loop(None)
        for open_loop in loops:
            open_loop.close()


def _outputs_of(path: Path, deployment: RecordedDeployment) -> "pulumi.Output[None]":
    with warnings.catch_warnings():
        # The import of these modules, at their first use, warns of names in pulumi_gcp itself.
        warnings.filterwarnings("ignore", r"gcp\.\w+\.\w+ has been deprecated", DeprecationWarning)
        _ = pulumi_gcp.storage.Bucket, pulumi_gcp.compute.Network, pulumi_gcp.monitoring.Slo
    program = pulumi.runtime.get_root_resource()
    assert isinstance(program, Stack)
    program.outputs.clear()  # there is one in a process, with what the run before has exported
    program._transformations = []  # noqa: SLF001  as above
    runpy.run_path(str(path), run_name="__main__")
    secret = {name: _is_secret(output) for name, output in program.outputs.items()}
    return pulumi.Output.all(pulumi.Output.all(**program.outputs), pulumi.Output.all(**secret)).apply(
        lambda outputs: deployment.record_outputs(*outputs)
    )


def _is_secret(output: object) -> pulumi.Input[bool]:
    return pulumi.Output.from_input(output.is_secret()) if isinstance(output, pulumi.Output) else False
