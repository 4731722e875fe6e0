"""The client: one token, one rate, retries where a call may be repeated."""

import asyncio
import time
import urllib.parse
from collections.abc import Mapping
from types import TracebackType
from typing import Self, TypeVar

import httpx
import msgspec
import stamina

from syncd.errors import AnswerBroken, AnswerLost, PlatformBusy, PlatformError, PlatformUnreachable, ServerFault
from syncd.model.objects import PlatformDepartment, PlatformUser
from syncd.platform.pacing import Pacing
from syncd.platform.refusals import TOKEN_REFUSALS, DepartmentMissing, UserMissing, refusal
from syncd.platform.settings import ClientSettings
from syncd.platform.transport import ask, http_client
from syncd.wire.envelope import Envelope, Token, WireDepartment, WireUser, arguments

RENEW_AT = 0.9  # of a token's life
RETRIES = 6
Value = TypeVar("Value")


class Client:
    """The platform's Open API, as far as users and departments go; an asynchronous context manager.

    Every call raises `PlatformError`: `Refused` or one of its classes for an error code, `PlatformUnreachable`,
    `PlatformBusy`, `AnswerLost`, `AnswerBroken`. A call that may be repeated is repeated with growing pauses; `add`
    only where it was surely not carried out.
    """

    def __init__(self, settings: ClientSettings, transport: httpx.AsyncBaseTransport | None = None) -> None:
        self._settings = settings
        self._http = http_client(settings, transport)
        self._base = settings.url.rstrip("/")
        self._pacing = Pacing(settings.rate, time.monotonic)
        self._renewing = asyncio.Lock()
        self._token: Token | None = None
        self._renew_after = 0.0

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        """Close the connections."""
        await self._http.aclose()

    async def company_id(self) -> str:
        """Give the company's id (`oapi/gettoken`)."""
        token = await self._current_token()
        return str(token.company_id or "")

    async def users(self) -> tuple[PlatformUser, ...]:
        """Give every user (`user/list`)."""
        found = await self._value("user/list", {}, list[WireUser])
        return tuple(one.value() for one in found)

    async def departments(self) -> tuple[PlatformDepartment, ...]:
        """Give every department (`dept/list`)."""
        found = await self._value("dept/list", {}, list[WireDepartment])
        return tuple(one.value() for one in found)

    async def user(self, user_id: str) -> PlatformUser | None:
        """Give one user, or nothing where there is none (`user/get`)."""
        try:
            return (await self._value("user/get", {"userId": _present(user_id)}, WireUser)).value()
        except UserMissing:
            return None

    async def department(self, department_id: str) -> PlatformDepartment | None:
        """Give one department, or nothing where there is none (`dept/get`)."""
        try:
            return (await self._value("dept/get", {"deptId": _present(department_id)}, WireDepartment)).value()
        except DepartmentMissing:
            return None

    async def add_user(self, user_id: str, fields: Mapping[str, str], password: str) -> PlatformUser:
        """Make a user (`user/add`); never without a password, for the platform's default is public."""
        if not password:
            raise PlatformError("user/add: a user is never made without a password of its own")
        sent = {**arguments(_present(user_id), fields), "password": password}
        return (await self._value("user/add", sent, WireUser, writes=True)).value()

    async def update_user(self, user_id: str, fields: Mapping[str, str], password: str | None = None) -> None:
        """Change these fields of a user, and the password if there is one (`user/update`)."""
        sent = arguments(_present(user_id), fields)
        await self._write("user/update", {**sent, "password": password} if password else sent)

    async def remove_user(self, user_id: str) -> None:
        """Remove a user (`user/remove`); one who is gone already is done."""
        try:
            await self._write("user/remove", {"userId": _present(user_id)})
        except UserMissing:
            return

    async def add_department(self, department_id: str, fields: Mapping[str, str]) -> PlatformDepartment:
        """Make a department (`dept/add`)."""
        sent = arguments(_present(department_id), fields)
        return (await self._value("dept/add", sent, WireDepartment, writes=True)).value()

    async def update_department(self, department_id: str, fields: Mapping[str, str]) -> None:
        """Change these fields of a department (`dept/update`)."""
        await self._write("dept/update", arguments(_present(department_id), fields))

    async def remove_department(self, department_id: str) -> None:
        """Remove a department (`dept/remove`); one that is gone already is done."""
        try:
            await self._write("dept/remove", {"deptId": _present(department_id)})
        except DepartmentMissing:
            return

    async def _value(self, call: str, sent: Mapping[str, str], kind: type[Value], *, writes: bool = False) -> Value:
        envelope = await (self._write(call, sent) if writes else self._retried(call, sent))
        try:
            return msgspec.json.decode(envelope.value, type=kind)
        except msgspec.DecodeError as error:
            raise AnswerBroken(f"{call}: the value of the answer is not what the document describes: {error}") from None

    async def _write(self, call: str, sent: Mapping[str, str]) -> Envelope:
        if self._settings.read_only:
            raise PlatformError(f"{call}: platform.read_only is true, so no writing call is made; set it to false")
        return await self._retried(call, sent)

    async def _retried(self, call: str, sent: Mapping[str, str]) -> Envelope:
        """Make a call, again while that may help: with `add` only what was surely not carried out."""
        may_repeat = not call.endswith("/add")

        def pause(error: Exception) -> bool | float:
            if isinstance(error, PlatformBusy) and error.retry_after is not None:
                self._pacing.halt(error.retry_after)
                return error.retry_after
            lost = isinstance(error, AnswerLost | AnswerBroken)
            return isinstance(error, PlatformBusy | PlatformUnreachable) or (lost and may_repeat)

        answer: Envelope | None = None
        async for attempt in stamina.retry_context(
            on=pause,
            attempts=RETRIES,
            timeout=self._settings.patience,
            wait_initial=0.1,
            wait_max=10.0,
            wait_jitter=0.2,
        ):
            with attempt:
                answer = await self._with_token(call, sent, is_add=not may_repeat)
        assert answer is not None  # noqa: S101 - the loop ends with an answer or an error
        return answer

    async def _with_token(self, call: str, sent: Mapping[str, str], *, is_add: bool) -> Envelope:
        """Make a call; where the token is refused it is renewed once and the call repeated once."""
        token = await self._current_token()
        try:
            return await self._ask(call, sent, token, is_add=is_add)
        except TOKEN_REFUSALS:
            renewed = await self._renewed_token(token)
            return await self._ask(call, sent, renewed, is_add=is_add)

    async def _ask(self, call: str, sent: Mapping[str, str], token: Token, *, is_add: bool) -> Envelope:
        request = self._http.build_request(
            "POST",
            f"{self._base}/api/open/{call}?{urllib.parse.urlencode({'access_token': token.access_token})}",
            content=self._encoded(sent),
            headers={"content-type": f"application/{'json' if self._settings.body == 'json' else FORM}"},
        )
        await self._pacing.turn()
        try:
            envelope = await ask(self._http, request, call)
        except ServerFault as error:
            if is_add:
                raise AnswerLost(f"{error}; it may have been carried out") from None
            raise
        if not envelope.is_success:
            raise refusal(str(envelope.code), envelope.message or "")
        return envelope

    def _encoded(self, sent: Mapping[str, str]) -> bytes:
        if self._settings.body == "json":
            return msgspec.json.encode(sent)
        return urllib.parse.urlencode(sent).encode()

    async def _current_token(self) -> Token:
        token = self._token
        if token is not None and time.monotonic() < self._renew_after:
            return token
        return await self._renewed_token(token)

    async def _renewed_token(self, former: Token | None) -> Token:
        """Ask for a token, once for all tasks that found the former one wanting."""
        async with self._renewing:
            if self._token is not None and self._token is not former:
                return self._token
            token = await self._asked_token()
            self._renew_after = time.monotonic() + _seconds(token.expires_in) * RENEW_AT
            self._token = token
            return token

    async def _asked_token(self) -> Token:
        call = "oapi/gettoken"
        query = urllib.parse.urlencode({"appkey": self._settings.appkey, "appsecret": self._settings.appsecret})
        answer: Envelope | None = None
        async for attempt in stamina.retry_context(
            on=(PlatformUnreachable, PlatformBusy, AnswerLost, AnswerBroken),
            attempts=RETRIES,
            timeout=self._settings.patience,
        ):
            with attempt:
                await self._pacing.turn()
                answer = await ask(
                    self._http, self._http.build_request("GET", f"{self._base}/api/{call}?{query}"), call
                )
        assert answer is not None  # noqa: S101 - the loop ends with an answer or an error
        if not answer.is_success:
            raise refusal(str(answer.code), f"{answer.message}: check platform.appkey and platform.appsecret")
        try:
            return msgspec.json.decode(answer.value, type=Token)
        except msgspec.DecodeError as error:
            raise AnswerBroken(f"{call}: the answer holds no token: {error}") from None


FORM = "x-www-form-urlencoded"


def _present(object_id: str) -> str:
    """Refuse an empty id: several calls take it as optional and might then mean everything."""
    if not object_id:
        raise PlatformError("no call is made without the id of the object that it is about")
    return object_id


def _seconds(value: float | str) -> float:
    try:
        return max(float(value), 0.0)
    except ValueError:
        return 0.0
