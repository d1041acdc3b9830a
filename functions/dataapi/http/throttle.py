"""Limits the rate of each caller: a token bucket per user, before any work is done for the request.

Owns the buckets of one role in one instance, and the RateLimit header fields
(https://datatracker.ietf.org/doc/draft-ietf-httpapi-ratelimit-headers/). N instances together allow up to N times as
much; docs/operations.md explains how to bound that.
"""

import math
import time
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from dataapi.errors import TooLarge, TooManyRequests

# Whose buckets one instance keeps, at some 300 bytes each; the least recent caller is dropped first.
MAX_USERS = 10_000


@dataclass(frozen=True, slots=True)
class Limit:
    """The size of a bucket and how fast it fills again."""

    rate: float  # tokens a second; a request costs one, a batch one a record
    burst: int


class Throttle:
    """The buckets of a role; without a limit every request passes."""

    def __init__(
        self,
        role: str,
        limit: Limit | None,
        clock: Callable[[], float] = time.monotonic,
        max_users: int = MAX_USERS,
    ) -> None:
        self._role = role
        self._limit = limit
        self._clock = clock
        self._max_users = max_users
        self._buckets: OrderedDict[str, tuple[float, float]] = OrderedDict()  # user -> tokens left, and when

    def take(self, user_id: str) -> Mapping[str, str]:
        """Takes a token and returns the RateLimit headers; raises TooManyRequests if the bucket is empty."""
        if self._limit is None:
            return {}
        left = self._left(user_id, self._limit)
        if left < 1:
            self._store(user_id, left)  # a caller who keeps trying is not dropped, which would fill the bucket
            raise TooManyRequests(math.ceil((1 - left) / self._limit.rate), self._headers(left, self._limit))
        self._store(user_id, left - 1)
        return self._headers(left - 1, self._limit)

    def charge(self, user_id: str, tokens: int) -> Mapping[str, str]:
        """Takes the tokens that a batch costs besides its first, and returns the RateLimit headers.

        There is no credit: what is accepted never exceeds burst + rate * time, in whatever order requests arrive.
        Raises TooManyRequests if the tokens are not there yet, and TooLarge if they never will be.
        """
        if self._limit is None:
            return {}
        if tokens >= self._limit.burst:
            raise TooLarge(
                f"The rate limit allows at most {self._limit.burst:,} records at once. Send smaller batches."
            )
        left = self._left(user_id, self._limit)
        if left < tokens:
            raise TooManyRequests(math.ceil((tokens - left) / self._limit.rate), self._headers(left, self._limit))
        self._store(user_id, left - tokens)
        return self._headers(left - tokens, self._limit)

    def _left(self, user_id: str, limit: Limit) -> float:
        left, since = self._buckets.get(user_id, (limit.burst, 0.0))
        return min(limit.burst, left + (self._clock() - since) * limit.rate)

    def _store(self, user_id: str, left: float) -> None:
        self._buckets[user_id] = left, self._clock()
        self._buckets.move_to_end(user_id)
        if len(self._buckets) > self._max_users:
            self._buckets.popitem(last=False)

    def _headers(self, left: float, limit: Limit) -> Mapping[str, str]:
        full_in = math.ceil((limit.burst - left) / limit.rate)
        window = math.ceil(limit.burst / limit.rate)
        return {
            "ratelimit-policy": f'"{self._role}";q={limit.burst};w={window}',
            "ratelimit": f'"{self._role}";r={max(0, math.floor(left))};t={full_in}',
        }
