"""Remembers in memory who is signed in at the local sign-in page, by the value of a cookie."""

import secrets
import threading
from collections import OrderedDict
from dataclasses import dataclass

REMEMBERED = 1_000  # sessions; the oldest are forgotten


@dataclass(frozen=True)
class Account:
    """A user and the roles that their tokens get."""

    user: str
    email: str
    roles: tuple[str, ...]

    def is_meant_by(self, login_hint: str) -> bool:
        """Whether the hint names this user, by name or e-mail address; an empty hint names everybody."""
        return login_hint in ("", self.user, self.email)


class Sessions:
    """The sessions of all browsers; used by several threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._accounts: OrderedDict[str, Account] = OrderedDict()

    def begin(self, account: Account) -> str:
        """A new session: returns its key, which cannot be guessed."""
        key = secrets.token_urlsafe(32)
        with self._lock:
            self._accounts[key] = account
            if len(self._accounts) > REMEMBERED:
                self._accounts.popitem(last=False)
        return key

    def account(self, key: str) -> Account | None:
        """Who is signed in; None if the key is not of a session."""
        with self._lock:
            return self._accounts.get(key)
