"""One platform as a whole: a company, its tokens, faults to come, and the journal of what was asked for."""

import time
from collections import deque
from collections.abc import Callable
from pathlib import Path
from typing import Any

from syncd.sandbox.arguments import Arguments, Rejected
from syncd.sandbox.company import Company
from syncd.sandbox.faults import Faults
from syncd.sandbox.pushing import Pushes
from syncd.sandbox.quirks import Quirks
from syncd.sandbox.state import load
from syncd.sandbox.tokens import Tokens
from syncd.wire.codes import Code

PREFIX = "/meeting"
TOKEN_LIFE = 7200.0
COMPANY_ID = "1000"  # as in the document's example
READING = ("list", "get")
REMEMBERED_CALLS = 200_000
RECENT_CALLS = 100


class Sandbox:
    """A platform; `clock` gives seconds since the epoch, for tokens too.

    `calls` has the last 200,000 writing calls: path, arguments less the password and the picture, code. `recent` has
    the last 100 calls of any kind: time, path, code. `requests` counts what came in. `token_life` is what `gettoken`
    says and holds, in seconds. `pushes` tells every change to whoever listens. `problem` says why the state file is not
    what it should be.
    """

    def __init__(
        self,
        company: Company | None = None,
        appkey: str = "sandbox",
        appsecret: str = "sandbox-secret",
        state_file: Path | None = None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self.appkey, self.appsecret, self.state_file = appkey, appsecret, state_file
        known = load(state_file) if state_file is not None and state_file.exists() else None
        self.company = company or Company(clock, known)
        self.faults = Faults()
        self.pushes = Pushes(self.company, lambda: self.appkey, lambda: self.requests)
        self.tokens = Tokens(self.company.clock)
        self.token_life = TOKEN_LIFE
        self.company_id = COMPANY_ID
        self.calls: list[tuple[str, dict[str, Any], int]] = []
        self.recent: deque[tuple[float, str, int]] = deque(maxlen=RECENT_CALLS)
        self.requests = 0
        self.problem = ""

    @property
    def quirks(self) -> Quirks:
        """Give the company's quirks; they can be replaced while it runs."""
        return self.company.quirks

    @quirks.setter
    def quirks(self, quirks: Quirks) -> None:
        self.company.quirks = quirks

    def revoke_tokens(self) -> None:
        """Make every token given so far unknown."""
        self.tokens.revoke()

    def token(self, appkey: str, appsecret: str) -> dict[str, Any]:
        """Answer `gettoken`."""
        for name, value in (("appkey", appkey), ("appsecret", appsecret)):
            if not value:
                raise Rejected(Code.ARGUMENT_LACKING, f"Lack {name} arguments")
        if (appkey, appsecret) != (self.appkey, self.appsecret):
            raise Rejected(Code.INVALID_ARGUMENTS)
        token = self.tokens.give(is_only=self.quirks.one_token)
        return {"access_token": token, "company_id": self.company_id, "expires_in": int(self.token_life)}

    def check_token(self, token: str) -> None:
        """Raise where a token is missing, unknown or has expired."""
        self.tokens.check(token, self.quirks.token_dies_after or self.token_life)

    def note(self, call: str, arguments: Arguments, code: int) -> None:
        """Write a call into the journal."""
        self.recent.append((self.company.clock(), call, code))
        if call.endswith(READING):
            return
        shown = {name: value for name, value in arguments.items() if name not in ("password", "file")}
        self.calls.append((call, shown, code))
        if len(self.calls) > REMEMBERED_CALLS:
            del self.calls[: REMEMBERED_CALLS // 2]
