"""Keeps the keys with which Google's services encrypt this deployment, where the stack wants its own.

Owns the ring, the keys' rotation, and which of Google's agents may use which key. What is encrypted with a key is its
component's, which must wait for the key's grants. A ring can never be deleted and its name never used again; destroying
a key makes all that was encrypted with it unreadable, which a protected stack refuses.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import pulumi
import pulumi_gcp as gcp

from deployment.components.agents import Agents
from deployment.components.protection import deletion_policy, protection
from deployment.configuration import Encryption, Environment

_DAY = 24 * 60 * 60  # seconds
ROTATION = f"{90 * _DAY}s"
LAST_REGRET = f"{30 * _DAY}s"  # how long a destroyed version of a key can be restored
# Whose agents have to use the key of a function, even of one that no event triggers:
# https://cloud.google.com/functions/docs/securing/cmek
BUILDERS = ("cloudfunctions", "run", "artifactregistry", "storage", "eventarc")


@dataclass(frozen=True)
class Key:
    """A key, and the grants without which nothing can be encrypted with it."""

    name: pulumi.Output[str]
    grants: Sequence[pulumi.Resource]


@dataclass(frozen=True)
class KeySet:
    """The keys that there are; what has none is encrypted with Google's."""

    messages: Key | None = None
    functions: Key | None = None
    records: Key | None = None


@dataclass(frozen=True)
class KeysArgs:
    """What the keys are made of."""

    environment: Environment
    agents: Agents
    encryption: Encryption
    protected: bool


class Keys(pulumi.ComponentResource):
    """A ring with a key for each kind of thing: the messages, what functions are built from and into, the records."""

    def __init__(self, name: str, args: KeysArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("dataapi:infra:Keys", name, None, opts)
        self._args = args
        self._protection = protection(self, protected=args.protected)
        self._ring = gcp.kms.KeyRing(
            f"{args.environment.prefix}-{name}",  # Pulumi appends a suffix: a new stack needs a new name
            location=args.environment.region,
            opts=self._protection,
        )
        services, database = args.encryption.services, args.encryption.database
        self.keys = KeySet(
            messages=self._key("messages", ["pubsub"]) if services else None,
            functions=self._key("functions", BUILDERS) if services else None,
            records=self._key("records", ["firestore"]) if database else None,
        )
        self.register_outputs({})

    def _key(self, name: str, services: Sequence[str]) -> Key:
        key = gcp.kms.CryptoKey(
            name,
            name=name,
            key_ring=self._ring.id,
            purpose="ENCRYPT_DECRYPT",
            rotation_period=ROTATION,
            destroy_scheduled_duration=LAST_REGRET,
            deletion_policy=deletion_policy(protected=self._args.protected),
            opts=self._protection,
        )
        return Key(key.id, [self._grant(name, key, service) for service in services])

    def _grant(self, name: str, key: gcp.kms.CryptoKey, service: str) -> pulumi.Resource:
        return gcp.kms.CryptoKeyIAMMember(
            f"{service}-uses-{name}",
            crypto_key_id=key.id,
            role="roles/cloudkms.cryptoKeyEncrypterDecrypter",
            member=self._args.agents.member(service),
            opts=pulumi.ResourceOptions(parent=self),
        )
