"""The command `example`."""

from itertools import cycle, islice

import click


@click.command()
@click.option("--count", type=click.IntRange(1, 1_000_000), default=1, show_default=True, metavar="N", help="How many.")
def example(*, count: int) -> None:
    """Print a record that the schema allows.

    It is JSON, from the examples in functions/record.schema.json. With --count N, prints N records, one per line
    (NDJSON).

    \b
    data-api send "$(data-api example)"
    data-api example --count 5000 | data-api send --file -
    """  # noqa: D301 - click's mark for lines that are not wrapped
    from data_api.shared import record_schema  # noqa: PLC0415 - `data-api --help` need not load it
    from data_api.shared.printable import json_text  # noqa: PLC0415 - the same

    for record in islice(cycle(record_schema.examples(record_schema.load())), count):
        click.echo(json_text(record))
