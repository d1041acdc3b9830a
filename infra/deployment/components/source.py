"""Keeps what the functions are built from and into: the archive, the images, and who may build.

Owns the build's identity: it reads the copies that Cloud Functions makes of the archive, writes images into this one
repository and writes logs. What is in the archive is `archive`'s; destroying this loses nothing that `pulumi up` does
not make again.
"""

import atexit
import tempfile
from dataclasses import dataclass
from pathlib import Path

import pulumi
import pulumi_gcp as gcp

from deployment.archive import object_name
from deployment.components.agents import Agents
from deployment.components.keys import Key
from deployment.configuration import Environment

_DAY = 24 * 60 * 60  # seconds


@dataclass(frozen=True)
class SourceArgs:
    """What the source is made of."""

    environment: Environment
    archive: bytes
    agents: Agents
    key: Key | None  # of the functions too: Google wants theirs and the repository's to be one


class Source(pulumi.ComponentResource):
    """The archive in its bucket, the repository of images and the service account that builds."""

    def __init__(self, name: str, args: SourceArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("dataapi:infra:Source", name, None, opts)
        environment, key = args.environment, args.key
        inside = pulumi.ResourceOptions(parent=self)
        encrypted = pulumi.ResourceOptions(parent=self, depends_on=key.grants if key else None)
        bucket = gcp.storage.Bucket(
            f"{environment.prefix}-{name}",  # Pulumi lengthens it: the names of buckets are the whole world's
            location=environment.region,
            uniform_bucket_level_access=True,
            public_access_prevention="enforced",
            soft_delete_policy={"retention_duration_seconds": 0},  # the repository has every version
            force_destroy=True,
            encryption={"default_kms_key_name": key.name} if key else None,
            opts=encrypted,
        )
        stored = gcp.storage.BucketObject(
            name,
            bucket=bucket.name,
            name=object_name(args.archive),
            source=pulumi.FileAsset(_on_disk(args.archive)),
            opts=inside,
        )
        repository = gcp.artifactregistry.Repository(
            name,
            repository_id=environment.prefix,
            location=environment.region,
            format="DOCKER",
            cleanup_policy_dry_run=False,
            cleanup_policies=[
                {
                    "id": "delete-old",
                    "action": "DELETE",
                    "condition": {"older_than": f"{30 * _DAY}s", "tag_state": "ANY"},
                },
                {"id": "keep-recent", "action": "KEEP", "most_recent_versions": {"keep_count": 5}},
            ],
            kms_key_name=key.name if key else None,
            opts=encrypted,
        )
        builder = gcp.serviceaccount.Account(
            "build",
            account_id=f"{environment.prefix}-build",
            display_name=f"{environment.prefix}: builds the functions",
            opts=inside,
        )
        self.bucket = bucket.name
        self.project_number = bucket.project_number  # as Google tells it without being asked
        self.object = stored.output_name
        self.repository = repository.id
        self.builder = builder.id
        self.key = key.name if key else None
        self.grants = [*_grants(environment, repository, builder, inside), *_key_grants(args, repository, inside)]
        self.register_outputs({"object": self.object})


def _grants(
    environment: Environment,
    repository: gcp.artifactregistry.Repository,
    builder: gcp.serviceaccount.Account,
    inside: pulumi.ResourceOptions,
) -> list[pulumi.Resource]:
    """What a build needs; no function can be made before it has them."""
    return [
        gcp.artifactregistry.RepositoryIamMember(
            "build-writes-images",
            project=environment.project,
            location=environment.region,
            repository=repository.name,
            role="roles/artifactregistry.writer",
            member=builder.member,
            opts=inside,
        ),
        gcp.projects.IAMMember(
            "build-writes-logs",
            project=environment.project,
            role="roles/logging.logWriter",
            member=builder.member,
            opts=inside,
        ),
        # The bucket of the copies is made with the project's first function; till then only its prefix is known.
        gcp.projects.IAMMember(
            "build-reads-source",
            project=environment.project,
            role="roles/storage.objectViewer",
            member=builder.member,
            condition={
                "title": "Sources of functions",
                "expression": 'resource.name.startsWith("projects/_/buckets/gcf-v2-sources-")',
            },
            opts=inside,
        ),
    ]


def _key_grants(
    args: SourceArgs, repository: gcp.artifactregistry.Repository, inside: pulumi.ResourceOptions
) -> list[pulumi.Resource]:
    """What a build with a key needs beyond: Cloud Functions' agent sees to the repository's images."""
    if args.key is None:
        return []
    return [
        *args.key.grants,
        gcp.artifactregistry.RepositoryIamMember(
            "cloudfunctions-keeps-images",
            project=args.environment.project,
            location=args.environment.region,
            repository=repository.name,
            role="roles/artifactregistry.admin",
            member=args.agents.member("cloudfunctions"),
            opts=inside,
        ),
    ]


def _on_disk(archive: bytes) -> Path:
    """The archive as a file until the program ends: Pulumi uploads files, and the program waits until it has."""
    folder = tempfile.TemporaryDirectory(prefix="data-api-")
    atexit.register(folder.cleanup)
    path = Path(folder.name, "functions.zip")
    path.write_bytes(archive)
    return path
