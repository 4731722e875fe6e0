"""One event that nobody foresaw ends nothing: it is dead or read, and what stands behind it is ingested."""

import asyncio
import json
import signal
from contextlib import closing
from pathlib import Path

import pytest

from syncd.app import following as loop
from syncd.app import ingest as module
from syncd.app.ingest import Ingest, Ingestion, ingest_pending
from syncd.app.records import EventState
from syncd.app.stopping import Stop
from syncd.plan.ingesting import judge
from syncd.testing.passes import Passes
from syncd.testing.postbox import posted, receive
from tests.kit.installation.callbacks import event
from tests.kit.installation.listening import ListenProcess, configure
from tests.kit.installation.site import Site
from tests.kit.passing import ingest_of
from tests.kit.waiting import comes, until

USER = {"id": "U", "name": "王芳", "account": "wang"}
DEEP = "[" * 100_000 + "]" * 100_000


def poisoned(field: str, value: str) -> bytes:
    """Return an event of a user with a value that no encoder makes."""
    return event(value=[USER | {field: 0}]).replace(f'"{field}": 0'.encode(), f'"{field}": {value}'.encode())


def test_a_poison_event_ends_neither_the_listener_nor_its_next_start(site: Site) -> None:
    """Genuine events with numbers and depths beyond reason are answered, and the last one, a usual one, is ingested."""
    configure(site)
    sent = [poisoned("status", "9" * 309), poisoned("status", "-" + "9" * 4000)]
    sent += [poisoned("name", "9" * 5000), event("dept_remove", ["9" * 300]), event(value=[USER])]

    def states() -> list[str]:
        lines = [json.loads(line) for line in site.run("events", "list", "--json").out.splitlines()]
        return [line["state"] for line in sorted(lines, key=lambda line: int(line["id"]))]

    for name in ("first", "second"):
        with ListenProcess(site, name) as listen:
            with listen.sender() as sender:
                assert [sender.send(message) for message in sent] == [True] * len(sent)
                assert not sender.send(poisoned("status", DEEP)), "that is not JSON that anybody reads"
            assert comes(lambda: states() and "pending" not in states())
            assert listen.stop(signal.SIGTERM) == 0
            assert "Traceback" not in listen.said
        assert states()[-1] in ("done", "stale", "repeated", "echo")
    assert states()[2:4] == ["dead", "dead"]
    told = site.run("events", "list", "--state", "dead").out
    assert "it is not what the document describes" in told


def test_an_event_can_be_discarded_and_taken_back(site: Site) -> None:
    """`events discard` lets an event be dead, with who did it, and `events replay` lets it be pending again."""
    configure(site)
    with ListenProcess(site) as listen, listen.sender() as sender:
        assert sender.send(event(value=[USER]))
        assert comes(lambda: "pending" not in site.run("events", "list", "--json").out)
    assert site.run("events", "discard", "1").code == 0
    assert "dead  U: discarded by " in site.run("events", "list").out
    assert site.run("events", "replay", "1").code == 0
    assert json.loads(site.run("events", "list", "--json").out)["state"] == "pending"
    assert "there is no event 7" in site.run("events", "discard", "7").fault


async def test_what_nobody_foresaw_makes_one_event_dead(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of events of which one makes the ingest fail, that one is dead and named, and all the others are done."""

    def judged(said: object, *others: object, **more: object) -> object:
        if any(one.shown and one.shown.fields.name == "poison" for one in said):  # type: ignore[attr-defined]
            raise ZeroDivisionError("nobody foresaw this")
        return judge(said, *others, **more)  # type: ignore[arg-type]

    monkeypatch.setattr(module, "judge", judged)
    names = ["a", "b", "poison", "d", "e"]
    with closing(Passes(tmp_path)) as passes:
        users = [USER | {"id": name, "name": name} for name in names]
        receive(passes.store, [posted("user_add", [user], passes.now) for user in users])
        done = await ingest_pending(ingest_of(passes))
        with passes.store.reading() as work:
            events = work.inbox.latest(10)
    assert sum(done.states.values()) == len(names)
    (dead,) = [one for one in events if one.state is EventState.DEAD]
    assert (dead.objects, dead.message) == ((), "it cannot be taken in (ZeroDivisionError)")
    assert {one.objects for one in events} == {("a",), ("b",), (), ("d",), ("e",)}


async def test_the_loop_of_events_survives_anything_and_tells_it_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What nobody foresaw in the loop is told once while it lasts, and events are ingested once it is over."""
    faults = iter([ZeroDivisionError("a"), ZeroDivisionError("a"), KeyError("b")])
    told: list[object] = []

    async def failing(ports: Ingest) -> Ingestion:
        if (fault := next(faults, None)) is not None:
            raise fault
        return await ingest_pending(ports)

    monkeypatch.setattr(loop, "ingest_pending", failing)
    with closing(Passes(tmp_path)) as passes:
        receive(passes.store, [posted("user_remove", ["U"], passes.now)])
        stop = Stop()
        following = asyncio.create_task(
            loop.follow(ingest_of(passes), asyncio.Event(), stop, told.append, loop.Rhythm(poll=0.01, retry=0.01))
        )
        await until(lambda: any(isinstance(one, Ingestion) for one in told))
        stop.set()
        await following
    first, second, last = told
    assert [str(first), str(second)] == [
        "events cannot be ingested: ZeroDivisionError: a",
        "events cannot be ingested: KeyError: 'b'",
    ]
    assert isinstance(last, Ingestion)
