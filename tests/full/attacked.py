"""Runs `syncd serve` for ten minutes under every attack at once, beside a company of 5,000 that changes all the time.

    python -m tests.full.attacked [MINUTES]

Strangers send forgeries, broken requests, bodies without end, heads without end, and leave connections idle, at the
listener and at the admin port; somebody who holds recorded callbacks sends them again and again; the platform's own
keys seal events beyond reason; the directory has entries beyond reason; calls of the platform fail in fourteen ways
(`tests.full.soak`). Meanwhile genuine callbacks are sent, ten a second, and timed. At the end everything must be in
step, every genuine callback answered, and neither memory nor open files nor threads may have grown.
"""

import contextlib
import http.client
import json
import multiprocessing
import random
import signal
import socket
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Mapping
from multiprocessing.synchronize import Event
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import msgspec

from syncd.sandbox.api import Sandbox
from syncd.sandbox.serving import running
from tests.full.soak import BETWEEN_SAMPLES, PATIENCE, Sample, Unrest, differences, measured, sample, serving, until
from tests.kit.installation.callbacks import JSON, Sender, event, sealed
from tests.kit.installation.site import Site

PEOPLE = 5000
IDLE = 150
"""Connections that say nothing, at each port."""
MOST = 9 << 20
PAUSE = 0.05
"""Seconds between two of one attacker."""
BETWEEN_GENUINE = 0.1
LATE = 1.5
"""Seconds that the platform waits for an answer (Open API, event subscription)."""
BEYOND = b"""
dn: uid=beyond,ou=people,dc=example,dc=com
objectClass: inetOrgPerson
entryUUID: 00000000-0000-0000-0000-000000000001
cn: \x1b[2J\xe2\x80\xae nobody
userAccountControl: --5
employeeNumber: %s

""" % (b"9" * 5000)


class Attacks:
    """Everything that is sent at once, by as many threads as there are kinds; `counts` has how many of each."""

    def __init__(self, url: str, admin: str) -> None:
        self._url, self._admin = urlsplit(url), urlsplit(admin)
        self._whole = url
        self._draw = random.Random(22)  # noqa: S311 - the same attacks each time
        self.counts: Counter[str] = Counter()
        stamp = str(int(time.time() * 1000))
        self._recorded = msgspec.json.encode(sealed(event("user_update", [{"id": "RECORDED"}]), time_stamp=stamp))

    def kinds(self) -> Mapping[str, Callable[[], object]]:
        """Return the attacks by name; each is one attempt."""
        return {
            "forged": lambda: self._post(self._garbled(self._recorded)),
            "no callback": lambda: self._post(self._draw.randbytes(self._draw.randrange(2000))),
            "nested": lambda: self._post(b"[" * 100_000),
            "too long": self._too_long,
            "other paths": lambda: self._post(b"{}", f"/{self._draw.getrandbits(64):x}"),
            "smuggled": lambda: self._raw(b"POST /callback HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n"
                                          b"Transfer-Encoding: chunked\r\n\r\n0\r\n\r\nGET / HTTP/1.1\r\n\r\n"),
            "no HTTP": lambda: self._raw(self._draw.randbytes(500)),
            "slow": self._slow,
            "replayed": lambda: self._post(self._recorded),
            "stale": lambda: self._post(self._sealed([{"id": f"S{self._draw.getrandbits(40)}"}], "1600000000000")),
            "beyond reason": lambda: self._post(self._sealed(None, "", b'[{"id":"U","status":%s}]' % (b"9" * 400))),
            "admin, another host": lambda: self._asked("/", "evil.example"),
            "admin, pages": lambda: self._asked("/status.json", "127.0.0.1"),
            "admin, no HTTP": lambda: self._raw(self._draw.randbytes(500), self._admin.port),
        }  # fmt: skip

    def go(self, ends: Event) -> None:
        """Attack until the end."""
        idle = [socket.create_connection(("127.0.0.1", port)) for port in self._ports() for _ in range(IDLE)]
        threads = [threading.Thread(target=self._repeated, args=(*one, ends)) for one in self.kinds().items()]
        for thread in threads:
            thread.start()
        while not ends.wait(1):
            for number, one in enumerate(idle):
                with contextlib.suppress(OSError):
                    one.sendall(b"G" if number % 2 else b"")
                    if not one.recv(1, socket.MSG_DONTWAIT):
                        idle[number] = socket.create_connection(("127.0.0.1", one.getpeername()[1]))
                        self.counts["idle"] += 1
        for thread in threads:
            thread.join()

    def _ports(self) -> list[int]:
        return [self._url.port or 0, self._admin.port or 0]

    def _repeated(self, name: str, attempt: Callable[[], object], ends: Event) -> None:
        while not ends.wait(PAUSE):
            with contextlib.suppress(OSError, http.client.HTTPException):
                attempt()
            self.counts[name] += 1

    def _post(self, body: bytes, path: str = "") -> None:
        connection = http.client.HTTPConnection(self._url.netloc, timeout=20)
        with contextlib.closing(connection):
            connection.request("POST", path or self._url.path, body, {"content-type": JSON})
            connection.getresponse().read()

    def _asked(self, path: str, host: str) -> None:
        connection = http.client.HTTPConnection(self._admin.netloc, timeout=20)
        with contextlib.closing(connection):
            connection.request("GET", path, headers={"Host": host})
            connection.getresponse().read()

    def _raw(self, content: bytes, port: int | None = None) -> None:
        with socket.create_connection(("127.0.0.1", port or self._url.port or 0), timeout=5) as connection:
            connection.sendall(content)
            connection.recv(1000)

    def _slow(self) -> None:
        with socket.create_connection(("127.0.0.1", self._url.port or 0), timeout=5) as connection:
            connection.sendall(b"POST /callback HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n")
            for _ in range(20):
                connection.sendall(b"{")
                time.sleep(0.7)

    def _too_long(self) -> None:
        time.sleep(1)
        with socket.create_connection(("127.0.0.1", self._url.port or 0), timeout=20) as connection:
            connection.sendall(b"POST /callback HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n")
            for _ in range(MOST >> 16):
                connection.sendall(b"10000\r\n%s\r\n" % bytes(1 << 16))

    def _garbled(self, body: bytes) -> bytes:
        at = self._draw.randrange(len(body))
        return body[:at] + self._draw.randbytes(1) + body[at + 1 :]

    def _sealed(self, value: Any, stamp: str, raw: bytes = b"") -> bytes:  # noqa: ANN401 - JSON
        message = b'{"event_type":"user_update","value":%s}' % raw if raw else event("user_update", value)
        return msgspec.json.encode(sealed(message, time_stamp=stamp or str(int(time.time() * 1000))))


class Genuine:
    """A platform that tells of users as they are, ten times a second; `seconds` has how long each answer took."""

    def __init__(self, url: str, sandbox: Sandbox) -> None:
        self._url, self._sandbox = url, sandbox
        self.seconds: list[float] = []
        self.lost = 0
        self.ends = threading.Event()

    def go(self) -> None:
        """Send until the end; a connection that was closed is made anew, as a platform does."""
        with Sender(self._url) as sender:
            while not self.ends.wait(BETWEEN_GENUINE):
                users = dict(self._sandbox.company.state.users)
                one = users[random.choice(sorted(users))]  # noqa: S311 - nothing secret
                message = event("user_update", [{**one, "number": len(self.seconds)}])
                began = time.perf_counter()
                taken = self._taken(sender, message)
                self.seconds.append(time.perf_counter() - began)
                self.lost += not taken

    def _taken(self, sender: Sender, message: bytes) -> bool:
        body = msgspec.json.encode(sealed(message, time_stamp=str(int(time.time() * 1000))))
        for _ in range(2):
            with contextlib.suppress(OSError, http.client.HTTPException):
                return sender.post(body, **{"content-type": JSON})[0] == 200
        return False

    def told(self) -> str:
        """Say how long the answers took."""
        found = sorted(self.seconds)
        at = {name: found[min(int(part * len(found)), len(found) - 1)] * 1000 for name, part in PARTS.items()}
        late = sum(one > LATE for one in found)
        times = ", ".join(f"{name} {value:.1f} ms" for name, value in at.items())
        return f"{len(found)} genuine callbacks: {times}; not answered {self.lost}, later than {LATE} s {late}"


PARTS = {"p50": 0.5, "p99": 0.99, "p99.9": 0.999, "longest": 1.0}


def attacked(site: Site, seconds: float) -> list[str]:
    """Let a daemon be attacked for so long; return what is not as it should be."""
    unrest = Unrest(site, PEOPLE, BEYOND)
    samples: list[Sample] = []
    with serving(site) as (process, said):
        until(lambda: not differences(site, unrest), "the platform has the company", said)
        url = said().partition("events are received at ")[2].partition(";")[0]
        admin = said().partition("status page at ")[2].split()[0].rstrip(";")
        genuine, ends = Genuine(url, site.sandbox), multiprocessing.Event()
        found: multiprocessing.SimpleQueue[str] = multiprocessing.SimpleQueue()
        sender = threading.Thread(target=genuine.go)
        attackers = multiprocessing.get_context("fork").Process(target=_attack, args=(url, admin, ends, found))
        attackers.start()
        sender.start()
        began = time.monotonic()
        while (now := time.monotonic() - began) < seconds and process.poll() is None:
            unrest.turn()
            if not samples or now - samples[-1].seconds >= BETWEEN_SAMPLES:
                samples += [one] if (one := sample(began, process.pid)) else []
            time.sleep(max(0.0, 1.0 - (time.monotonic() - began - now)))
        ends.set()
        genuine.ends.set()
        counts = json.loads(found.get())
        attackers.join()
        sender.join()
        if process.poll() is not None:
            return [f"the daemon ended with {process.returncode}: {said()[-2000:]}"]
        print(f"{sum(counts.values())} attacks: {', '.join(f'{name} {number}' for name, number in counts.items())}")
        print(genuine.told())
        site.sandbox.faults.clear()
        bad = [f"{one} grew" for one in measured(samples)]
        until(lambda: not differences(site, unrest), "the platform shows what the directory says", said)
        until(lambda: site.run("status", "--json").json["inbox"]["pending"] == 0, "every event is ingested", said)
        process.send_signal(signal.SIGTERM)
        code = process.wait(PATIENCE)
        left = site.run("plan", "--json").json["operations"]
        passes, failed = said().count('"action": "run"'), said().count("duty_failed")
        print(f"{passes} passes of which {failed} failed, {len(site.sandbox.calls)} calls, unrest {unrest.counts}")
        bad += [f"exit code {code}"] if code else []
        bad += [f"{len(left)} operations are still to do"] if left else []
        bad += ["there is a traceback in the log"] if "Traceback" in said() else []
        return bad + ([f"{genuine.lost} genuine callbacks were not answered"] if genuine.lost else [])


def _attack(url: str, admin: str, ends: Event, found: "multiprocessing.SimpleQueue[str]") -> None:
    attacks = Attacks(url, admin)
    attacks.go(ends)
    found.put(json.dumps(attacks.counts))


def main() -> None:
    """Attack, and say what was seen."""
    minutes = float(sys.argv[1]) if len(sys.argv) > 1 else 10.0
    sandbox = Sandbox()
    with tempfile.TemporaryDirectory() as folder, running(sandbox) as url:
        bad = attacked(Site(Path(folder), sandbox, url), minutes * 60)
    for one in bad:
        print(f"attacked: {one}")
    sys.exit(bool(bad))


if __name__ == "__main__":
    main()
