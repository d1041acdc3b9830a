"""Says what the stack consists of, and checks before anything starts that it can come up.

Owns the composition: which parts, in which order (the slowest to start first, the gateway last), on which ports,
and how they know of each other. Each check that fails has its sentence.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from data_api.shared import contract, local_tokens, ports, stack_state
from data_api.shared.errors import CliError
from data_api.shared.ports import LOOPBACK
from data_api.shared.stack_state import ProcessState
from data_api.stack.emulators.download import Progress
from data_api.stack.emulators.emulator import FIRESTORE
from data_api.stack.emulators.emulator_processes import EMULATORS, emulator_processes, external_hosts, split_host
from data_api.stack.emulators.provision import Pushes
from data_api.stack.gateway import envoy, push, storage
from data_api.stack.gateway.key_set import merged_jwks
from data_api.stack.gateway.storage import Storage
from data_api.stack.runtime import health, readiness
from data_api.stack.runtime.function_processes import FUNCTIONS, function_process, tracing
from data_api.stack.runtime.process_spec import ProcessSpec

PUSH = "push"  # the port at which the gateway's process takes what Pub/Sub pushes
STORAGE = "storage"  # the port at which it takes what persist writes, if some of that is to be refused
PROJECT = contract.LOCAL_NAMES["project"]


@dataclass(frozen=True)
class Options:
    """What the user chooses, and where things are."""

    port: int
    functions: Path
    trusted_jwks: Path | None
    home: Path
    scratch: Path  # for files that nobody needs after the stack; it goes with it
    traces: str | None = None  # where the functions send their spans
    refuse_storing: str | None = None  # storage refuses records that hold this text, until its file is gone
    quota: int = 0  # requests a minute of each API key; 0 asks for no keys

    @property
    def folder(self) -> Path:
        """The stack's own."""
        return self.home / str(self.port)

    @property
    def refusal_file(self) -> Path:
        """Holds the text of what storage refuses, while it does."""
        return self.folder / storage.FILE


@dataclass(frozen=True)
class Stack:
    """The parts in the order of their start, and how the rest of the world finds them."""

    url: str
    parts: tuple[ProcessSpec, ...]
    at_first: tuple[ProcessState, ...]  # with the emulators that are not the stack's own
    emulators: Mapping[str, str]  # host variable to host:port
    pushes: Pushes
    scratch: Path
    logs: Path

    def log(self, part: str) -> Path:
        """The file with all that the part has written."""
        return self.logs / f"{part}.log"


def compose(options: Options, *, environ: Mapping[str, str], progress: Progress) -> Stack:
    """Refuses with CliError, before anything runs, whatever would keep the stack from coming up."""
    check_port(options.port)
    external = external_hosts(environ)
    own = [name for name in EMULATORS if name not in external]
    port_of = _free_ports([*own, *FUNCTIONS, PUSH, STORAGE])
    hosts = {EMULATORS[name].host_variable: external.get(name) or f"{LOOPBACK}:{port_of[name]}" for name in EMULATORS}
    storage = _storage(options, port_of, hosts)
    services = {"GOOGLE_CLOUD_PROJECT": PROJECT, **hosts, **tracing(options.traces)}
    run = partial(function_process, services=services, scratch=options.scratch, environ=environ)
    parts = (
        *emulator_processes(own, port_of, cache=options.home / "emulators", environ=environ, progress=progress),
        *(run(name, options.functions, port_of[name]) for name in FUNCTIONS),
        _gateway_part(options, port_of, storage, environ),
    )
    if storage is not None:
        parts = tuple(_detoured(part, storage) if part.name == "persist" else part for part in parts)
    return Stack(
        url=f"http://{LOOPBACK}:{options.port}",
        parts=parts,
        at_first=(
            *(ProcessState(name, *split_host(host), stack_state.EXTERNAL) for name, host in external.items()),
            *(ProcessState(part.name, LOOPBACK, part.port) for part in parts),
        ),
        emulators=hosts,
        pushes=Pushes(
            records=f"http://{LOOPBACK}:{port_of[PUSH]}/",
            dead_letters=f"http://{LOOPBACK}:{port_of[PUSH]}{push.DEAD_LETTER_PATH}",
        ),
        scratch=options.scratch,
        logs=options.folder / "logs",
    )


def check_port(port: int) -> None:
    """Refuses with CliError a port on which the gateway could not listen."""
    try:
        if ports.is_free(port):
            return
    except PermissionError:
        raise CliError(f"You may not use port {port}: choose one above 1023 with --port.") from None
    if health.is_data_api(port):
        raise CliError(stack_state.already_up(port))
    raise CliError(f"Port {port} is in use by another program: stop it, or choose another port with --port.")


def check_envoy() -> str:
    """The program's path; refuses with CliError where it is missing."""
    command = envoy.envoy_command(Path())[0]
    if not Path(command).is_file():
        raise CliError(f"Envoy is missing ({command}): run `make setup` to install it.")
    return command


def _free_ports(names: Sequence[str]) -> dict[str, int]:
    return dict(zip(names, ports.free_ports(len(names)), strict=True))


def _storage(options: Options, ports_by_name: Mapping[str, int], hosts: Mapping[str, str]) -> Storage | None:
    if options.refuse_storing is None:
        return None
    return Storage(ports_by_name[STORAGE], hosts[FIRESTORE.host_variable], options.refusal_file)


def _detoured(part: ProcessSpec, storage: Storage) -> ProcessSpec:
    return replace(part, environ={**part.environ, FIRESTORE.host_variable: f"{LOOPBACK}:{storage.port}"})


def _gateway_part(
    options: Options, functions: Mapping[str, int], storage: Storage | None, environ: Mapping[str, str]
) -> ProcessSpec:
    check_envoy()
    configuration = options.scratch / "gateway.json"
    command = envoy.envoy_command(configuration)
    trusted = options.trusted_jwks.read_text() if options.trusted_jwks else None
    return ProcessSpec(
        name="gateway",
        title="gateway (Envoy)",
        port=options.port,
        command=partial(_configured, command, configuration, options, functions, storage, trusted),
        environ=environ,
        answers=readiness.is_healthy,
        is_heard=True,
    )


def _configured(  # noqa: PLR0913, PLR0917 - what the gateway is made of
    command: Sequence[str],
    file: Path,
    options: Options,
    functions: Mapping[str, int],
    storage: Storage | None,
    trusted: str | None,
) -> Sequence[str]:
    """Not before it is needed: reading the contract and the key takes longer than starting the first parts."""
    keys = local_tokens.jwks(local_tokens.signing_key(options.home / stack_state.SIGNING_KEY))
    jwks = keys if trusted is None else merged_jwks(keys, trusted)
    named = {name: functions[name] for name in FUNCTIONS}
    written = envoy.envoy_configuration(
        contract.load_contract(),
        port=options.port,
        functions=named,
        jwks=jwks,
        push_port=functions[PUSH],
        storage=storage,
        quota=options.quota,
    )
    file.write_text(json.dumps(written))
    return command
