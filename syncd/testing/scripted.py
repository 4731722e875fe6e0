"""A platform that answers what a test says, without a server: the transport that a client can be given."""

import asyncio
from collections.abc import Callable

import httpx
import msgspec

from syncd.platform import Client, ClientSettings

TOKEN = "tok-0a1b2c3d"  # noqa: S105 - of no platform
SECRET = "geheim-4e5f"  # noqa: S105 - likewise
SETTINGS = ClientSettings("http://h5/meeting", "key", SECRET, rate=0)
Answer = str | Callable[[httpx.Request], httpx.Response]


class Scripted(httpx.AsyncBaseTransport):
    """Gives tokens, and answers the other calls in this order, the last for ever.

    An answer is a text, sent with `status` and `headers`, or a function. `asked` has the calls, `tokens` how many were
    given, `urls` where every request went; `before_tokens` are answers that come before the first token.
    """

    def __init__(self, *answers: Answer, status: int = 200, **headers: str) -> None:
        self.answers, self.status, self.headers = list(answers), status, headers
        self.asked: list[str] = []
        self.urls: list[httpx.URL] = []
        self.tokens = 0
        self.before_tokens: list[Callable[[httpx.Request], httpx.Response]] = []

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Answer."""
        await asyncio.sleep(0)
        self.urls.append(request.url)
        if request.url.path.endswith("/gettoken"):
            if self.before_tokens:
                return self.before_tokens.pop(0)(request)
            self.tokens += 1
            value = {"access_token": f"{TOKEN}-{self.tokens}", "company_id": 7, "expires_in": "7200"}
            return httpx.Response(200, json={"code": "10000", "value": value})
        self.asked.append(request.url.path.removeprefix("/meeting/api/open/"))
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if callable(answer):
            return answer(request)
        return httpx.Response(self.status, text=answer, headers=self.headers)


def scripted(*answers: Answer, status: int = 200, **headers: str) -> tuple[Client, Scripted]:
    """Give a client, and what answers it."""
    there = Scripted(*answers, status=status, **headers)
    return Client(SETTINGS, there), there


def success(value: object) -> str:
    """Give the text of an answer that bears a value."""
    return msgspec.json.encode({"success": True, "code": 10000, "value": value}).decode()
