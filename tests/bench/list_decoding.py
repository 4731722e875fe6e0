"""The company's list: seconds and memory of the stream, as ratios to `json.loads` and to msgspec's typed decoding.

`python -m tests.bench.list_decoding [USERS]`; each way has a process of its own. Nothing here asserts.
"""

import asyncio
import json
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import msgspec

from syncd.platform import Client, ClientSettings
from syncd.platform.streaming import ListStream
from syncd.wire.envelope import Listed, WireUser
from tests.bench.answering import answering

CHUNK = 16 * 1024  # what the transport gives at a time
REPEATS = 3


def write(file: Path, count: int) -> None:
    """Write an answer of `user/list`, about 300 bytes a user."""
    with file.open("w", encoding="utf-8") as stream:
        stream.write('{"success":true,"message":"","value":[')
        for number in range(count):
            user = {
                "id": f"{number:032X}",
                "name": f"张三 {number}",
                "account": f"user{number:07}",
                "phone": f"138{number:08}",
                "faceUrl": "",
                "position": "Engineer",
                "email": f"user{number:07}@example.com",
                "status": 1,
                "memo": "",
                "createdTime": 1618911351000,
                "departmentId": f"{number % 1000:032X}",
                "admin": False,
            }
            stream.write(("," if number else "") + json.dumps(user, ensure_ascii=False, separators=(",", ":")))
        stream.write('],"code":10000,"fieldErrors":{}}')


def chunks(file: Path) -> Iterator[bytes]:
    """Give the file in parts."""
    with file.open("rb") as stream:
        while chunk := stream.read(CHUNK):
            yield chunk


def records(file: Path) -> Iterator[WireUser]:
    """Give the users of the file as a stream."""
    stream = ListStream(WireUser)
    for chunk in chunks(file):
        yield from stream.feed(chunk)
    yield from stream.close()[1]


def through_client(url: str) -> object:
    """Give every user as a caller of the client gets them."""

    async def users() -> object:
        async with Client(ClientSettings(url, "key", "secret", rate=0)) as client:
            return await client.users()

    return asyncio.run(users())


WAYS: dict[str, Callable[[Path], object]] = {
    "read only": lambda file: sum(len(chunk) for chunk in chunks(file)),
    "json.loads": lambda file: json.loads(file.read_bytes()),
    "msgspec, whole": lambda file: msgspec.json.decode(file.read_bytes(), type=Listed[WireUser]),
    "stream, hashes kept": lambda file: {one.id: hash(msgspec.structs.astuple(one)) for one in records(file)},
    "stream, records kept": lambda file: [*records(file)],
    "stream, users kept": lambda file: tuple(one.value() for one in records(file)),
}


def one_way(name: str, place: str) -> None:
    """Go one way, and print the best of a few times in seconds, and the most memory in MiB."""
    times = []
    for _ in range(REPEATS):
        began = time.perf_counter()
        kept = through_client(place) if name == "Client.users()" else WAYS[name](Path(place))
        times.append(time.perf_counter() - began)
        del kept
    print(json.dumps([min(times), resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024]))


def main() -> None:
    """Compare the ways."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 100_000
    with tempfile.TemporaryDirectory() as name:
        file = Path(name) / "users.json"
        write(file, count)
        print(f"{count} users, {file.stat().st_size / 1e6:.1f} MB")
        with answering(file) as url:
            found = {}
            for way in (*WAYS, "Client.users()"):
                place = url if way not in WAYS else str(file)
                command = [sys.executable, "-m", "tests.bench.list_decoding", way, place]
                answer = subprocess.run(command, capture_output=True, check=True)  # noqa: S603 - this file
                found[way] = json.loads(answer.stdout)
    for way, (seconds, memory) in found.items():
        ratios = [seconds / found[other][0] for other in ("json.loads", "msgspec, whole")]
        print(
            f"  {way:22} {seconds:6.3f} s, {ratios[0]:5.2f} x json.loads, {ratios[1]:5.2f} x msgspec whole, "
            f"{memory:4.0f} MiB ({memory - found['read only'][1]:.0f} above reading only)"
        )


if __name__ == "__main__":
    one_way(*sys.argv[1:3]) if len(sys.argv) > 2 else main()
