"""The sandbox on HTTP: tokens, envelopes, faults, and the journal of what was asked for (Open API)."""

import asyncio
import os
import secrets
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import msgspec
from starlette.requests import Request
from starlette.types import Receive, Scope, Send

from syncd.sandbox.company import Arguments, Company, Rejected, State
from syncd.sandbox.faults import AFTERWARDS, Fault, Faults, Order
from syncd.wire.codes import Code

PREFIX = "/meeting"
TOKEN_LIFE = 7200.0
COMPANY_ID = "SANDBOX0000000000000000000000001"
WRITING = ("/add", "/update", "/remove")
PAGE = b"<html><body><h1>502 Bad Gateway</h1></body></html>"


class Sandbox:
    """One company behind its API; `calls` has the writing calls received: path, arguments less the password, code."""

    def __init__(
        self,
        company: Company | None = None,
        appkey: str = "sandbox",
        appsecret: str = "sandbox-secret",
        state_file: Path | None = None,
    ) -> None:
        self.appkey, self.appsecret, self.state_file = appkey, appsecret, state_file
        self.company = company or Company(time.time, _loaded(state_file))
        self.faults = Faults()
        self.token_life = TOKEN_LIFE
        self.company_id = COMPANY_ID
        self.calls: list[tuple[str, dict[str, Any], int]] = []
        self.requests = 0
        self._tokens: dict[str, float] = {}

    def revoke_tokens(self) -> None:
        """Make every token given so far unknown."""
        self._tokens.clear()

    def save(self) -> None:
        """Write the state file, if there is one: whole or not at all, for its owner's eyes only."""
        if self.state_file is None:
            return
        fresh = self.state_file.with_name(self.state_file.name + ".new")
        descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(msgspec.json.format(msgspec.json.encode(self.company.state), indent=1))
            file.flush()
            os.fsync(file.fileno())
        fresh.replace(self.state_file)

    def token(self, appkey: str, appsecret: str) -> dict[str, Any]:
        """Answer `gettoken`."""
        if (appkey, appsecret) != (self.appkey, self.appsecret):
            raise Rejected(Code.INVALID_ARGUMENTS)
        token = secrets.token_hex(16)
        self._tokens[token] = time.monotonic() + self.token_life
        return {"company_id": self.company_id, "access_token": token, "expires_in": int(self.token_life)}

    def check_token(self, token: str) -> None:
        """Raise where a token is missing, unknown or has expired."""
        if not token:
            raise Rejected(Code.TOKEN_MISSING)
        if token not in self._tokens:
            raise Rejected(Code.TOKEN_ILLEGAL)
        if time.monotonic() >= self._tokens[token]:
            raise Rejected(Code.TOKEN_EXPIRED)


class Api:
    """The ASGI application of one sandbox."""

    def __init__(self, sandbox: Sandbox) -> None:
        self._sandbox = sandbox
        company = sandbox.company
        self._calls: Mapping[str, Callable[[Arguments], object]] = {
            "user/list": lambda _: company.list_users(),
            "user/get": company.get_user,
            "user/add": company.add_user,
            "user/update": company.update_user,
            "user/remove": company.remove_user,
            "dept/list": lambda _: company.list_departments(),
            "dept/get": company.get_department,
            "dept/add": company.add_department,
            "dept/update": company.update_department,
            "dept/remove": company.remove_department,
        }

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request, or keep the state file while the server lives."""
        if scope["type"] == "lifespan":
            await self._live(receive, send)
        elif scope["type"] == "http":
            await self._answer(Request(scope, receive), send)

    async def _live(self, receive: Receive, send: Send) -> None:
        await receive()
        await send({"type": "lifespan.startup.complete"})
        keeping = asyncio.create_task(self._keep())
        await receive()
        keeping.cancel()
        self._sandbox.save()
        await send({"type": "lifespan.shutdown.complete"})

    async def _keep(self) -> None:
        """Write the state file within a second of a change."""
        known = 0
        while self._sandbox.state_file is not None:
            await asyncio.sleep(1)
            if known != len(self._sandbox.calls):
                known = len(self._sandbox.calls)
                self._sandbox.save()

    async def _answer(self, request: Request, send: Send) -> None:
        path = request.url.path
        if path.startswith("/sandbox/"):
            await self._control(path.removeprefix("/sandbox/"), request, send)
            return
        self._sandbox.requests += 1
        due = self._sandbox.faults.due(path)
        for order in due:
            if order.fault is Fault.LATENCY:
                await asyncio.sleep(order.seconds)
        fault = next((order for order in due if order.fault is not Fault.LATENCY), None)
        if fault is not None and fault.fault not in AFTERWARDS:
            await _show(fault, b"", send)
            return
        body = await self._envelope(path, request)
        if fault is not None:
            await _show(fault, body, send)
        else:
            await _send(send, 200, body)

    async def _envelope(self, path: str, request: Request) -> bytes:
        try:
            value = await self._value(path.removeprefix(PREFIX), request)
        except Rejected as rejected:
            return _encoded({"success": False, "message": str(rejected), "code": rejected.code, "fieldErrors": {}})
        envelope = {"success": True, "message": "", "code": int(Code.SUCCESS), "fieldErrors": {}}
        return _encoded(envelope if value is None else {**envelope, "value": value})

    async def _value(self, path: str, request: Request) -> object:
        if path == "/api/oapi/gettoken":
            query = request.query_params
            return self._sandbox.token(query.get("appkey", ""), query.get("appsecret", ""))
        call = self._calls.get(path.removeprefix("/api/open/"))
        if call is None or request.method != "POST":
            raise Rejected(Code.INVALID_ARGUMENTS, f"there is no call {request.method} {path}")
        self._sandbox.check_token(request.query_params.get("access_token", ""))
        arguments = await _arguments(request)
        code = int(Code.SUCCESS)
        try:
            return call(arguments)
        except Rejected as rejected:
            code = rejected.code
            raise
        finally:
            if path.endswith(WRITING):
                shown = {name: value for name, value in arguments.items() if name != "password"}
                self._sandbox.calls.append((path.removeprefix("/api/open/"), shown, code))

    async def _control(self, path: str, request: Request, send: Send) -> None:
        """Serve what tests and demos ask of the sandbox itself."""
        if path == "faults" and request.method == "POST":
            try:
                self._sandbox.faults.order(*msgspec.json.decode(await request.body(), type=list[Order]))
            except msgspec.DecodeError as error:
                await _send(send, 400, _encoded({"message": str(error)}))
                return
            await _send(send, 200, _encoded(self._sandbox.faults.orders))
        elif path == "faults" and request.method == "DELETE":
            self._sandbox.faults.clear()
            await _send(send, 200, b"[]")
        elif path == "calls":
            await _send(send, 200, _encoded(self._sandbox.calls))
        elif path == "state":
            await _send(send, 200, _encoded(self._sandbox.company.state))
        else:
            await _send(send, 404, _encoded({"message": "there are faults, calls and state"}))


async def _arguments(request: Request) -> Arguments:
    """Give the arguments of a JSON or a form body."""
    if "form" in request.headers.get("content-type", ""):
        async with request.form() as form:
            return {name: value for name, value in form.items() if isinstance(value, str)}
    try:
        arguments = msgspec.json.decode(await request.body() or b"{}")
    except msgspec.DecodeError:
        raise Rejected(Code.INVALID_ARGUMENTS) from None
    if not isinstance(arguments, dict):
        raise Rejected(Code.INVALID_ARGUMENTS)
    return arguments


async def _show(order: Order, body: bytes, send: Send) -> None:
    if order.fault in (Fault.LOST_ANSWER, Fault.LOST_REQUEST):
        _connection_of(send).abort()
    elif order.fault is Fault.CUT:
        await send({"type": "http.response.start", "status": 200, "headers": _headers(len(body), b"application/json")})
        await send({"type": "http.response.body", "body": body[: len(body) // 2], "more_body": True})
        _connection_of(send).close()
    elif order.fault is Fault.HTML:
        await _send(send, 200, PAGE, b"text/html")
    elif order.fault is Fault.BUSY:
        await _send(send, 429, PAGE, b"text/html", (b"retry-after", f"{order.seconds:g}".encode()))
    else:
        await _send(send, 500, PAGE, b"text/html")


def _connection_of(send: Send) -> asyncio.Transport:
    """Give the connection below a request: the server gives `send` as a method of what holds it."""
    transport: asyncio.Transport = send.__self__.transport  # type: ignore[attr-defined]
    return transport


async def _send(
    send: Send, status: int, body: bytes, kind: bytes = b"application/json", *headers: tuple[bytes, bytes]
) -> None:
    await send({"type": "http.response.start", "status": status, "headers": [*_headers(len(body), kind), *headers]})
    await send({"type": "http.response.body", "body": body})


def _headers(length: int, kind: bytes) -> list[tuple[bytes, bytes]]:
    return [(b"content-type", kind), (b"content-length", str(length).encode())]


def _encoded(value: object) -> bytes:
    return msgspec.json.encode(value)


def _loaded(path: Path | None) -> State | None:
    return msgspec.json.decode(path.read_bytes(), type=State) if path is not None and path.exists() else None
