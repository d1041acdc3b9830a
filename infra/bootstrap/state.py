"""Keeps what Pulumi knows of one stack, and the key of the secrets in it.

One bucket and one key for each stack: who can write a state decides what the next `pulumi up` deletes, so dev's
identities reach nothing of prod's. Who may read and write, `preparation` says. Destroying this loses the state: the
resources in the cloud then have to be imported, or deleted by hand. So all of it is protected, and a bucket that has
a state in it cannot be deleted.
"""

import pulumi
import pulumi_gcp as gcp

from settings import Settings

_DAY = 24 * 60 * 60  # seconds
OLD_VERSIONS = 50  # at least, of each file, that are kept however old they are
OLD_FOR_DAYS = 90


class State(pulumi.ComponentResource):
    """A versioned bucket and a key, named after their stack."""

    def __init__(self, name: str, settings: Settings, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("dataapi:bootstrap:State", name, None, opts)
        self._inside = pulumi.ResourceOptions(parent=self)
        protected = pulumi.ResourceOptions(parent=self, protect=True)
        self._bucket = gcp.storage.Bucket(
            f"{name}-state",
            # Not "data-api-…": a deployer may do anything with buckets whose names begin like its stack's.
            name=f"pulumi-{name}-{settings.project}",
            location=settings.region,
            uniform_bucket_level_access=True,
            public_access_prevention="enforced",
            versioning={"enabled": True},
            lifecycle_rules=[
                {
                    "action": {"type": "Delete"},
                    "condition": {"num_newer_versions": OLD_VERSIONS, "days_since_noncurrent_time": OLD_FOR_DAYS},
                }
            ],
            opts=protected,
        )
        ring = gcp.kms.KeyRing(
            f"pulumi-{name}",  # Pulumi lengthens it: the name of a ring can never be used again
            location=settings.region,
            opts=protected,
        )
        self._key = gcp.kms.CryptoKey(
            f"{name}-secrets",
            name="secrets",
            key_ring=ring.id,
            purpose="ENCRYPT_DECRYPT",
            rotation_period=f"{90 * _DAY}s",
            opts=protected,
        )
        self.url = pulumi.Output.concat("gs://", self._bucket.name)
        self.secrets_provider = pulumi.Output.concat("gcpkms://", self._key.id)
        self.register_outputs({"url": self.url})

    def let_write(self, who: str, member: pulumi.Input[str]) -> None:
        """Grants what `pulumi up` needs."""
        self._grant(f"{who}-writes", member, "roles/storage.objectUser", "roles/cloudkms.cryptoKeyEncrypterDecrypter")

    def let_read(self, who: str, member: pulumi.Input[str]) -> None:
        """Grants what `pulumi preview` needs."""
        self._grant(f"{who}-reads", member, "roles/storage.objectViewer", "roles/cloudkms.cryptoKeyDecrypter")

    def _grant(self, name: str, member: pulumi.Input[str], on_bucket: str, on_key: str) -> None:
        gcp.storage.BucketIAMMember(
            f"{name}-state", bucket=self._bucket.name, role=on_bucket, member=member, opts=self._inside
        )
        gcp.kms.CryptoKeyIAMMember(
            f"{name}-secrets", crypto_key_id=self._key.id, role=on_key, member=member, opts=self._inside
        )
