"""What --since and --until accept."""

import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import click
import pytest
from click.testing import CliRunner

from data_api.shared.since_option import since_of


@click.command()
@click.option("--since", callback=since_of)
def command(since: datetime | None) -> None:
    click.echo(since and since.isoformat())


def moment_of(text: str) -> datetime:
    return datetime.fromisoformat(CliRunner().invoke(command, ["--since", text]).stdout.strip())


@pytest.fixture
def _in_tokyo(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Nine hours before UTC, without daylight saving time."""
    monkeypatch.setenv("TZ", "JST-9")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


@pytest.mark.parametrize(
    ("text", "ago"), [("30m", timedelta(minutes=30)), ("1h", timedelta(hours=1)), ("7d", timedelta(days=7))]
)
def test_how_long_ago_is_counted_from_now(text: str, ago: timedelta) -> None:
    assert abs(datetime.now(UTC) - ago - moment_of(text)) < timedelta(minutes=1)


def test_a_time_is_read_in_its_zone() -> None:
    assert "2026-01-31T12:00:00+00:00" == moment_of("2026-01-31T13:00+01:00").isoformat()


@pytest.mark.usefixtures("_in_tokyo")
@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2026-01-31", "2026-01-30T15:00:00+00:00"),
        ("2026-01-31T12:00", "2026-01-31T03:00:00+00:00"),
        ("2026-01-31 12:00:30.5", "2026-01-31T03:00:30.500000+00:00"),
        ("2026-01-31T12:00Z", "2026-01-31T12:00:00+00:00"),
    ],
)
def test_a_date_or_a_time_without_a_zone_is_local(text: str, moment: str) -> None:
    assert moment == moment_of(text).isoformat()


@pytest.mark.usefixtures("_in_tokyo")
def test_a_time_without_a_date_is_todays() -> None:
    moment = moment_of("12:00")
    assert "03:00:00" == moment.strftime("%H:%M:%S")
    assert timedelta(hours=-12) <= moment - datetime.now(UTC) <= timedelta(hours=12)


@pytest.mark.parametrize(
    "text", ["", "1", "1w", "noon", "yesterday", "25:00", "2026-02-30", "999999d", "0001-01-01T00:00+14:00"]
)
def test_anything_else_is_a_usage_error(text: str) -> None:
    result = CliRunner().invoke(command, ["--since", text])
    message = " ".join(result.stderr.split())
    assert (2, True) == (
        result.exit_code,
        "give how long ago (30m, 12h, 7d), a date (2026-01-31), or a time" in message,
    )
