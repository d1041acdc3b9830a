"""Reads which resources are encrypted with the project's own Cloud KMS keys instead of Google's keys."""

from dataclasses import dataclass

import pulumi


@dataclass(frozen=True)
class Encryption:
    """Which resources use customer-managed keys."""

    services: bool  # topics, functions, images and the source archive
    database: bool

    @property
    def any(self) -> bool:
        """Whether any key is needed."""
        return self.services or self.database


def read_encryption(settings: pulumi.Config) -> Encryption:
    """The configured encryption."""
    return Encryption(
        services=settings.require_bool("customerManagedKeys"), database=settings.require_bool("databaseKey")
    )
