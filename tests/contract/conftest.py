"""Gives the tests of this folder the official emulators, shared with every other folder that uses them."""

import pytest


def pytest_configure(config: pytest.Config) -> None:
    config.pluginmanager.import_plugin("tests.support.servers.emulator_fixtures")
