"""Creates the private bucket with the files of the web page, and the load balancer's two backends for it.

Cloud CDN marks everything from a private bucket as `private`, whatever an object says, so each backend sets how long
its answers are kept: those at addresses with a digest for a year, the page and its configuration not at all in browsers
and half a minute in the CDN. Destroying the component loses nothing that `pulumi up` does not create again.
"""

from dataclasses import dataclass

import pulumi
import pulumi_gcp as gcp

from deployment.components.keys import Key
from deployment.configuration import Environment
from deployment.page_release import PageRelease

_YEAR = 31_536_000  # seconds
_SHORT = 30  # seconds, after which the CDN has a new release
_ENTRY = ("/index.html", "/app/config.json")  # at the same address in every release


@dataclass(frozen=True)
class PageFilesArgs:
    """Arguments of the component PageFiles."""

    environment: Environment
    release: PageRelease
    key: Key | None


class PageFiles(pulumi.ComponentResource):
    """The bucket with its objects, the backend of the entry page, the backend of all other files."""

    def __init__(self, name: str, args: PageFilesArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("dataapi:infra:PageFiles", name, None, opts)
        self._args = args
        self._bucket = gcp.storage.Bucket(
            f"{args.environment.prefix}-{name}",  # Pulumi appends a suffix: bucket names are globally unique
            location=args.environment.region,
            uniform_bucket_level_access=True,
            public_access_prevention="enforced",
            soft_delete_policy={"retention_duration_seconds": 0},  # the Git repository has every version
            force_destroy=True,
            website={"main_page_suffix": "index.html"},
            encryption={"default_kms_key_name": args.key.name} if args.key else None,
            opts=pulumi.ResourceOptions(parent=self, depends_on=args.key.grants if args.key else None),
        )
        files = [self._upload(path) for path in args.release.media_types if path not in _ENTRY]
        for path in _ENTRY:  # a page must not refer to files that are not there yet
            self._upload(path, after=files)
        self.entry = self._backend("entry", cdn_seconds=_SHORT, browser_seconds=0)
        self.assets = self._backend("assets", cdn_seconds=_YEAR, browser_seconds=_YEAR)
        self._grant_read()
        self.register_outputs({})

    def _upload(self, path: str, after: list[gcp.storage.BucketObject] | None = None) -> gcp.storage.BucketObject:
        """A file with a digest in its address is another resource in each release: created first, deleted last."""
        release, name = self._args.release, path.removeprefix("/")
        return gcp.storage.BucketObject(
            name.rpartition("/")[2] if path in _ENTRY else _without_digest(name),
            bucket=self._bucket.name,
            name=name,
            source=pulumi.FileAsset(release.folder / name),
            content_type=release.media_types[path],
            opts=pulumi.ResourceOptions(parent=self, depends_on=after),
        )

    def _backend(self, name: str, *, cdn_seconds: int, browser_seconds: int) -> gcp.compute.BackendBucket:
        return gcp.compute.BackendBucket(
            name,
            name=f"{self._args.environment.prefix}-{name}",
            bucket_name=self._bucket.name,
            enable_cdn=True,
            compression_mode="AUTOMATIC",
            custom_response_headers=[f"{header}: {value}" for header, value in self._args.release.headers.items()],
            cdn_policy={
                "cache_mode": "FORCE_CACHE_ALL",
                "default_ttl": cdn_seconds,
                "client_ttl": browser_seconds,
                "negative_caching": False,  # a file may be missing for a moment while a release is uploaded
                "serve_while_stale": 0,
                "request_coalescing": True,
            },
            opts=pulumi.ResourceOptions(parent=self),
        )

    def _grant_read(self) -> None:
        """The load balancer's service agent appears with the project's first backend bucket, so it is granted last."""
        gcp.storage.BucketIAMMember(
            "load-balancer-reads-page",
            bucket=self._bucket.name,
            role="roles/storage.objectViewer",
            member=pulumi.Output.format(
                "serviceAccount:service-{}@https-lb.iam.gserviceaccount.com", self._bucket.project_number
            ),
            opts=pulumi.ResourceOptions(parent=self, depends_on=[self.entry, self.assets]),
        )


def _without_digest(name: str) -> str:
    """The name of a file in the repository: app/{digest}/main.js is app/main.js."""
    folder, _, rest = name.split("/", 2)
    return f"{folder}/{rest}"
