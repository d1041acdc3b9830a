"""Defines the processes of the stack, and checks before anything starts that the stack can start.

Owns the list of processes, their order (the slowest to start first, the gateway last), their ports, and the variables
by which they find each other.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from data_api.shared import contract, local_tokens, ports, stack_state
from data_api.shared.errors import CliError
from data_api.shared.function_declarations import read_function_declarations, triggered_by
from data_api.shared.ports import LOOPBACK
from data_api.shared.stack_state import ProcessState
from data_api.stack.data.seed import seed_program
from data_api.stack.emulators.download import Progress
from data_api.stack.emulators.emulator import FIRESTORE
from data_api.stack.emulators.emulator_processes import EMULATORS, emulator_processes, external_hosts, split_host
from data_api.stack.emulators.provision import Pushes
from data_api.stack.gateway import envoy, push, quota, storage
from data_api.stack.gateway.key_set import merged_jwks
from data_api.stack.gateway.push import PushTargets
from data_api.stack.gateway.storage import Storage
from data_api.stack.preconditions import check_envoy, check_port
from data_api.stack.runtime import readiness
from data_api.stack.runtime.function_processes import function_process, page_variables, tracing
from data_api.stack.runtime.process_spec import ProcessSpec
from data_api.stack.runtime.processes import Program

PUSH = "push"  # the port on which the gateway's process receives the pushes of Pub/Sub
STORAGE = "storage"  # the port on which it receives the writes of persist, if some of them are to be rejected
PROJECT = contract.LOCAL_NAMES["project"]


@dataclass(frozen=True)
class Options:
    """The user's options, and the folders."""

    port: int
    functions: Path
    trusted_jwks: Path | None
    home: Path
    scratch: Path  # for temporary files; it is removed when the stack stops
    traces: str | None = None  # the endpoint to which the functions send their spans
    refuse_storing: str | None = None  # storage rejects records that contain this text, until its file is removed
    quota: int = 0  # requests a minute of each API key; with 0 no key is needed
    is_fresh: bool = False  # starts without the records of the last run
    sign_in: str = ""  # the authorization endpoint of the web page
    seed: Path | None = None  # a file with records that are sent after the start

    @property
    def folder(self) -> Path:
        """The stack's folder."""
        return self.home / str(self.port)

    @property
    def refusal_file(self) -> Path:
        """The file with the text of the records that storage rejects."""
        return self.folder / storage.FILE


@dataclass(frozen=True)
class Stack:
    """The processes in the order of their start, and the addresses of the stack."""

    url: str
    processes: tuple[ProcessSpec, ...]
    initial_states: tuple[ProcessState, ...]  # also of the emulators that the user runs
    emulators: Mapping[str, str]  # host variable to host:port
    pushes: Pushes
    scratch: Path
    logs: Path
    seed: Program | None = None  # sends records after the start

    @property
    def port(self) -> int:
        """The gateway's."""
        return int(self.url.rpartition(":")[2])

    def log(self, process: str) -> Path:
        """The file with the output of the process."""
        return self.logs / f"{process}.log"


def compose(options: Options, *, environ: Mapping[str, str], progress: Progress) -> Stack:
    """The stack of these options; raises CliError if it could not start. Nothing is started here."""
    check_port(options.port)
    external = external_hosts(environ)
    if options.is_fresh and "firestore" in external:
        raise CliError(
            f"--fresh cannot empty the emulator that {FIRESTORE.host_variable} names: start that one again, "
            "or unset the variable."
        )
    own = [name for name in EMULATORS if name not in external]
    functions = read_function_declarations()
    port_of = _free_ports([*own, *(function.name for function in functions), PUSH, STORAGE])
    hosts = {EMULATORS[name].host_variable: external.get(name) or f"{LOOPBACK}:{port_of[name]}" for name in EMULATORS}
    function_ports = {function.name: port_of[function.name] for function in functions}
    push_targets = PushTargets(
        port_of[PUSH],
        records=triggered_by("records", functions),
        dead_letters=triggered_by("dead-letters", functions),
    )
    storage = _storage(options, port_of, hosts)
    services = {"GOOGLE_CLOUD_PROJECT": PROJECT, **hosts, **tracing(options.traces)}
    run = partial(function_process, services=services, scratch=options.scratch, environ=environ)
    processes = (
        *emulator_processes(own, port_of, cache=options.home / "emulators", environ=environ, progress=progress),
        *(run(function, options.functions, port_of[function.name]) for function in functions),
        _gateway_process(options, function_ports, push_targets, storage, environ),
    )
    servers = [function.name for function in functions if function.may == "serve-page"]
    processes = tuple(_with_page(process, options) if process.name in servers else process for process in processes)
    if storage is not None:
        writers = [function.name for function in functions if function.may == "create-records"]
        processes = tuple(
            _through_proxy(process, storage) if process.name in writers else process for process in processes
        )
    return Stack(
        url=f"http://{LOOPBACK}:{options.port}",
        processes=processes,
        initial_states=(
            *(ProcessState(name, *split_host(host), stack_state.EXTERNAL) for name, host in external.items()),
            *(ProcessState(process.name, LOOPBACK, process.port) for process in processes),
        ),
        emulators=hosts,
        pushes=Pushes(
            records=f"http://{LOOPBACK}:{port_of[PUSH]}/",
            dead_letters=f"http://{LOOPBACK}:{port_of[PUSH]}{push.DEAD_LETTER_PATH}",
        ),
        scratch=options.scratch,
        logs=options.folder / "logs",
        seed=_seed(options, environ),
    )


def _seed(options: Options, environ: Mapping[str, str]) -> Program | None:
    if options.seed is None:
        return None
    api_key = quota.KEY if options.quota else None
    log = options.folder / "logs" / "seed.log"
    return seed_program(options.seed, port=options.port, api_key=api_key, log=log, environ=environ)


def _free_ports(names: Sequence[str]) -> dict[str, int]:
    return dict(zip(names, ports.free_ports(len(names)), strict=True))


def _storage(options: Options, ports_by_name: Mapping[str, int], hosts: Mapping[str, str]) -> Storage | None:
    if options.refuse_storing is None:
        return None
    return Storage(ports_by_name[STORAGE], hosts[FIRESTORE.host_variable], options.refusal_file)


def _with_page(process: ProcessSpec, options: Options) -> ProcessSpec:
    api_key = quota.PAGE_KEY if options.quota else ""
    page = page_variables(options.functions.parent / "web", options.sign_in, api_key)
    return replace(process, environ={**process.environ, **page})


def _through_proxy(process: ProcessSpec, storage: Storage) -> ProcessSpec:
    return replace(process, environ={**process.environ, FIRESTORE.host_variable: f"{LOOPBACK}:{storage.port}"})


def _gateway_process(
    options: Options,
    functions: Mapping[str, int],
    push_targets: PushTargets,
    storage: Storage | None,
    environ: Mapping[str, str],
) -> ProcessSpec:
    check_envoy()
    configuration = options.scratch / "gateway.json"
    command = envoy.envoy_command(configuration)
    trusted = options.trusted_jwks.read_text() if options.trusted_jwks else None
    return ProcessSpec(
        name="gateway",
        title="gateway (Envoy)",
        port=options.port,
        command=partial(
            _write_configuration, command, configuration, options, functions, push_targets, storage, trusted
        ),
        environ=environ,
        probe=readiness.is_healthy,
        shows_output=True,
    )


def _write_configuration(  # noqa: PLR0913, PLR0917 - one for each input of the configuration
    command: Sequence[str],
    file: Path,
    options: Options,
    functions: Mapping[str, int],
    push_targets: PushTargets,
    storage: Storage | None,
    trusted: str | None,
) -> Sequence[str]:
    """Writes the file and returns the command.

    It is called only when the gateway starts, because reading the contract and the key takes longer than starting the
    first processes.
    """
    keys = local_tokens.jwks(local_tokens.signing_key(options.home / stack_state.SIGNING_KEY))
    jwks = keys if trusted is None else merged_jwks(keys, trusted)
    configuration = envoy.envoy_configuration(
        contract.load_contract(),
        port=options.port,
        functions=functions,
        jwks=jwks,
        push_targets=push_targets,
        storage=storage,
        quota=options.quota,
    )
    file.write_text(json.dumps(configuration))
    return command
