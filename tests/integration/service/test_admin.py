"""The admin port on a real socket shows health, readiness, metrics and status, and nothing else."""

import asyncio
import json
import threading
import time
from collections.abc import Iterator
from contextlib import AbstractAsyncContextManager
from pathlib import Path

import httpx
import jsonschema
import msgspec
import pytest
from prometheus_client.parser import text_string_to_metric_families

from syncd.errors import StoreError
from syncd.service.admin import AdminPorts, accepted_language
from syncd.service.readiness import READY_AT
from syncd.shadow.store import UnitOfWork
from syncd.telemetry.metrics import Metrics
from syncd.testing.company import generated
from syncd.testing.passes import Passes
from tests.kit.admin import admin_client
from tests.kit.waiting import DEADLINE_SECONDS

STATUS = json.loads((Path(__file__).parents[3] / "syncd" / "schemas" / "status.json").read_text())
PAGES = ("/", "/healthz", "/readyz", "/metrics", "/status.json")


@pytest.fixture
def passes(tmp_path: Path) -> Iterator[Passes]:
    """Yield an installation with a small company."""
    made = Passes(tmp_path)
    made.sources[0].employ(generated(12, 3))
    yield made
    made.close()


class Listener:
    """A listener that accepts or not, and how often it was asked."""

    def __init__(self) -> None:
        self.does_accept, self.asked = True, 0
        self.seconds = 0.0

    async def accepts(self) -> bool:
        """Whether the listener accepts, after a while."""
        self.asked += 1
        await asyncio.sleep(self.seconds)
        return self.does_accept


def served(
    passes: Passes, listener: Listener | None = None, **ports: object
) -> AbstractAsyncContextManager[httpx.AsyncClient]:
    """Return an admin port of an installation, served for a client."""
    chosen = AdminPorts(passes.store, Metrics("1.2.3", "0005"), (listener or Listener()).accepts, environ={})
    return admin_client(msgspec.structs.replace(chosen, **ports))


def away(passes: Passes) -> None:
    """Remove the store's files."""
    passes.store.close()
    assert passes.store.name.startswith("sqlite:///")
    for file in Path(passes.store.name.removeprefix("sqlite:///")).parent.glob("syncd.db*"):
        file.unlink()


@pytest.mark.parametrize("path", PAGES)
async def test_every_page_is_there_is_never_kept_and_loads_nothing(passes: Passes, path: str) -> None:
    """Every page is there, may not be kept and loads nothing, and HEAD gives the same without its content."""
    async with served(passes) as client:
        answer, head = await client.get(path), await client.head(path)
    assert (answer.status_code, head.status_code) == (200, 200)
    assert answer.content
    assert not head.content
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["content-security-policy"].startswith("default-src 'none'")
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert "server" not in answer.headers


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "OPTIONS"])
async def test_nothing_can_be_done_by_the_admin_port(passes: Passes, method: str) -> None:
    """Nothing can be done by the admin port: another method than GET and HEAD gets 405 and is told of these."""
    async with served(passes) as client:
        answers = [await client.request(method, path) for path in PAGES]
    assert {(answer.status_code, answer.headers["allow"]) for answer in answers} == {(405, "GET, HEAD")}


@pytest.mark.parametrize("path", ["/callback", "/metrics/", "/status", "/%2e%2e/metrics"])
async def test_no_other_path_is_there(passes: Passes, path: str) -> None:
    """A path that is no page of the admin port is 404, that of the public listener included."""
    async with served(passes) as client:
        assert (await client.get(path)).status_code == 404
        assert (await client.post(path)).status_code == 404


async def test_ready_is_a_store_that_takes_a_write_and_a_listener_that_accepts(passes: Passes) -> None:
    """A store that takes a write and a listener that accepts are ready, and the write is really made."""
    async with served(passes) as client:
        answer = await client.get("/readyz")
    assert (answer.status_code, answer.json()) == (200, {"ready": True, "reasons": []})
    with passes.store.reading() as work:
        assert abs(float(work.facts.all()[READY_AT]) - time.time()) < 600


async def test_a_listener_that_does_not_accept_is_not_ready_and_the_process_lives(passes: Passes) -> None:
    """A listener that does not accept is not ready, while health is 200 and the metrics name the part."""
    listener = Listener()
    listener.does_accept = False
    async with served(passes, listener) as client:
        answer, health, metrics = [await client.get(path) for path in ("/readyz", "/healthz", "/metrics")]
    assert (answer.status_code, health.status_code) == (503, 200)
    assert answer.json() == {"ready": False, "reasons": ["the listener does not accept connections"]}
    assert 'syncd_ready{part="listener"} 0.0' in metrics.text
    assert 'syncd_ready{part="store"} 1.0' in metrics.text


async def test_a_store_that_is_away_is_not_ready_and_every_page_says_so(passes: Passes) -> None:
    """A store that is away is told by every page with a status and a sentence, while health and metrics are 200."""
    away(passes)
    async with served(passes) as client:
        answers = {path: await client.get(path) for path in PAGES}
    assert {path: one.status_code for path, one in answers.items()} == {
        "/": 503,
        "/healthz": 200,
        "/readyz": 503,
        "/metrics": 200,
        "/status.json": 503,
    }
    assert "syncd_store_up 0.0" in answers["/metrics"].text
    assert "The store cannot be read" in answers["/"].text
    assert answers["/status.json"].text.startswith("store sqlite:///")
    assert not any("Traceback" in one.text for one in answers.values())


async def test_however_often_readiness_is_asked_there_is_one_write_and_one_look_a_second(
    passes: Passes, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Forty probes at once are no more than one write and one look at the listener a second."""
    writes, commit = 0, UnitOfWork.commit

    def counted(work: UnitOfWork) -> None:
        nonlocal writes
        writes += 1
        commit(work)

    monkeypatch.setattr(UnitOfWork, "commit", counted)
    listener = Listener()
    began = time.monotonic()
    async with served(passes, listener) as client:
        answers = await asyncio.gather(*(client.get("/readyz") for _ in range(40)))
    assert {one.status_code for one in answers} == {200}
    assert writes == listener.asked <= 1 + time.monotonic() - began


async def test_what_hangs_keeps_no_probe_waiting(passes: Passes, monkeypatch: pytest.MonkeyPatch) -> None:
    """A store and a listener that hang are not ready, and health is told meanwhile."""
    listener = Listener()
    listener.seconds = 60.0
    monkeypatch.setattr("syncd.service.readiness.PATIENCE", 0.2)
    async with served(passes, listener) as client:
        with passes.store.unit_of_work() as work:
            work.facts.put({"a": "write that on SQLite keeps others waiting"})
            answer, health = await asyncio.gather(client.get("/readyz"), client.get("/healthz"))
    assert (answer.status_code, health.status_code) == (503, 200)
    assert [reason.split(" within")[0] for reason in answer.json()["reasons"]] == [
        "the store did not take a write",
        "the listener did not answer",
    ]


async def test_the_status_is_that_of_the_command(passes: Passes) -> None:
    """The page /status.json fits the schema of `syncd status`, with the plan that is held and the last run."""
    report = await passes.run()
    async with served(passes) as client:
        answer = await client.get("/status.json")
    assert answer.headers["content-type"] == "application/json"
    status = answer.json()
    jsonschema.validate(status, STATUS)
    assert [one["fingerprint"] for one in status["held"]] == [report.plan.fingerprint]
    assert status["last_run"]["outcome"] == "held"


async def test_the_metrics_are_what_a_prometheus_reads(passes: Passes) -> None:
    """The metrics come in both forms that a Prometheus asks for, with those of the store and of the process."""
    await passes.run()
    async with served(passes) as client:
        plain = await client.get("/metrics")
        open_metrics = await client.get("/metrics", headers={"accept": "application/openmetrics-text; version=1.0.0"})
    families = {one.name for one in text_string_to_metric_families(plain.text)}
    assert {"syncd_store_up", "syncd_held_plans", "syncd_callbacks", "process_open_fds"} <= families
    assert plain.headers["content-type"].startswith("text/plain")
    assert open_metrics.headers["content-type"].startswith("application/openmetrics-text")
    assert open_metrics.text.endswith("# EOF\n")


@pytest.mark.parametrize(
    ("lang", "header", "expected"),
    [
        ("auto", "zh-CN,zh;q=0.9,en;q=0.8", "zh-CN"),
        ("auto", "en-GB,en;q=0.9,zh;q=0.8", "en"),
        ("auto", "de", "en"),
        ("zh", "en", "zh-CN"),
        ("en", "zh", "en"),
    ],
)
async def test_the_page_is_in_the_configured_language_or_the_browsers(
    passes: Passes, lang: str, header: str, expected: str
) -> None:
    """The page is in the language of `log.lang`, and with `auto` in that of the browser."""
    async with served(passes, lang=lang) as client:
        answer = await client.get("/", headers={"accept-language": header})
    assert f'<html lang="{expected}">' in answer.text
    assert answer.headers["vary"] == "accept-language"


@pytest.mark.parametrize(
    ("header", "expected"),
    [("", ""), ("*", ""), ("zh;q=0", ""), ("zh;q=x,en;q=0.1", "en"), ("en;q=0.5,ZH-Hant", "zh"), (";;,,=", "")],
)
def test_a_language_header_of_any_sort_is_read(header: str, expected: str) -> None:
    """A language header of any sort is read, and what cannot be read is no wish."""
    assert accepted_language(header) == expected


async def test_a_fault_of_a_page_is_logged_and_ends_nothing(passes: Passes, monkeypatch: pytest.MonkeyPatch) -> None:
    """A fault of one page is a 500 that shows nothing of it, and the next page is there."""

    def broken(*_: object) -> None:
        raise RuntimeError("a secret of ours")

    monkeypatch.setattr("syncd.service.admin.status_form", broken)
    async with served(passes) as client:
        answer, health = await client.get("/status.json"), await client.get("/healthz")
    assert (answer.status_code, health.status_code) == (500, 200)
    assert "secret" not in answer.text


async def test_many_who_ask_while_the_store_hangs_do_not_keep_health_waiting(
    passes: Passes, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Many who ask while the store hangs do not keep health waiting, and all are answered in the end."""
    hangs, ends = threading.Event(), threading.Event()

    def hanging(*_asked: object) -> None:
        hangs.set()
        ends.wait(DEADLINE_SECONDS)
        raise StoreError("it hangs")

    monkeypatch.setattr("syncd.service.admin.standing", hanging)
    async with served(passes) as client:
        asking = [asyncio.create_task(client.get("/metrics")) for _ in range(10)]
        assert await asyncio.to_thread(hangs.wait, DEADLINE_SECONDS)
        assert (await client.get("/healthz")).status_code == 200
        assert not any(request.done() for request in asking)
        ends.set()
        assert {answer.status_code for answer in await asyncio.gather(*asking)} == {200}
