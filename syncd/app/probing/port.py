"""What the probe needs of the platform: calls as they stand on the wire."""

from collections.abc import Mapping
from typing import Protocol

from syncd.app.probing.values import Said
from syncd.wire.arguments import Argument


class RawPlatform(Protocol):
    """Makes calls and gives answers undecoded, codes of error too. Each raises `PlatformError` where none came."""

    async def ask(self, call: str, sent: Mapping[str, Argument], body: str = "", token: str | None = None) -> Said:
        """Make a call; `body` is json or form, `""` as configured; a token of one's own is never renewed."""

    async def ask_after_renewal(self, call: str, sent: Mapping[str, Argument]) -> Said:
        """Get a further token, and make a call with the one before it."""
