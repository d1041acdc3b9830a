"""What --since accepts."""

from datetime import UTC, datetime, timedelta

import click
import pytest
from click.testing import CliRunner

from data_api.shared.since_option import since_of


@click.command()
@click.option("--since", callback=since_of)
def command(since: datetime | None) -> None:
    click.echo(since and since.isoformat())


@pytest.mark.parametrize(("text", "ago"), [("30m", timedelta(minutes=30)), ("7d", timedelta(days=7))])
def test_how_long_ago_is_counted_from_now(text: str, ago: timedelta) -> None:
    moment = datetime.fromisoformat(CliRunner().invoke(command, ["--since", text]).stdout.strip())
    assert timedelta(0) <= datetime.now(UTC) - ago - moment < timedelta(minutes=1)


def test_a_time_is_read_in_its_zone() -> None:
    assert "2026-01-31T12:00:00+00:00\n" == CliRunner().invoke(command, ["--since", "2026-01-31T13:00+01:00"]).stdout


@pytest.mark.parametrize("text", ["", "1", "1w", "noon", "2026-01-31T12:00", "999999d", "0001-01-01T00:00+14:00"])
def test_anything_else_is_a_usage_error(text: str) -> None:
    result = CliRunner().invoke(command, ["--since", text])
    assert (2, True) == (result.exit_code, "or how long ago: 30m, 12h, 7d." in result.stderr)
