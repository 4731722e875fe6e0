"""Calls whose answers are given as they stand: for the probe, which looks at the envelope itself."""

import time
from collections.abc import AsyncIterator, Mapping

import httpx

from syncd.app.probing.values import Record, Said
from syncd.errors import AnswerLost, PlatformError, ServerFault
from syncd.model.json_text import decoded
from syncd.platform.bodies import form_body, json_body
from syncd.platform.calls import ONCE, READS
from syncd.platform.pacing import Pacing
from syncd.platform.refusals import TOKEN_REFUSALS, refusal
from syncd.platform.retrying import pauses, repeated
from syncd.platform.settings import ClientSettings
from syncd.platform.tokens import Access, Tokens
from syncd.platform.transport import Exchange, http_transport
from syncd.wire.arguments import Argument
from syncd.wire.envelope import Answer, Token


class Watched(httpx.AsyncBaseTransport):
    """A transport that remembers the status of the last answer."""

    def __init__(self, transport: httpx.AsyncBaseTransport) -> None:
        self._transport = transport
        self.status = 0

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Pass a request on."""
        response = await self._transport.handle_async_request(request)
        self.status = response.status_code
        return response

    async def aclose(self) -> None:
        """Close the connections."""
        await self._transport.aclose()


class RawCalls:
    """Makes one call after the other, with a token and at the rate of the settings, again where that may help.

    An envelope with an error code is an answer like any other; where there is no envelope, `PlatformError` is raised.
    """

    def __init__(self, settings: ClientSettings, transport: httpx.AsyncBaseTransport | None = None) -> None:
        self._settings = settings
        self._watched = Watched(transport or http_transport(settings))
        self._exchange = Exchange(settings, self._watched)
        self._pacing = Pacing(settings.rate, time.monotonic)
        self._tokens = Tokens(settings, self._exchange, self._pacing)
        self._again = pauses(self._pacing, may_repeat=True)
        self._never_twice = pauses(self._pacing, may_repeat=False)

    async def aclose(self) -> None:
        """Close the connections."""
        await self._exchange.aclose()

    async def ask(self, call: str, sent: Mapping[str, Argument], body: str = "", token: str | None = None) -> Said:
        """Make a call; `body` is json or form, `""` as configured; a token of one's own is never renewed."""
        if token is not None:
            own = Access(self._settings.url.rstrip("/"), Token(token), 0.0)
            return await self._repeated(call, sent, body, own)
        access = await self._current()
        said = await self._repeated(call, sent, body, access)
        if isinstance(refusal(said.code, ""), TOKEN_REFUSALS):
            return await self._repeated(call, sent, body, await self._tokens.renewed(access))
        return said

    async def ask_after_renewal(self, call: str, sent: Mapping[str, Argument]) -> Said:
        """Get a further token, and make a call with the one before it."""
        former = await self._current()
        await self._tokens.renewed(former)
        return await self._repeated(call, sent, "", former)

    async def _current(self) -> Access:
        return await repeated(self._tokens.current, self._again, self._settings.patience)

    async def _repeated(self, call: str, sent: Mapping[str, Argument], body: str, access: Access) -> Said:
        if self._settings.read_only and not call.endswith(READS):
            raise PlatformError(f"{call}: platform.read_only is true, so no writing call is made; set it to false")
        pause = self._never_twice if call.endswith(ONCE) else self._again
        return await repeated(lambda: self._asked(call, sent, body, access), pause, self._settings.patience)

    async def _asked(self, call: str, sent: Mapping[str, Argument], body: str, access: Access) -> Said:
        await self._pacing.turn()
        encoded = json_body if (body or self._settings.body) == "json" else form_body
        content = encoded(sent)
        with self._tokens.secrets.kept_out(content.secrets):
            try:
                _, envelope = await self._exchange.post(call, access.address(call), content, read_whole)
            except ServerFault as error:
                if call.endswith(ONCE):
                    raise AnswerLost(f"{error}; it may have been carried out") from None
                raise
        return Said(self._watched.status, self._tokens.secrets.out_of(envelope, content.secrets))


async def read_whole(body: AsyncIterator[bytes]) -> tuple[Answer, Record]:
    """Read a whole answer, and give all that it says."""
    content = b"".join([chunk async for chunk in body])
    return decoded(content, Answer), decoded(content, dict)
