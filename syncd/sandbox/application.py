"""The sandbox on HTTP: the calls of the Open API, beside the sandbox's own paths."""

import asyncio
import contextlib

from starlette.types import Receive, Scope, Send

from syncd.sandbox import control, page, reading
from syncd.sandbox.answers import Answers
from syncd.sandbox.api import PREFIX, Sandbox
from syncd.sandbox.arguments import Arguments, Rejected
from syncd.sandbox.company import Kind
from syncd.sandbox.faults import BEFOREHAND, LISTS, Fault, Order
from syncd.sandbox.keeping import Keeping
from syncd.sandbox.lists import doctored
from syncd.sandbox.showing import HTML, reply, show
from syncd.wire.codes import Code
from syncd.wire.hosts import is_meant

TOKEN_PATH = f"{PREFIX}/api/oapi/gettoken"
OPEN = f"{PREFIX}/api/open/"
OWN = "/sandbox/"
ENTRANCES = ("/", "/sandbox")

ELSEWHERE = b'{"message": "the sandbox is for this machine; ask for it as 127.0.0.1 or localhost"}'


class Application:
    """The ASGI application of one sandbox."""

    def __init__(self, sandbox: Sandbox) -> None:
        self._sandbox = sandbox
        self._answers = Answers(sandbox.company)
        self._keeping = Keeping(sandbox)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request, or keep the state file while the server lives."""
        if scope["type"] == "lifespan":
            await self._live(receive, send)
        elif scope["path"].startswith(OWN):
            await self._own(scope, receive, send)
        elif scope["path"] in ENTRANCES:
            await reply(send, 303, b"", HTML, (b"location", OWN.encode()))
        else:
            await self._call(scope, receive, send)

    async def _live(self, receive: Receive, send: Send) -> None:
        await receive()
        await send({"type": "lifespan.startup.complete"})
        tasks = [asyncio.create_task(one) for one in (self._keeping.keep(), self._sandbox.pushes.run())]
        await receive()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await self._keeping.save()
        await send({"type": "lifespan.shutdown.complete"})

    async def _own(self, scope: Scope, receive: Receive, send: Send) -> None:
        path = scope["path"].removeprefix(OWN)
        host = reading.header(scope, b"host").decode("latin-1")
        if not is_meant(host, (scope.get("server") or ("",))[0]):
            await reply(send, 421, ELSEWHERE)
            return
        try:
            data = await reading.body(receive)
        except Rejected as rejected:
            await reply(send, 413, self._answers.refusal(rejected))
            return
        asked = reading.Asked(scope["method"], path, data, reading.query(scope))
        if page.is_for(path):
            is_foreign = page.is_foreign(reading.header(scope, b"origin"), reading.header(scope, b"host"))
            await page.answer(asked, self._sandbox, send, is_foreign=is_foreign)
        else:
            await control.answer(asked, self._sandbox, send)

    async def _call(self, scope: Scope, receive: Receive, send: Send) -> None:
        sandbox, path = self._sandbox, scope["path"]
        sandbox.requests += 1
        fault: Order | None = None
        for order in sandbox.faults.due(path):
            if order.fault is Fault.LATENCY:
                await asyncio.sleep(order.seconds)
            else:
                fault = order
        if fault is not None and fault.fault in BEFOREHAND:
            # A connection that is closed with unread data is reset, which is another fault (tcp(7)).
            with contextlib.suppress(Rejected):
                await reading.body(receive)
            await show(fault, b"", send)
            return
        status, content = await self._envelope(scope, receive, fault)
        if fault is None or fault.fault in LISTS:
            await reply(send, status, content)
        else:
            await show(fault, content, send)

    async def _envelope(self, scope: Scope, receive: Receive, fault: Order | None) -> tuple[int, bytes]:
        try:
            return 200, self._answers.success(await self._value(scope, receive, fault))
        except Rejected as rejected:
            return self._sandbox.quirks.error_status, self._answers.refusal(rejected)

    async def _value(self, scope: Scope, receive: Receive, fault: Order | None) -> object:
        sandbox, path, query = self._sandbox, scope["path"], reading.query(scope)
        if path == TOKEN_PATH and scope["method"] == "GET":
            return sandbox.token(query.get("appkey", ""), query.get("appsecret", ""))
        call = path.removeprefix(OPEN)
        if call not in sandbox.company.calls or scope["method"] != "POST":
            raise Rejected(Code.INVALID_ARGUMENTS, f"there is no call {scope['method']} {path}")
        sandbox.check_token(query.get("access_token", ""))
        arguments = await reading.arguments(scope, await reading.body(receive), sandbox.quirks)
        return self._carried_out(call, arguments, fault)

    def _carried_out(self, call: str, arguments: Arguments, fault: Order | None) -> object:
        code = int(Code.SUCCESS)
        company = self._sandbox.company
        try:
            answer = company.calls[call](arguments)
            if fault is not None and fault.fault in LISTS:
                answer = doctored(fault, company, Kind(call.split("/", maxsplit=1)[0]), arguments)
            return self._answers.value(call, answer, arguments)
        except Rejected as rejected:
            code = rejected.code
            raise
        finally:
            self._sandbox.note(call, arguments, code)
