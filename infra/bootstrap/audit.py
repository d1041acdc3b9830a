"""Turns on Cloud Audit Logs of who reads data: records, messages and the use of keys.

It holds for the whole project, and who turns it off could hide what they read: so a person does it, not a deployer.
Entries name accounts, addresses and resources, no records; docs/operations.md says what follows from that. Destroying
the component stops the logs of reads; those of changes cannot be stopped.
"""

import pulumi
import pulumi_gcp as gcp

from settings import Settings

# Firestore's entries have the name of its predecessor: https://cloud.google.com/firestore/docs/audit-logging
AUDITED_SERVICES = ("datastore", "pubsub", "cloudkms")
LOG_TYPES = ("ADMIN_READ", "DATA_READ", "DATA_WRITE")


class Audit(pulumi.ComponentResource):
    """The configuration of the audit logs, one for each service."""

    def __init__(self, name: str, settings: Settings, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("dataapi:bootstrap:Audit", name, None, opts)
        for service in AUDITED_SERVICES:
            gcp.projects.IAMAuditConfig(
                f"{service}-reads",
                project=settings.project,
                service=f"{service}.googleapis.com",
                audit_log_configs=[{"log_type": log_type} for log_type in LOG_TYPES],
                opts=pulumi.ResourceOptions(parent=self),
            )
        self.register_outputs({})
