"""Writes filters for time series of Cloud Monitoring (https://cloud.google.com/monitoring/api/v3/filters).

Also has the names of the monitored resources and of the log-based metrics, which the filters contain.
"""

from collections.abc import Mapping
from dataclasses import dataclass

# Types of monitored resources.
FUNCTION = "cloud_run_revision"  # a function is a service of Cloud Run
SUBSCRIPTION = "pubsub_subscription"
DATABASE = "firestore.googleapis.com/Database"
GATEWAY = "apigateway.googleapis.com/Gateway"


@dataclass(frozen=True)
class MonitoredResources:
    """The names of a deployment's resources."""

    project: str
    prefix: str
    function_names: Mapping[str, str]  # in the cloud, by their short names: generate, persist, …
    subscription: str
    dead_letter_subscription: str  # pushes dead letters to the function `dead-letter`
    dead_letters: str  # pull subscription that keeps dead letters
    database: str
    gateway: str
    synthetic_caller: str  # the function that calls as a user does; empty if the stack has none
    max_instances: int  # of each function

    @property
    def functions(self) -> tuple[str, ...]:
        """The names of all functions."""
        return tuple(self.function_names.values())

    @property
    def generate(self) -> str:
        """The name of the function that accepts records."""
        return self.function_names["generate"]

    @property
    def persist(self) -> str:
        """The name of the function that stores records."""
        return self.function_names["persist"]

    @property
    def present(self) -> str:
        """The name of the function that returns records."""
        return self.function_names["present"]


def metric_filter(metric: str, resource: str, **labels: str | tuple[str, ...]) -> str:
    """The filter for the time series of a metric whose labels have the given value, or one of several.

    `metric_x` is the label x of the metric, any other name a label of the resource.
    """
    conditions = [f"{_label(name)}={_value(value)}" for name, value in labels.items()]
    return " AND ".join([f'metric.type="{metric}"', f'resource.type="{resource}"', *conditions])


def log_metric_filter(
    resources: MonitoredResources, name: str, resource: str = FUNCTION, **labels: str | tuple[str, ...]
) -> str:
    """The filter for the time series of a log-based metric."""
    return metric_filter(log_metric_type(resources, name), resource, **labels)


def log_metric_name(resources: MonitoredResources, name: str) -> str:
    """The name of a log-based metric in the project: with a prefix, because each stack of a project has its own."""
    return f"{resources.prefix}-{name}"


def log_metric_type(resources: MonitoredResources, name: str) -> str:
    """The metric type of a log-based metric in Cloud Monitoring."""
    return f"logging.googleapis.com/user/{log_metric_name(resources, name)}"


def _label(name: str) -> str:
    if name.startswith("metric_"):
        return f"metric.labels.{name.removeprefix('metric_')}"
    return f"resource.labels.{name}"


def _value(value: str | tuple[str, ...]) -> str:
    if isinstance(value, str):
        return f'"{value}"'
    values = ", ".join(f'"{item}"' for item in value)
    return f"one_of({values})"
