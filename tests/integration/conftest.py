"""The official emulators for the tests of this folder, shared with other folders."""

import pytest


def pytest_configure(config: pytest.Config) -> None:
    config.pluginmanager.import_plugin("tests.support.servers.emulator_fixtures")
