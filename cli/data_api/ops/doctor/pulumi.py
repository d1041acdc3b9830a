"""Checks what Pulumi needs: the program, its Google plugin, where the state is kept, and what encrypts the secrets.

Leaves reading the stack's files to `stack.py`, and the program's commands to `pulumi_cli.py`. A state bucket or a key
in Google Cloud is looked at with the deployer's own credential.
"""

from collections.abc import Iterator
from importlib import metadata
from urllib.parse import quote

from data_api.ops import pulumi_cli
from data_api.ops.dependencies import Outside
from data_api.ops.doctor.check_context import Surroundings, not_told
from data_api.ops.doctor.finding import UNKNOWN, WELL, WRONG, Finding
from data_api.ops.errors import GoogleError
from data_api.shared.errors import CliError

_STATE_PERMISSIONS = ["storage.objects.create", "storage.objects.delete", "storage.objects.get", "storage.objects.list"]
_KEY_PERMISSIONS = ["cloudkms.cryptoKeyVersions.useToDecrypt", "cloudkms.cryptoKeyVersions.useToEncrypt"]
_PASSPHRASES = ("PULUMI_CONFIG_PASSPHRASE", "PULUMI_CONFIG_PASSPHRASE_FILE")


def program(outside: Outside) -> Iterator[Finding]:
    """The program and its plugin, which needs neither a stack nor Google."""
    try:
        yield Finding("pulumi", WELL, f"version {pulumi_cli.version(outside)}")
        yield _plugin(outside)
    except pulumi_cli.NoPulumi:
        yield Finding("pulumi", WRONG, "the program is not installed", pulumi_cli.INSTALL)
    except CliError as fault:
        yield Finding("pulumi", WRONG, fault.message, pulumi_cli.INSTALL)


def state(around: Surroundings) -> Iterator[Finding]:
    """Where the state is kept, and whether it knows the stack."""
    stack = around.stack
    try:
        address = pulumi_cli.backend(around.outside)
        known = pulumi_cli.stacks(around.outside)
    except pulumi_cli.NoPulumi:
        yield Finding("state", UNKNOWN, "not checked: only Pulumi could tell")
        return
    except CliError as fault:
        yield Finding("state", WRONG, fault.message, "pulumi login gs://BUCKET_FOR_THE_STATE")
        return
    if address.startswith("gs://"):
        yield _bucket(around, address)
    else:
        yield Finding("state", WELL, f"kept at {address}")
    if stack.name in known:
        yield Finding("stack", WELL, f"{stack.name} is known there")
    else:
        yield Finding("stack", WRONG, f"{stack.name} is not known there", f"pulumi stack init {stack.name}")


def secrets(around: Surroundings) -> Iterator[Finding]:
    """Whether the stack's secrets can be read: by a key in KMS, or by a passphrase."""
    provider = around.stack.secrets
    if provider.startswith("gcpkms://"):
        yield _key(around, provider.removeprefix("gcpkms://"))
    elif provider and provider != "passphrase":
        yield Finding("secrets key", UNKNOWN, f"not checked: {provider.partition(':')[0]} is not Google's")
    elif any(name in around.outside.environ for name in _PASSPHRASES):
        yield Finding("secrets key", WELL, "a passphrase, given in the environment")
    else:
        yield Finding(
            "secrets key",
            WRONG,
            "a passphrase that is not given",
            f"export {_PASSPHRASES[1]}=FILE_WITH_THE_PASSPHRASE",
        )


def _plugin(outside: Outside) -> Finding:
    """The plugin that the Python package asks for: another version is downloaded in the middle of the deployment."""
    try:
        needed = metadata.version("pulumi-gcp")
    except metadata.PackageNotFoundError:
        return Finding("pulumi plugin", WRONG, "the Python package pulumi-gcp is not installed", "make setup")
    if ("gcp", needed) in pulumi_cli.plugins(outside):
        return Finding("pulumi plugin", WELL, f"gcp {needed}")
    says = f"gcp {needed} is not installed"
    return Finding("pulumi plugin", WRONG, says, f"pulumi plugin install resource gcp {needed}")


def _bucket(around: Surroundings, address: str) -> Finding:
    name = address.removeprefix("gs://").partition("/")[0]
    path = f"/storage/v1/b/{quote(name, safe='')}"
    try:
        bucket = around.google.get("storage", path)
        held = around.google.get("storage", f"{path}/iam/testPermissions", {"permissions": _STATE_PERMISSIONS})
    except GoogleError as fault:
        if fault.status == 404:  # noqa: PLR2004 - HTTP's own number
            make = f"gcloud storage buckets create gs://{name} --project={around.stack.project}"
            return Finding("state", WRONG, f"the bucket {name} is not there", make)
        return not_told("state", fault, around.stack.project)
    if missing := [each for each in _STATE_PERMISSIONS if each not in held.get("permissions", [])]:
        return Finding(
            "state",
            WRONG,
            f"in {address} you lack {', '.join(missing)}",
            f"gcloud storage buckets add-iam-policy-binding gs://{name} --member={member(around)} "
            "--role=roles/storage.objectUser",
        )
    if not bucket.get("versioning", {}).get("enabled"):
        says = f"{address} keeps no older versions: a lost state could not be had again"
        return Finding("state", WRONG, says, f"gcloud storage buckets update gs://{name} --versioning")
    return Finding("state", WELL, f"kept at {address}, with its older versions")


def _key(around: Surroundings, key: str) -> Finding:
    name = key.partition("?")[0].strip("/")
    try:
        held = around.google.ask("cloudkms", f"/v1/{name}:testIamPermissions", {"permissions": _KEY_PERMISSIONS})
    except GoogleError as fault:
        return not_told("secrets key", fault, around.stack.project)
    if missing := [each for each in _KEY_PERMISSIONS if each not in held.get("permissions", [])]:
        return Finding(
            "secrets key",
            WRONG,
            f"there is no key {name}, or you lack {', '.join(missing)} on it",
            f"gcloud kms keys add-iam-policy-binding {name} --member={member(around)} "
            "--role=roles/cloudkms.cryptoKeyEncrypterDecrypter",
        )
    return Finding("secrets key", WELL, name)


def member(around: Surroundings) -> str:
    """Who deploys, in IAM's syntax; to be filled in where the credential does not say."""
    return f"serviceAccount:{around.account}" if around.account else "user:YOUR_EMAIL"
