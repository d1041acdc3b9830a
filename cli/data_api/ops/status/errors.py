"""Reads the last log lines of severity ERROR or higher."""

from datetime import timedelta
from itertools import islice

from data_api.ops.logs.entries import NEWEST_FIRST, LogReader
from data_api.ops.logs.filters import all_of, at_least, lines_of, since
from data_api.ops.logs.output import mapping, summary
from data_api.ops.status.part import Context, Part, short

NAME = "errors"
_RECENT = timedelta(hours=1)
_MOST = 5  # lines


def read_errors(context: Context) -> Part:
    """Those of the last hour, the newest first; raises GoogleError."""
    reader = LogReader(context.google, context.deployment)
    query = all_of(lines_of(context.deployment), at_least("ERROR"), since(context.now - _RECENT))
    entries = list(islice(reader.read(query, NEWEST_FIRST, _MOST + 1), _MOST + 1))
    shown, has_more = entries[:_MOST], len(entries) > _MOST
    count = f"{'more than ' if has_more else ''}{len(shown)}"
    return Part(
        NAME,
        ok=not shown,
        state=count,
        message=f"in the last hour: data-api logs --stack {context.deployment.stack} --severity ERROR" if shown else "",
        details=tuple(f"{short(entry.at)} {entry.function} {summary(entry)}" for entry in shown),
        fields={"lines": [mapping(entry) for entry in shown], "hasMore": has_more},
    )
