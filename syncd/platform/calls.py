"""How every call is made: with a token, at the shared rate, again where that may help, its answer decoded."""

import copy
import time
from collections.abc import Mapping
from typing import Self, TypeVar

import httpx
import msgspec

from syncd.app.ports import Lease
from syncd.errors import AnswerLost, LeaseLost, ObjectUnreadable, PlatformError, Refused, ServerFault
from syncd.model.json_text import decoded
from syncd.platform.bodies import Body, form_body, json_body
from syncd.platform.observing import NOBODY, Observer
from syncd.platform.pacing import Pacing
from syncd.platform.refusals import TOKEN_REFUSALS, AnswerUnusable, refusal
from syncd.platform.retrying import pauses, repeated
from syncd.platform.settings import ClientSettings
from syncd.platform.streaming import Unreadable, id_of
from syncd.platform.tokens import Access, Tokens
from syncd.platform.transport import Exchange, OnWire, Reader, list_reader, read_envelope
from syncd.wire.arguments import Argument
from syncd.wire.loose import text

Value = TypeVar("Value")
READS = ("/list", "/get")
ONCE = ("/add", "/book", "/cancel", "/finish")  # a second time would be another thing, or refused because of the first


class Calls:
    """Makes calls. Each raises `PlatformError`: see `Client`."""

    def __init__(
        self, settings: ClientSettings, transport: httpx.AsyncBaseTransport | None, observer: Observer = NOBODY
    ) -> None:
        self._settings = settings
        self._exchange = Exchange(settings, transport, observer)
        self._pacing = Pacing(settings.rate, time.monotonic, observer)
        self._tokens = Tokens(settings, self._exchange, self._pacing, observer)
        self._body = json_body if settings.body == "json" else form_body
        self._observer = observer
        self._again = pauses(self._pacing, may_repeat=True)
        self._never_twice = pauses(self._pacing, may_repeat=False)

        self._lease: Lease | None = None

    async def aclose(self) -> None:
        """Close the connections."""
        await self._exchange.aclose()

    def under(self, lease: Lease) -> Self:
        """Give the same, on connections, token and rate that are shared, with no writing request after the lease."""
        leased = copy.copy(self)
        leased._lease = lease  # noqa: SLF001 - its own kind
        return leased

    async def company_id(self) -> str:
        """Give the company's id, which comes with the token."""
        return (await repeated(self._tokens.current, self._again, self._settings.patience)).company_id

    async def done(self, call: str, sent: Mapping[str, Argument]) -> None:
        """Make a call whose value nobody wants."""
        await self._made(call, self._body(sent), read_envelope)

    async def uploaded(self, call: str, body: Body) -> None:
        """Make a call with a body of its own."""
        await self._made(call, body, read_envelope)

    async def gone(self, call: str, sent: Mapping[str, Argument], missing: type[Refused]) -> None:
        """Make a call that takes something away; the refusal that says it is not there is as good as success."""
        try:
            await self.done(call, sent)
        except missing:
            return

    async def one(self, call: str, sent: Mapping[str, Argument], kind: type[OnWire[Value]]) -> Value:
        """Make a call and give the object that it answers."""
        value = await self._made(call, self._body(sent), read_envelope)
        try:
            return decoded(value, kind).value()
        except msgspec.DecodeError as error:
            kind_of_fault = ObjectUnreadable if id_of(bytes(value)) else AnswerUnusable
            raise kind_of_fault(f"{call}: the answer is not what the document describes: {error}") from None

    async def one_if_there(
        self, call: str, sent: Mapping[str, Argument], kind: type[OnWire[Value]], missing: type[Refused]
    ) -> Value | None:
        """Make a call and give the object that it answers, or nothing where the refusal says that it is not there."""
        try:
            return await self.one(call, sent, kind)
        except missing:
            return None

    async def every(self, call: str, sent: Mapping[str, Argument], kind: type[OnWire[Value]]) -> tuple[Value, ...]:
        """Make a call and give the objects of its list, decoded while it arrives."""
        unreadable: list[Unreadable] = []
        found = await self._made(call, self._body(sent), list_reader(kind, unreadable))
        for one in unreadable:
            self._observer.unreadable(call, one.id, one.why)
        return tuple(found)

    async def _made(self, call: str, body: Body, read: Reader[Value]) -> Value:
        if self._settings.read_only and not call.endswith(READS):
            raise PlatformError(f"{call}: platform.read_only is true, so no writing call is made; set it to false")
        pause = self._never_twice if call.endswith(ONCE) else self._again
        return await repeated(lambda: self._with_token(call, body, read), pause, self._settings.patience)

    async def _with_token(self, call: str, body: Body, read: Reader[Value]) -> Value:
        """Make a call; where the token is refused it is renewed once and the call repeated once."""
        with self._tokens.secrets.kept_out(body.secrets):
            access = await self._tokens.current()
            try:
                return await self._asked(call, body, read, access)
            except TOKEN_REFUSALS:
                renewed = await self._tokens.renewed(access)
                return await self._asked(call, body, read, renewed)

    async def _asked(self, call: str, body: Body, read: Reader[Value], access: Access) -> Value:
        await self._pacing.turn()
        if self._lease and not self._lease.is_held() and not call.endswith(READS):
            raise LeaseLost(f"{call}: not sent, for the lock of the run was lost")
        try:
            answer, value = await self._exchange.post(call, access.address(call), body, read)
        except ServerFault as error:
            if call.endswith(ONCE):
                raise AnswerLost(f"{error}; it may have been carried out") from None
            raise
        if not answer.is_success:
            raise refusal(text(answer.code), text(answer.message))
        return value
