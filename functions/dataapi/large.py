"""Does the work for something large in a thread, so that the event loop goes on with other requests.

Python takes turns between threads every 5 ms. There is one thread, or many large requests would take most of the turns.
"""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from typing import ParamSpec, TypeVar

LARGE = 32 * 2**10  # bytes; the work for less takes milliseconds
Arguments = ParamSpec("Arguments")
Result = TypeVar("Result")


async def call(
    size: int, function: Callable[Arguments, Result], *arguments: Arguments.args, **named: Arguments.kwargs
) -> Result:
    """Calls a function that needs nothing but its arguments, whose work is in proportion to so many bytes."""
    if size <= LARGE:
        return function(*arguments, **named)
    future = _thread().submit(function, *arguments, **named)
    return await asyncio.wrap_future(future)


@cache
def _thread() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(1, "large")
