"""Creates the storage of one stack's Pulumi state: a bucket, and a key for the secrets in it.

Each stack has its own, because who can write a state decides what the next `pulumi up` deletes: dev's service accounts
have no access to prod's state. Destroying the component loses the state: the resources in the cloud then have to be
imported, or deleted by hand. So everything is protected, and a bucket that contains a state cannot be deleted.
"""

import pulumi
import pulumi_gcp as gcp

from settings import Settings

_DAY = 24 * 60 * 60  # seconds
# An old version of a file is deleted if it is older than KEPT_DAYS and at least KEPT_VERSIONS are newer.
KEPT_VERSIONS = 50
KEPT_DAYS = 90


class State(pulumi.ComponentResource):
    """A versioned bucket and a key, with the name of the stack."""

    def __init__(self, name: str, settings: Settings, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("dataapi:bootstrap:State", name, None, opts)
        self._child_options = pulumi.ResourceOptions(parent=self)
        protected = pulumi.ResourceOptions(parent=self, protect=True)
        self._bucket = gcp.storage.Bucket(
            f"{name}-state",
            # Not "data-api-…": a deployer is admin of all buckets with the prefix of its stack.
            name=f"pulumi-{name}-{settings.project}",
            location=settings.region,
            uniform_bucket_level_access=True,
            public_access_prevention="enforced",
            versioning={"enabled": True},
            lifecycle_rules=[
                {
                    "action": {"type": "Delete"},
                    "condition": {"num_newer_versions": KEPT_VERSIONS, "days_since_noncurrent_time": KEPT_DAYS},
                }
            ],
            opts=protected,
        )
        ring = gcp.kms.KeyRing(
            f"pulumi-{name}",  # Pulumi appends a suffix: the name of a key ring can never be used again
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

    def grant_write(self, account: str, member: pulumi.Input[str]) -> None:
        """Grants what `pulumi up` needs; `account` names the grants."""
        self._grant(
            f"{account}-writes", member, "roles/storage.objectUser", "roles/cloudkms.cryptoKeyEncrypterDecrypter"
        )

    def grant_read(self, account: str, member: pulumi.Input[str]) -> None:
        """Grants what `pulumi preview` needs; `account` names the grants."""
        self._grant(f"{account}-reads", member, "roles/storage.objectViewer", "roles/cloudkms.cryptoKeyDecrypter")

    def _grant(self, name: str, member: pulumi.Input[str], bucket_role: str, key_role: str) -> None:
        gcp.storage.BucketIAMMember(
            f"{name}-state", bucket=self._bucket.name, role=bucket_role, member=member, opts=self._child_options
        )
        gcp.kms.CryptoKeyIAMMember(
            f"{name}-secrets", crypto_key_id=self._key.id, role=key_role, member=member, opts=self._child_options
        )
