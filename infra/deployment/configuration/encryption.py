"""Reads what is encrypted with keys of the project's own, rather than with Google's."""

from dataclasses import dataclass

import pulumi


@dataclass(frozen=True)
class Encryption:
    """What has a key of its own."""

    services: bool  # topics, functions, images and the archive
    database: bool

    @property
    def any(self) -> bool:
        """Whether there is anything to keep keys for."""
        return self.services or self.database


def read_encryption(settings: pulumi.Config) -> Encryption:
    """The encryption that the settings say."""
    return Encryption(
        services=settings.require_bool("customerManagedKeys"), database=settings.require_bool("databaseKey")
    )
