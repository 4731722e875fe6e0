"""Who is told what the client does: each call, each wait for the rate, each new token."""

from typing import Protocol


class Observer(Protocol):
    """Is told by the client what it did; it is called between two calls, so it must be quick and raise nothing."""

    def call(self, endpoint: str, code: str, seconds: float) -> None:
        """Take one exchange: the call such as `user/add`, what came of it, and how long that took.

        The code is that of the answer's envelope; without one it is `unreachable` (nothing was sent), `lost` (the
        answer was), `busy`, `server_fault`, `broken` or `unusable`, as the errors of those names say.
        """

    def waited(self, seconds: float) -> None:
        """Take how long a call waited for its turn (`platform.rate`, Retry-After)."""

    def token_renewed(self) -> None:
        """Take that there is a new token; the first one is one too."""

    def unreadable(self, endpoint: str, object_id: str, why: str) -> None:
        """Take that an object of a list is not what the document describes, and was left out; its id may be ""."""


class Nobody:
    """Wants to know nothing."""

    def call(self, endpoint: str, code: str, seconds: float) -> None:
        """Take it, and do nothing."""

    def waited(self, seconds: float) -> None:
        """Take it, and do nothing."""

    def token_renewed(self) -> None:
        """Take it, and do nothing."""

    def unreadable(self, endpoint: str, object_id: str, why: str) -> None:
        """Take it, and do nothing."""


NOBODY: Observer = Nobody()
