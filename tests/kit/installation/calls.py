"""A sandbox on a real port, asked as any program would ask the platform."""

import http.client
import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlencode, urlsplit

from syncd.sandbox.api import PREFIX, Sandbox
from syncd.sandbox.serving import running

JSON = "application/json"
FORM = "application/x-www-form-urlencoded"


class Caller:
    """Calls over HTTP, each on a connection of its own; `sandbox` is what answers."""

    def __init__(self, sandbox: Sandbox, url: str) -> None:
        self.sandbox = sandbox
        self._address = urlsplit(url).netloc
        self._token = ""

    def ask(
        self, method: str, path: str, body: bytes | None = None, kind: str = JSON, **headers: str
    ) -> tuple[int, dict[str, str], bytes]:
        """Give status, headers and body of an answer; faults of the connection are raised as they come."""
        connection = http.client.HTTPConnection(self._address, timeout=10)
        try:
            connection.request(method, path, body, {"content-type": kind, **headers})
            answer = connection.getresponse()
            found = {name.lower(): value for name, value in answer.getheaders()}
            return answer.status, found, answer.read()
        finally:
            connection.close()

    def path(self, call: str, token: str | None = None) -> str:
        """Give the path of a call such as `user/add`, with a token of our own or another one."""
        if token is None:
            token = self._token = self._token or str(self.token()["value"]["access_token"])
        return f"{PREFIX}/api/open/{call}?{urlencode({'access_token': token})}"

    def token(self, appkey: str = "sandbox", appsecret: str = "sandbox-secret") -> Any:  # noqa: ANN401 - JSON
        """Give the answer of `gettoken`."""
        query = urlencode({"appkey": appkey, "appsecret": appsecret})
        return json.loads(self.ask("GET", f"{PREFIX}/api/oapi/gettoken?{query}")[2])

    def call(self, call: str, **arguments: object) -> Any:  # noqa: ANN401 - JSON
        """Give the envelope that a call is answered with."""
        return json.loads(self.ask("POST", self.path(call), json.dumps(arguments).encode())[2])

    def value(self, call: str, **arguments: object) -> Any:  # noqa: ANN401 - JSON
        """Give the value of a call that must succeed."""
        answer = self.call(call, **arguments)
        assert str(answer["code"]) == "10000", answer
        return answer.get("value")

    def own(self, method: str, path: str, body: object = None) -> Any:  # noqa: ANN401 - JSON
        """Give what one of the sandbox's own paths answers."""
        data = None if body is None else json.dumps(body).encode()
        return json.loads(self.ask(method, f"/sandbox/{path}", data)[2])


@contextmanager
def calling(sandbox: Sandbox | None = None) -> Iterator[Caller]:
    """Serve a sandbox, a new one by default, and give who calls it."""
    sandbox = sandbox or Sandbox()
    with running(sandbox) as url:
        yield Caller(sandbox, url)
