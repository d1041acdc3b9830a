"""Sets for how many days the project keeps its logs: those of requests, of the functions, and of who read data.

All of them are in the log bucket `_Default`, which exists in each project and belongs to no stack. Destroying the
component leaves the bucket as it is. Logs of changes are in another bucket, which keeps them for 400 days.
"""

import pulumi
import pulumi_gcp as gcp

from settings import Settings


class Logs(pulumi.ComponentResource):
    """The retention of the log bucket."""

    def __init__(self, name: str, settings: Settings, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("dataapi:bootstrap:Logs", name, None, opts)
        gcp.logging.ProjectBucketConfig(
            "default",
            project=settings.project,
            location="global",
            bucket_id="_Default",
            retention_days=settings.log_retention_days,
            opts=pulumi.ResourceOptions(parent=self),
        )
        self.register_outputs({})
