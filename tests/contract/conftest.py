"""The official emulators for the tests of this folder."""

import pytest


def pytest_configure(config: pytest.Config) -> None:
    config.pluginmanager.import_plugin("tests.support.servers.emulator_fixtures")
