"""Gives the tests of this folder the official emulators."""

import pytest


def pytest_configure(config: pytest.Config) -> None:
    config.pluginmanager.import_plugin("tests.support.servers.emulator_fixtures")
