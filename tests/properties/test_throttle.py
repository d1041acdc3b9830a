"""The rate limit under any order of arrivals."""

from hypothesis import given
from hypothesis import strategies as st

from dataapi.errors import HttpError
from dataapi.http.throttle import Limit, Throttle

# Requests of one user: after a pause, a head arrives (take) or the body of a request whose head has arrived (charge).
STEPS = st.lists(
    st.tuples(st.floats(0, 5), st.sampled_from(["head", "body"]), st.integers(1, 30)), min_size=1, max_size=60
)


@given(steps=STEPS, rate=st.floats(0.1, 20), burst=st.integers(1, 40))
def test_what_is_accepted_never_exceeds_the_burst_and_the_rate_in_any_window(
    steps: list[tuple[float, str, int]], rate: float, burst: int
) -> None:
    now = 0.0
    throttle = Throttle("data.write", Limit(rate, burst), lambda: now)
    waiting = 0
    taken: list[tuple[float, int]] = []
    for pause, kind, records in steps:
        now += pause
        try:
            if kind == "head":
                throttle.take("ada")
                waiting += 1
                taken.append((now, 1))
            elif waiting:
                waiting -= 1
                throttle.charge("ada", records - 1)
                taken.append((now, records - 1))
        except HttpError:
            continue
    for index, (start, _) in enumerate(taken):
        for end in range(index, len(taken)):
            total = sum(tokens for _, tokens in taken[index : end + 1])
            assert total <= burst + rate * (taken[end][0] - start) + 1e-6
