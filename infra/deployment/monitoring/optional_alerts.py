"""Defines the alerts of stacks with a synthetic caller, and of stacks with backups. The others are in alerts.py."""

from deployment.monitoring.alerts import CRITICAL, ERROR, Alert
from deployment.monitoring.conditions import (
    COUNT_IN_15_MINUTES,
    EXPECTED_IN_15_MINUTES,
    HOURLY_MAXIMUM,
    Condition,
    Threshold,
    above,
    below,
)
from deployment.monitoring.metric_filters import DATABASE, MonitoredResources, log_metric_filter, metric_filter

BACKUP_SIZE = "firestore.googleapis.com/storage/backups_storage_bytes"
_NO_BACKUP_HOURS = 23  # the longest of Cloud Monitoring is 23.5


def _users_cannot(resources: MonitoredResources) -> list[Condition]:
    """Of three calls in 15 minutes one may fail. The first condition needs data of earlier calls, the second none."""
    passed, failed = (log_metric_filter(resources, f"synthetic_call_{result}") for result in ("passed", "failed"))
    return [
        below("No synthetic call has passed for 15 minutes", passed, EXPECTED_IN_15_MINUTES, Threshold(1, minutes=1)),
        above("Two synthetic calls failed in 15 minutes", failed, COUNT_IN_15_MINUTES, Threshold(1, minutes=1)),
    ]


def _no_backups(resources: MonitoredResources) -> list[Condition]:
    """Google has no metric for a backup that failed: `data-api doctor` looks at the newest, every night."""
    size = metric_filter(BACKUP_SIZE, DATABASE, database_id=resources.database)
    threshold = Threshold(1, minutes=_NO_BACKUP_HOURS * 60)
    return [below("There has been no backup for a day", size, HOURLY_MAXIMUM, threshold)]


USERS_CANNOT = Alert("users-cannot", "Users cannot post and read", CRITICAL, _users_cannot)
NO_BACKUPS = Alert("no-backups", "No backups", ERROR, _no_backups)
