"""Checks Pulumi: the program, its Google plugin, the state's storage, and the key or passphrase of the secrets."""

from collections.abc import Iterator
from contextlib import suppress
from importlib import metadata
from urllib.parse import quote

from data_api.ops import pulumi_cli
from data_api.ops.dependencies import Dependencies
from data_api.ops.doctor.check_context import CheckContext, unknown_result
from data_api.ops.errors import GoogleError
from data_api.shared.check_result import OK, PROBLEM, UNKNOWN, CheckResult
from data_api.shared.errors import CliError

_STATE_PERMISSIONS = ["storage.objects.create", "storage.objects.delete", "storage.objects.get", "storage.objects.list"]
_KEY_PERMISSIONS = ["cloudkms.cryptoKeyVersions.useToDecrypt", "cloudkms.cryptoKeyVersions.useToEncrypt"]


def program(dependencies: Dependencies) -> Iterator[CheckResult]:
    """Checks the program and its plugin, without a stack and without Google."""
    try:
        yield CheckResult("pulumi", OK, f"version {pulumi_cli.version(dependencies)}")
        yield _plugin(dependencies)
    except pulumi_cli.NoPulumi:
        yield CheckResult("pulumi", PROBLEM, "the program is not installed", pulumi_cli.INSTALL)
    except CliError as error:
        yield CheckResult("pulumi", PROBLEM, error.message, pulumi_cli.INSTALL)


def state(context: CheckContext) -> Iterator[CheckResult]:
    """Checks the storage of the state, and that the stack exists in it."""
    stack = context.stack
    try:
        address = pulumi_cli.backend(context.dependencies)
        stacks = pulumi_cli.stacks(context.dependencies)
    except pulumi_cli.NoPulumi:
        yield CheckResult("state", UNKNOWN, "not checked, because Pulumi is not installed")
        return
    except CliError as error:
        yield CheckResult("state", PROBLEM, error.message, "pulumi login gs://BUCKET_FOR_THE_STATE")
        return
    if address.startswith("gs://"):
        yield _bucket(context, address)
    else:
        yield CheckResult("state", OK, f"stored at {address}")
    if stack.name in stacks:
        yield CheckResult("stack", OK, f"{stack.name} exists")
    else:
        yield CheckResult("stack", PROBLEM, f"{stack.name} does not exist", f"pulumi stack init {stack.name}")


def secrets(context: CheckContext) -> Iterator[CheckResult]:
    """Checks that the stack's secrets can be decrypted, with a key in KMS or a passphrase."""
    provider = context.stack.secrets
    if provider.startswith("gcpkms://"):
        yield _key(context, provider.removeprefix("gcpkms://"))
    elif provider and provider != "passphrase":
        yield CheckResult("secrets key", UNKNOWN, f"not checked: {provider.partition(':')[0]} is not a Google service")
    else:
        yield _passphrase(context.dependencies)


def _plugin(dependencies: Dependencies) -> CheckResult:
    """Checks for the plugin's version that the Python package needs; without it, Pulumi downloads it if it can."""
    try:
        needed = metadata.version("pulumi-gcp")
    except metadata.PackageNotFoundError:
        return CheckResult("pulumi plugin", PROBLEM, "the Python package pulumi-gcp is not installed", "make setup")
    if ("gcp", needed) in pulumi_cli.plugins(dependencies):
        return CheckResult("pulumi plugin", OK, f"gcp {needed}")
    message = f"gcp {needed} is not installed; `pulumi up` downloads it"
    return CheckResult("pulumi plugin", UNKNOWN, message, f"pulumi plugin install resource gcp {needed}")


def _passphrase(dependencies: Dependencies) -> CheckResult:
    """Not a problem where the environment has none: `pulumi up` asks for it in a terminal."""
    if any(name in dependencies.environ for name in pulumi_cli.PASSPHRASES):
        return CheckResult("secrets key", OK, "a passphrase, set in the environment")
    with suppress(CliError):  # the check of the state has reported it
        if pulumi_cli.backend(dependencies).startswith("https://"):
            return CheckResult("secrets key", OK, "kept by Pulumi Cloud")
    message = "a passphrase; Pulumi asks for it (the one that data-api init sets is empty: press Enter)"
    return CheckResult("secrets key", UNKNOWN, message, f"export {pulumi_cli.PASSPHRASES[0]}=")


def _bucket(context: CheckContext, address: str) -> CheckResult:
    name = address.removeprefix("gs://").partition("/")[0]
    path = f"/storage/v1/b/{quote(name, safe='')}"
    try:
        bucket = context.google.get("storage", path)
        response = context.google.get("storage", f"{path}/iam/testPermissions", {"permissions": _STATE_PERMISSIONS})
    except GoogleError as error:
        if error.status == 404:  # noqa: PLR2004 - HTTP status
            fix = f"gcloud storage buckets create gs://{name} --project={context.stack.project}"
            return CheckResult("state", PROBLEM, f"the bucket {name} does not exist", fix)
        return unknown_result("state", error, context.stack.project)
    if missing := [
        permission for permission in _STATE_PERMISSIONS if permission not in response.get("permissions", [])
    ]:
        return CheckResult(
            "state",
            PROBLEM,
            f"in {address} you lack {', '.join(missing)}",
            f"gcloud storage buckets add-iam-policy-binding gs://{name} --member={member(context)} "
            "--role=roles/storage.objectUser",
        )
    if not bucket.get("versioning", {}).get("enabled"):
        message = f"{address} has no object versioning: a lost state could not be recovered"
        return CheckResult("state", PROBLEM, message, f"gcloud storage buckets update gs://{name} --versioning")
    return CheckResult("state", OK, f"in {address}, with object versioning")


def _key(context: CheckContext, key: str) -> CheckResult:
    name = key.partition("?")[0].strip("/")
    try:
        response = context.google.ask("cloudkms", f"/v1/{name}:testIamPermissions", {"permissions": _KEY_PERMISSIONS})
    except GoogleError as error:
        return unknown_result("secrets key", error, context.stack.project)
    if missing := [permission for permission in _KEY_PERMISSIONS if permission not in response.get("permissions", [])]:
        return CheckResult(
            "secrets key",
            PROBLEM,
            f"the key {name} does not exist, or you lack {', '.join(missing)} on it",
            f"gcloud kms keys add-iam-policy-binding {name} --member={member(context)} "
            "--role=roles/cloudkms.cryptoKeyEncrypterDecrypter",
        )
    return CheckResult("secrets key", OK, name)


def member(context: CheckContext) -> str:
    """The deploying account as an IAM member; a placeholder if the credential has no account."""
    return f"serviceAccount:{context.account}" if context.account else "user:YOUR_EMAIL"
