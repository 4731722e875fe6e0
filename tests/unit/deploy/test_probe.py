"""`deploy/docker/probe.py` tells by its exit code what the admin port says."""

import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from syncd.testing.throwaway import free_ports

PROBE = Path(__file__).parents[3] / "deploy" / "docker" / "probe.py"


class Port(BaseHTTPRequestHandler):
    """An admin port that lives and is not ready."""

    def do_GET(self) -> None:
        """Answer a probe."""
        body = b'{"ready": false}'
        self.send_response(200 if self.path == "/healthz" else 503)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def port() -> Iterator[int]:
    """Yield the number of the port."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), Port)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server.server_port
    server.shutdown()
    server.server_close()


def probe(path: str, bind: str) -> tuple[int, str]:
    """Return the exit code of a probe, and what it says."""
    command = [sys.executable, "-I", str(PROBE), path]
    environ = os.environ | {"SYNCD_ADMIN__BIND": bind}
    done = subprocess.run(command, check=False, capture_output=True, text=True, env=environ)  # noqa: S603 - ours
    return done.returncode, done.stderr.strip()


@pytest.mark.parametrize("host", ["127.0.0.1", "0.0.0.0"])  # noqa: S104 - asked, not bound
def test_health_is_zero_and_what_is_not_ready_is_one_with_its_reason(port: int, host: str) -> None:
    """A probe of what is well ends with 0, and one of what is not with 1 and the answer."""
    assert probe("/healthz", f"{host}:{port}") == (0, "")
    assert probe("/readyz", f"{host}:{port}") == (1, '503 {"ready": false}')


def test_a_port_that_does_not_answer_is_told_without_a_traceback() -> None:
    """A probe of a port where nobody listens ends with 1 and a sentence."""
    (port,) = free_ports(1)
    code, said = probe("/healthz", f"127.0.0.1:{port}")
    assert code == 1
    assert said.startswith("the admin port does not answer: ")
    assert "\n" not in said
