"""What one call costs the client: processor time at 1, 8 and 32 connections, beside the transport's own and `wrk`.

`python -m tests.bench.client_calls [SECONDS]`. `transport` makes the same request and reads its answer with nothing of
ours around it, `bare transport` sends one request that was made before. Nothing here asserts.
"""

import asyncio
import json
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

import httpx

from syncd.platform import Client, ClientSettings
from syncd.platform.transport import http_transport
from tests.bench.answering import answering

CONNECTIONS = (1, 8, 32)
REPEATS = 5
FIELDS = {"name": "安娜", "account": "anna", "email": "anna@example.com", "phone": "13800000000", "department": "D"}
USER = {"id": "U1", **FIELDS, "faceUrl": "", "position": "", "status": 1, "memo": "", "createdTime": 1, "admin": False}
ANSWER = {"success": True, "message": "", "value": USER, "code": 10000, "fieldErrors": {}}
EXTENSIONS = {"timeout": {"connect": 10.0, "read": 60.0, "pool": None}}
Call = Callable[[], Awaitable[object]]


def processor() -> float:
    """Give the processor time of this process, in seconds."""
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime


async def cost(call: Call, connections: int, seconds: float) -> tuple[float, float]:
    """Give calls a second, and microseconds of processor a call."""
    await asyncio.gather(*(call() for _ in range(connections)))
    count, began, used = 0, time.perf_counter(), processor()

    async def work() -> None:
        nonlocal count
        while time.perf_counter() < began + seconds:
            await call()
            count += 1

    await asyncio.gather(*(work() for _ in range(connections)))
    return count / (time.perf_counter() - began), (processor() - used) / count * 1e6


def calls(client: Client, transport: httpx.AsyncBaseTransport, settings: ClientSettings) -> dict[str, Call]:
    """Give the calls that are compared."""
    url = httpx.URL(f"{settings.url}/api/open/user/update?access_token=t")
    ready = httpx.Request("POST", url, json={"id": "U1", **FIELDS}, extensions=EXTENSIONS)

    async def sent(request: httpx.Request) -> None:
        response = await transport.handle_async_request(request)
        await response.aread()
        await response.aclose()

    def made() -> Awaitable[None]:
        return sent(httpx.Request("POST", url, json={"id": "U1", **FIELDS}, extensions=EXTENSIONS))

    return {
        "bare transport": lambda: sent(ready),
        "transport": made,
        "Client.update_user": lambda: client.update_user("U1", FIELDS),
        "Client.user": lambda: client.user("U1"),
    }


async def measure(settings: ClientSettings, seconds: float) -> None:
    """Print a line for each call and number of connections, each in turn so that a slow moment meets all alike."""
    for connections in CONNECTIONS:
        transport = http_transport(settings)
        async with Client(settings) as client:
            compared = calls(client, transport, settings)
            found: dict[str, list[tuple[float, float]]] = {name: [] for name in compared}
            for _ in range(REPEATS):
                for name, call in compared.items():
                    found[name].append(await cost(call, connections, seconds))
        await transport.aclose()
        own = statistics.median(used for _, used in found["transport"])
        for name, figures in found.items():
            rate = statistics.median(one for one, _ in figures)
            used = statistics.median(one for _, one in figures)
            print(f"{connections:3} connections  {name:20} {rate:6.0f}/s {used:5.0f} us  {used / own:.2f} x transport")


def load(url: str, connections: int, seconds: float) -> str:
    """Give what `wrk` makes of the same server."""
    if shutil.which("wrk") is None:
        return "wrk is not here: apt-get install wrk"
    with tempfile.NamedTemporaryFile("w", suffix=".lua") as script:
        script.write(f"wrk.method = 'POST'\nwrk.body = [==[{json.dumps({'id': 'U1', **FIELDS})}]==]\n")
        script.flush()
        count = max(1, round(seconds * 2))
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        command = ["wrk", "-t1", f"-c{connections}", f"-d{count}s", "-s", script.name, f"{url}/api/open/user/update"]
        text = subprocess.run(command, capture_output=True, text=True, check=True).stdout  # noqa: S603 - wrk
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    used = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    rate = float(text.split("Requests/sec:")[1].split()[0])
    return f"{connections:3} connections  {'wrk':20} {rate:6.0f}/s {used / (rate * count) * 1e6:5.0f} us"


def main() -> None:
    """Measure against a server that answers at once."""
    seconds = float(sys.argv[1]) if len(sys.argv) > 1 else 1.0
    with tempfile.TemporaryDirectory() as name:
        file = Path(name) / "answer.json"
        file.write_text(json.dumps(ANSWER), encoding="utf-8")
        with answering(file) as url:
            asyncio.run(measure(ClientSettings(url, "key", "secret", rate=0), seconds))
            for connections in CONNECTIONS:
                print(load(url, connections, seconds))


if __name__ == "__main__":
    main()
