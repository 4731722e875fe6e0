"""The tokens that `gettoken` gave, and how long each lives."""

import secrets
from collections.abc import Callable

from syncd.sandbox.arguments import Rejected
from syncd.wire.codes import Code

REMEMBERED = 10_000


class Tokens:
    """Tokens with the time of their giving; a token is unknown after `revoke`, and expired after its life (seconds)."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self.given: dict[str, float] = {}

    def give(self, *, is_only: bool) -> str:
        """Give a new token, as the only one that is known or beside the others."""
        if is_only:
            self.given.clear()
        elif len(self.given) >= REMEMBERED:
            del self.given[next(iter(self.given))]
        token = secrets.token_hex(20)
        self.given[token] = self._clock()
        return token

    def revoke(self) -> None:
        """Make every token given so far unknown."""
        self.given.clear()

    def check(self, token: str, life: float) -> None:
        """Raise where a token is missing, unknown, or `life` seconds old."""
        if not token:
            raise Rejected(Code.TOKEN_MISSING)
        if token not in self.given:
            raise Rejected(Code.TOKEN_ILLEGAL)
        if self._clock() - self.given[token] >= life:
            raise Rejected(Code.TOKEN_EXPIRED)
