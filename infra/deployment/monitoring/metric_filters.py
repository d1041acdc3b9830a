"""Names what is watched, as Google knows it, and selects a metric of it.

Owns the form of Cloud Monitoring's filters (https://cloud.google.com/monitoring/api/v3/filters). Which metrics are
selected is said where they are used: `alerts`, `objectives`, `dashboard`; what the logs count is `log_metrics`'s.
"""

from dataclasses import dataclass

FUNCTION = "cloud_run_revision"  # a function is a service of Cloud Run
SUBSCRIPTION = "pubsub_subscription"
DATABASE = "firestore.googleapis.com/Database"
GATEWAY = "apigateway.googleapis.com/Gateway"


@dataclass(frozen=True)
class Watched:
    """The names of a deployment's parts."""

    project: str
    prefix: str
    generate: str
    persist: str
    present: str
    dead_letter: str
    subscription: str
    dead_letter_subscription: str  # the subscription that hands dead letters to `dead-letter`
    dead_letters: str
    database: str
    gateway: str
    max_instances: int  # of each function

    @property
    def functions(self) -> tuple[str, ...]:
        """All four."""
        return self.generate, self.persist, self.present, self.dead_letter


def series(metric: str, resource: str, **labels: str | tuple[str, ...]) -> str:
    """The time series of a metric whose labels have these values, or one of several.

    `metric_x` is the metric's label x, any other label the resource's.
    """
    conditions = [f"{_label(name)}={_value(value)}" for name, value in labels.items()]
    return " AND ".join([f'metric.type="{metric}"', f'resource.type="{resource}"', *conditions])


def counted(watched: Watched, name: str, resource: str = FUNCTION, **labels: str | tuple[str, ...]) -> str:
    """The time series of a metric that `log_metrics` makes."""
    return series(log_metric_type(watched, name), resource, **labels)


def log_metric_name(watched: Watched, name: str) -> str:
    """What a metric of `log_metrics` is called: stacks of one project must not share one."""
    return f"{watched.prefix}-{name}"


def log_metric_type(watched: Watched, name: str) -> str:
    """What Cloud Monitoring calls a metric of `log_metrics`."""
    return f"logging.googleapis.com/user/{log_metric_name(watched, name)}"


def _label(name: str) -> str:
    if name.startswith("metric_"):
        return f"metric.labels.{name.removeprefix('metric_')}"
    return f"resource.labels.{name}"


def _value(value: str | tuple[str, ...]) -> str:
    if isinstance(value, str):
        return f'"{value}"'
    several = ", ".join(f'"{item}"' for item in value)
    return f"one_of({several})"
