"""What a run of a Pulumi program has declared."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from tests.support.infra.resource_types import FUNCTION

Json = dict[str, Any]


@dataclass(frozen=True)
class Resource:
    """A resource that the program has declared."""

    urn: str
    type: str
    name: str
    inputs: Json
    protected: bool
    deletes_first: bool  # when it is replaced
    waits_for: frozenset[str]  # URNs
    replaced_with: frozenset[str]  # URNs
    parent: str  # URN
    hooks: frozenset[str]  # after its creation, and on an error


@dataclass(frozen=True)
class RecordedDeployment:
    """What one run has declared, in that order, and its outputs."""

    resources: list[Resource] = field(default_factory=list)
    outputs: Json = field(default_factory=dict)
    secrets: set[str] = field(default_factory=set)  # names of outputs

    def all(self, type_: str) -> list[Resource]:
        """The resources of a type."""
        return [resource for resource in self.resources if resource.type == type_]

    def one(self, type_: str, name: str) -> Resource:
        """The only resource of this type and name."""
        (result,) = [resource for resource in self.all(type_) if resource.name == name]
        return result

    def record_outputs(self, outputs: Json, secret: Mapping[str, bool]) -> None:
        """Called when the program has ended."""
        self.outputs.update(outputs)
        self.secrets.update(name for name, is_secret in secret.items() if is_secret)

    def environment(self, function: str) -> dict[str, str]:
        """The environment variables of a function."""
        result: dict[str, str] = self.one(FUNCTION, function).inputs["serviceConfig"]["environmentVariables"]
        return result
