"""Creates the customer-managed encryption keys (CMEK): the key ring, its keys, and the grants for service agents.

A resource that is encrypted with a key must wait for the grants of the key. A key ring can never be deleted and its
name never be used again. Destroying a key makes everything encrypted with it unreadable; a protected stack refuses
that.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import pulumi
import pulumi_gcp as gcp

from deployment.components.agents import Agents
from deployment.components.protection import deletion_policy, protected_options
from deployment.configuration import Encryption, Environment
from deployment.settling import settled_grants

_DAY = 24 * 60 * 60  # seconds
ROTATION_PERIOD = f"{90 * _DAY}s"
DESTROY_DELAY = f"{30 * _DAY}s"  # in which a destroyed key version can be restored
# Services whose agents must be able to use the key of a function, even if no event triggers the function:
# https://cloud.google.com/functions/docs/securing/cmek
FUNCTION_KEY_SERVICES = ("cloudfunctions", "run", "artifactregistry", "storage", "eventarc")


@dataclass(frozen=True)
class Key:
    """A key, and the grants that its users must wait for."""

    name: pulumi.Output[str]
    grants: Sequence[pulumi.Resource]


@dataclass(frozen=True)
class KeySet:
    """The key of each kind of resource; None: encrypted with Google's key."""

    messages: Key | None = None
    functions: Key | None = None  # also for the archive and the images
    records: Key | None = None


@dataclass(frozen=True)
class KeysArgs:
    """Arguments of the component Keys."""

    environment: Environment
    agents: Agents
    encryption: Encryption
    protected: bool


class Keys(pulumi.ComponentResource):
    """The key ring, with a key each for messages, functions and records."""

    def __init__(self, name: str, args: KeysArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("dataapi:infra:Keys", name, None, opts)
        self._args = args
        self._protected_options = protected_options(self, protected=args.protected)
        self._grant_options = pulumi.ResourceOptions(parent=self, hooks=settled_grants("key-grants"))
        self._ring = gcp.kms.KeyRing(
            f"{args.environment.prefix}-{name}",  # Pulumi appends a suffix: the name of a destroyed ring stays in use
            location=args.environment.region,
            opts=self._protected_options,
        )
        services, database = args.encryption.services, args.encryption.database
        self.keys = KeySet(
            messages=self._create_key("messages", ["pubsub"]) if services else None,
            functions=self._create_key("functions", FUNCTION_KEY_SERVICES) if services else None,
            records=self._create_key("records", ["firestore"]) if database else None,
        )
        self.register_outputs({})

    def _create_key(self, name: str, services: Sequence[str]) -> Key:
        key = gcp.kms.CryptoKey(
            name,
            name=name,
            key_ring=self._ring.id,
            purpose="ENCRYPT_DECRYPT",
            rotation_period=ROTATION_PERIOD,
            destroy_scheduled_duration=DESTROY_DELAY,
            deletion_policy=deletion_policy(protected=self._args.protected),
            opts=self._protected_options,
        )
        return Key(key.id, [self._grant(name, key, service) for service in services])

    def _grant(self, name: str, key: gcp.kms.CryptoKey, service: str) -> pulumi.Resource:
        return gcp.kms.CryptoKeyIAMMember(
            f"{service}-uses-{name}",
            crypto_key_id=key.id,
            role="roles/cloudkms.cryptoKeyEncrypterDecrypter",
            member=self._args.agents.member(service),
            opts=self._grant_options,
        )
