"""The synthetic caller against a whole stack: the function as the cloud runs it, its token from a metadata server."""

from tests.support.servers.local_stack import Stack
from tests.support.servers.probe_process import probe_process

CALLER = "probe@a-project.iam.gserviceaccount.com"
ROLES = ("data.read", "data.write")


def test_the_synthetic_caller_passes_where_a_user_can_post_and_read_and_names_the_step_where_not(stack: Stack) -> None:
    tokens = {
        200: stack.token(CALLER, *ROLES),
        403: stack.token(CALLER),  # as after a grant was lost
        401: stack.token(CALLER, *ROLES, claims={"exp": 1}),
    }
    given: dict[str, str] = {}
    with probe_process(stack.url, stack.audience, lambda audience: given[audience]) as probe:
        given[stack.audience] = tokens.pop(200)
        stack.eventually(lambda: probe.post("/").status_code == 200, pause=1.0)
        for status, token in tokens.items():
            given[stack.audience] = token
            failed = probe.post("/")
            message = f"The synthetic caller failed at post: got {status}, expected 202."
            assert (500, message) == (failed.status_code, failed.json()["message"])
    with stack.client(CALLER, "data.read") as client:
        assert [] == client.get("/data").json()["records"]
