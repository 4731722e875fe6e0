"""The guide to HTTP services is what happens, with its answers, outputs and faults."""

import json
import re
from collections.abc import Iterator

import pytest

from tests.kit.installation.guide import Guide
from tests.kit.installation.site import Site
from tests.kit.servers.hr_service import SECRET, Fault, HrService, Reply

GUIDE = Guide("http.md")


def changed(reply: Reply, status: int = 200, kind: str = "application/json", body: bytes = b"{}") -> None:
    """Answer otherwise."""
    reply.status, reply.headers, reply.body = status, {"Content-Type": kind}, body


def fewer(reply: Reply) -> None:
    """Leave somebody out."""
    answer = json.loads(reply.body)
    answer["data"]["list"].pop()
    reply.body = json.dumps(answer).encode()


def cut(reply: Reply) -> None:
    """Send half of it."""
    reply.cut = len(reply.body) // 2


CHANGED: dict[str, Fault] = {
    "fewer than declared": fewer,
    "cut on its way": cut,
    "a page for people": lambda reply: changed(reply, kind="text/html", body=b"<html>"),
    "another form": lambda reply: changed(reply, body=b'{"code": 40001, "msg": "no"}'),
    "a fault of the service": lambda reply: changed(reply, 500),
    "a refusal": lambda reply: changed(reply, 401),
}


@pytest.fixture(scope="module")
def service() -> Iterator[HrService]:
    """Give a service with the guide's answers."""
    lists = {f"/{name}": json.loads(GUIDE.files[f"{name}.json"])["data"]["list"] for name in ("people", "departments")}
    with HrService(lists) as found:
        found.paging, found.auth = "number", "bearer"
        yield found


@pytest.fixture(scope="module")
def site(service: HrService, guide_site: Site) -> Site:
    """Return an installation with the guide's configuration."""
    guide_site.configure(GUIDE.configuration)
    (guide_site.folder / "hr-url").write_text(service.url)
    (guide_site.folder / "hr-token").write_text(SECRET)
    return guide_site


def without_port(text: str) -> str:
    """Give a text with the service's address as the guide has it."""
    return re.sub(r"127\.0\.0\.1:\d+/api", "127.0.0.1/api", text)


def test_the_answers_are_as_shown(service: HrService) -> None:
    """The service of this test answers exactly what the guide shows."""
    for name in ("people", "departments"):
        reply = service.answer(f"/api/{name}?page=1", {"authorization": f"Bearer {SECRET}"})
        assert json.loads(reply.body) == json.loads(GUIDE.files[f"{name}.json"])


def test_every_step_prints_what_the_guide_shows(site: Site) -> None:
    """Every step prints what the guide shows, but for times, ports and the ids of runs."""
    steps = list(GUIDE.steps(site))
    assert len(steps) == 3
    for wanted, output in steps:
        assert re.fullmatch(wanted, without_port(output)), output


@pytest.mark.parametrize("what", GUIDE.faults)
def test_every_fault_is_said_as_the_guide_says(site: Site, service: HrService, what: str) -> None:
    """Every fault of a service ends with exit code 1 and the line that the guide shows."""
    assert GUIDE.faults.keys() == CHANGED.keys()
    service.faults = {len(service.asked) + 1: CHANGED[what]}
    broken = site.run("reconcile")
    assert (broken.code, without_port(broken.fault)) == (1, f"syncd: {GUIDE.faults[what]}")
