"""Which requests are traced."""

from tests.support.functions.calls import content
from tests.support.functions.traced import (
    Cloud,
    Received,
    get,
    post,
    push_all,
    traced,
)

TRACE, CALLERS_SPAN = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"
CLIENTS = 24


async def test_only_what_is_chosen_is_sent_and_the_message_says_so(cloud: Cloud) -> None:
    async with traced(cloud, share="0") as received:
        await post()
        await post({"traceparent": f"00-{TRACE}-{CALLERS_SPAN}-00"})
        assert [204, 204] == await push_all(cloud)
        assert [] == received.spans
        assert {"00"} == {attributes["traceparent"][-2:] for _, attributes in cloud.published}

        await post({"traceparent": f"00-{TRACE}-{CALLERS_SPAN}-01"})
        assert {TRACE} == {span.trace_id for span in received.spans}


async def test_a_write_for_requests_that_were_not_chosen_begins_no_trace_of_its_own(cloud: Cloud) -> None:
    beyond = f"00-{'f' * 32}-{CALLERS_SPAN}-00"  # the share counts from the lowest ids on
    async with traced(cloud, share="0.5") as received:
        await post({"traceparent": beyond})
        for _ in range(CLIENTS):
            assert [204] == await push_all(cloud)
        await post({"traceparent": f"00-{TRACE}-{CALLERS_SPAN}-01"})  # sends what there is
        assert {TRACE} == {span.trace_id for span in received.spans}


async def test_a_trace_that_the_cloud_did_not_choose_is_chosen_by_the_share(received: Received) -> None:
    """Google's front end sends a traceparent with each request; almost none is sampled."""
    await post({"traceparent": f"00-{TRACE}-{CALLERS_SPAN}-00"})
    assert TRACE == received.one("POST /data").trace_id


async def test_health_checks_are_not_traced(received: Received) -> None:
    assert {"status": "ok"} == content(await get("/health"))
    assert [] == received.spans
