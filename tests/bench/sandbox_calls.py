"""How many calls a second the sandbox answers to `wrk` with 1, 8 and 32 connections, beside a server without work.

`python -m tests.bench.sandbox_calls [SECONDS]`. The sandbox holds 5,000 users. Nothing here asserts.
"""

import json
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from urllib.request import urlopen

from syncd.sandbox.api import Sandbox
from syncd.sandbox.serving import running
from tests.bench.answering import answering

CONNECTIONS = (1, 8, 32)
PEOPLE = 5_000
UPDATE = {"id": "U1", "name": "安娜", "position": "工程师"}
BODIES = {"user/get": {"userId": "U1"}, "user/update": UPDATE}


def filled() -> Sandbox:
    """Give a sandbox with people."""
    sandbox = Sandbox()
    for number in range(PEOPLE):
        person = {"id": f"U{number}", "name": f"人 {number}", "account": f"user{number}", "password": "a long one"}
        sandbox.company.add_user(person)
    return sandbox


def token_of(url: str) -> str:
    """Give a token of a sandbox."""
    with urlopen(f"{url}/api/oapi/gettoken?appkey=sandbox&appsecret=sandbox-secret") as answer:  # noqa: S310 - loopback
        found: str = json.loads(answer.read())["value"]["access_token"]
    return found


def load(url: str, call: str, token: str, connections: int, seconds: float) -> float:
    """Give the calls a second that `wrk` gets answered."""
    with tempfile.NamedTemporaryFile("w", suffix=".lua") as script:
        script.write(f"wrk.method = 'POST'\nwrk.body = [==[{json.dumps(BODIES[call])}]==]\n")
        script.write("wrk.headers['content-type'] = 'application/json'\n")
        script.flush()
        target = f"{url}/api/open/{call}?access_token={token}"
        command = ["wrk", "-t1", f"-c{connections}", f"-d{max(1, round(seconds))}s", "-s", script.name, target]
        text = subprocess.run(command, capture_output=True, text=True, check=True).stdout  # noqa: S603 - wrk
    assert "Non-2xx" not in text, text
    return float(text.split("Requests/sec:")[1].split()[0])


def main() -> None:
    """Print a line for each call and number of connections."""
    if shutil.which("wrk") is None:
        sys.exit("wrk is not here: apt-get install wrk")
    seconds = float(sys.argv[1]) if len(sys.argv) > 1 else 3.0
    with tempfile.TemporaryDirectory() as name:
        file = Path(name) / "answer.json"
        file.write_text(json.dumps({"code": 10000, "value": UPDATE}), encoding="utf-8")
        with running(filled()) as url, answering(file) as bare:
            token = token_of(url)
            for connections in CONNECTIONS:
                most = load(bare, "user/get", token, connections, seconds)
                for call in BODIES:
                    rate = load(url, call, token, connections, seconds)
                    print(f"{connections:3} connections  {call:12} {rate:6.0f}/s  {rate / most:.2f} x bare server")


if __name__ == "__main__":
    main()
