"""A window of Chromium with the page of a stack in it, and what a person does there."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Dialog, Locator, Page, Request, Route, expect

if TYPE_CHECKING:
    from tests.support.servers.local_stack import Stack

ROLES = ("data.read", "data.write")
LIMIT = 10_000.0  # milliseconds that anything may take on a machine under load


@dataclass
class Window:
    """One tab, and what the browser reported of it."""

    page: Page
    problems: list[str] = field(default_factory=list)  # violations of the policy, errors of scripts, dialogs
    requests: list[Request] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.page.set_default_timeout(LIMIT)
        self.page.on("pageerror", lambda error: self.problems.append(f"error: {error}"))
        self.page.on("dialog", self._note_dialog)
        self.page.on("console", self._note)
        self.page.on("request", self._note_request)

    def _note(self, message: ConsoleMessage) -> None:
        if message.type == "error" and not message.text.startswith("Failed to load resource"):
            self.problems.append(message.text)

    def _note_dialog(self, dialog: Dialog) -> None:
        self.problems.append(f"dialog: {dialog.message}")
        dialog.dismiss()

    def _note_request(self, request: Request) -> None:
        self.requests.append(request)

    def sign_in(self, user: str, *roles: str) -> None:
        """Through the local issuer, as a person does."""
        self.page.get_by_role("button", name="Sign in").click()
        self.choose(user, *roles)
        expect(self.page.get_by_role("heading", name="New record").or_(self.page.locator(".record"))).to_be_visible()

    def choose(self, user: str, *roles: str) -> None:
        """Answers the issuer's page."""
        self.page.get_by_label("User").fill(user)
        for role in ROLES:
            self.page.get_by_label(role).set_checked(role in (roles or ROLES))
        self.page.get_by_role("button", name="Sign in").click()

    def write(self, record: dict[str, str]) -> None:
        """Fills the form."""
        for name, value in record.items():
            self.page.get_by_label(name).fill(value)

    def post(self, record: dict[str, str]) -> None:
        self.write(record)
        self.page.get_by_role("button", name="Post record").click()

    @contextmanager
    def holding(self, pattern: str) -> Iterator[list[Route]]:
        """Keeps requests to such addresses from the API until the block ends; yields those that wait."""
        held: list[Route] = []
        is_over = False

        def hold(route: Route) -> None:
            if is_over:
                route.continue_()
            else:
                held.append(route)

        self.page.route(pattern, hold)
        yield held
        is_over = True
        for route in held:
            route.continue_()

    @property
    def rows(self) -> Locator:
        return self.page.locator(".rows .row")

    def row(self, text: str) -> Locator:
        return self.rows.filter(has_text=text)

    @property
    def sent(self) -> Locator:
        """What was sent from the form, newest first."""
        return self.page.locator(".outbox .sent")

    def paths(self, pattern: str) -> list[str]:
        """The addresses that were asked for and match."""
        return [request.url for request in self.requests if re.search(pattern, request.url)]


@dataclass
class Windows:
    """Opens windows of a stack; each has a profile of its own, unless it shares one."""

    browser: Browser
    stack: "Stack"
    contexts: list[BrowserContext] = field(default_factory=list)

    def profile(self, **options: Any) -> BrowserContext:  # noqa: ANN401 - Playwright's options
        context = self.browser.new_context(**options)
        self.contexts.append(context)
        return context

    def open(self, route: str = "", profile: BrowserContext | None = None, **options: Any) -> Window:  # noqa: ANN401
        """Opens the page in a profile, a new one if none is given; signs nobody in."""
        window = Window((profile or self.profile(**options)).new_page())
        window.page.goto(f"{self.stack.url}/{route}")
        return window

    def signed_in(self, user: str, *roles: str, route: str = "", **options: Any) -> Window:  # noqa: ANN401
        window = self.open(route, **options)
        window.sign_in(user, *roles)
        return window

    def close(self) -> None:
        for context in self.contexts:
            context.close()
