"""500 strings that try to be markup, scripts, formulas or controls: they are shown byte for byte, and never run."""

import json
from itertools import cycle, islice
from typing import TYPE_CHECKING

from playwright.sync_api import expect

from tests.support.records import REQUIRED

if TYPE_CHECKING:
    from tests.support.browser.window import Windows
    from tests.support.servers.local_stack import Stack

FIRST, SECOND = REQUIRED
RUN = "alert({0}) || fetch('/stolen/{0}')"
FORMS = (
    "<script>%s</script>",
    '<img src=x onerror="%s">',
    '<svg onload="%s">',
    '"><body onload="%s">',
    "javascript:%s//",
    "</textarea><script>%s</script>",
    '</li></ul><iframe srcdoc="<script>%s</script>">',
    '<a href="javascript:%s">click</a>',
    "<style>@import '/stolen.css'</style>%s",
    "<math><mtext><table><mglyph><style><img src=x onerror=%s>",
    "{{constructor.constructor('%s')()}}",
    "${%s}",
    "<meta http-equiv=refresh content='0;url=javascript:%s'>",
    "<link rel=stylesheet href=/stolen.css>%s",
    "<template shadowrootmode=open><script>%s</script></template>",
    "\u202e%s\u202c\u2066",
    "\u0000\u0007\u001b[31m%s",
    "e\u0301\u200d\ufe0f\U0001f469\u200d\U0001f680%s",
    '=HYPERLINK("javascript:%s")',
    "__proto__ constructor toString %s",
    "<!--%s--><![CDATA[<script>]]>",
    "'\"`;%s;//",
    "&lt;script&gt;%s&#x3c;/script&#x3e;",
    "line\r\nbreak\ttab\u2028%s\u2029",
    "  <p hidden>%s  ",
)
STRINGS = [form % RUN.format(number) for number, form in enumerate(islice(cycle(FORMS), 500))]
SHOWN = "rows => rows.map(row => [...row.querySelectorAll('.value')].map(value => value.textContent))"


def test_500_hostile_strings_appear_byte_for_byte_and_never_run(windows: "Windows", user: str, stack: "Stack") -> None:
    body = "".join(json.dumps({FIRST: text, SECOND: str(number)}) + "\n" for number, text in enumerate(STRINGS))
    with stack.client(user, "data.read", "data.write") as client:
        answer = client.post("/data", content=body, headers={"content-type": "application/x-ndjson"})
        assert 202 == answer.status_code
        stack.eventually(lambda: len(client.get("/data?pageSize=500").json()["records"]) == len(STRINGS))
    window = windows.open()
    window.page.evaluate("() => addEventListener('securitypolicyviolation', event => console.error(event.blockedURI))")
    window.sign_in(user)
    while window.rows.count() < len(STRINGS):
        window.page.locator(".end").scroll_into_view_if_needed()
    before = len(window.requests)
    expect(window.page.locator(".end")).to_contain_text("These are all.")

    shown = {int(number): text for text, number in window.rows.evaluate_all(SHOWN)}
    for index in range(0, len(FORMS), 5):
        window.rows.nth(index).get_by_role("link").click()
        expect(window.page.locator(".record dd .value")).to_have_count(2)
        text, number = window.page.locator(".record dd .value").evaluate_all("all => all.map(one => one.textContent)")
        assert STRINGS[int(number)] == text
        window.page.get_by_role("link", name="All records").click()
        expect(window.rows.first).to_be_visible()

    assert dict(enumerate(STRINGS)) == shown
    asked = [request.url for request in window.requests[before:]]
    # Chromium asks for the icon again at each change of the address.
    assert [] == [url for url in asked if not url.startswith(f"{stack.url}/data") and not url.endswith("/icon.svg")]
    assert [] == window.problems
