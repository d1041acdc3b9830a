"""Creates what the functions are built from: the bucket with the archive, the image repository, the build account.

The build account can read the copies that Cloud Functions makes of the archive, write images to this repository and
write logs. deployment.archive makes the archive. Destroying the component loses nothing that `pulumi up` does not
create again.
"""

import atexit
import tempfile
from dataclasses import dataclass
from pathlib import Path

import pulumi
import pulumi_gcp as gcp

from deployment.archive import object_name
from deployment.build import build_name
from deployment.components.accounts import Account, service_account
from deployment.components.agents import Agents
from deployment.components.keys import Key
from deployment.configuration import Environment
from deployment.settling import settled_grants

_DAY = 24 * 60 * 60  # seconds


@dataclass(frozen=True)
class SourceArgs:
    """Arguments of the component Source."""

    environment: Environment
    archive: bytes
    agents: Agents
    key: Key | None  # also of the functions: Google requires the same key for them and the repository


class Source(pulumi.ComponentResource):
    """The archive in its bucket, the image repository and the service account of the builds."""

    def __init__(self, name: str, args: SourceArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("dataapi:infra:Source", name, None, opts)
        environment, key = args.environment, args.key
        child_options = pulumi.ResourceOptions(parent=self)
        after_key_grants = pulumi.ResourceOptions(parent=self, depends_on=key.grants if key else None)
        bucket = gcp.storage.Bucket(
            f"{environment.prefix}-{name}",  # Pulumi appends a suffix: bucket names are globally unique
            location=environment.region,
            uniform_bucket_level_access=True,
            public_access_prevention="enforced",
            soft_delete_policy={"retention_duration_seconds": 0},  # the Git repository has every version
            force_destroy=True,
            encryption={"default_kms_key_name": key.name} if key else None,
            opts=after_key_grants,
        )
        archive_name = object_name(args.archive)
        archive_object = gcp.storage.BucketObject(
            name,
            bucket=bucket.name,
            name=archive_name,
            source=pulumi.FileAsset(_temporary_file(args.archive)),
            opts=child_options,
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
            opts=after_key_grants,
        )
        build_account = service_account(environment, "build", "builds the functions", child_options)
        self.bucket = bucket.name
        self.project_number = bucket.project_number  # known from the bucket, without another API call
        self.object = archive_object.output_name
        self.build = build_name(archive_name)
        self.repository = repository.id
        self.build_account = build_account.id
        self.key = key.name if key else None
        settled_options = pulumi.ResourceOptions(parent=self, hooks=settled_grants("build-grants"))
        self.grants = [
            *_build_grants(environment, repository, build_account, settled_options),
            *_key_grants(args, repository, settled_options),
        ]
        self.register_outputs({"object": self.object})


def _build_grants(
    environment: Environment,
    repository: gcp.artifactregistry.Repository,
    build_account: Account,
    child_options: pulumi.ResourceOptions,
) -> list[pulumi.Resource]:
    """The grants that a build needs: functions are created after them."""
    image_grant = gcp.artifactregistry.RepositoryIamMember(
        "build-writes-images",
        project=environment.project,
        location=environment.region,
        repository=repository.name,
        role="roles/artifactregistry.writer",
        member=build_account.member,
        opts=child_options,
    )
    if environment.prepared:  # the others are made by the preparation
        return [image_grant]
    return [
        image_grant,
        gcp.projects.IAMMember(
            "build-writes-logs",
            project=environment.project,
            role="roles/logging.logWriter",
            member=build_account.member,
            opts=child_options,
        ),
        # Cloud Functions creates this bucket with the project's first function; before, only its prefix is known.
        gcp.projects.IAMMember(
            "build-reads-source",
            project=environment.project,
            role="roles/storage.objectViewer",
            member=build_account.member,
            condition={
                "title": "Sources of functions",
                "expression": 'resource.name.startsWith("projects/_/buckets/gcf-v2-sources-")',
            },
            opts=child_options,
        ),
    ]


def _key_grants(
    args: SourceArgs, repository: gcp.artifactregistry.Repository, child_options: pulumi.ResourceOptions
) -> list[pulumi.Resource]:
    """What a build with a key needs in addition: Cloud Functions' service agent manages the repository's images."""
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
            opts=child_options,
        ),
    ]


def _temporary_file(archive: bytes) -> Path:
    """The archive as a file, deleted when the program ends: it ends after Pulumi has uploaded the file."""
    folder = tempfile.TemporaryDirectory(prefix="data-api-")
    atexit.register(folder.cleanup)
    path = Path(folder.name, "functions.zip")
    path.write_bytes(archive)
    return path
