"""The tests stop or kill runs, and let the next run finish what was begun (I6)."""

import random
import signal
import time

import pytest

from syncd.sandbox.faults import Fault, Order
from syncd.testing.company import Company, generated
from tests.kit.installation.moments import SlowCalls, wait_for_calls, wait_for_words
from tests.kit.installation.settings import APPLY_AT_ONCE
from tests.kit.installation.site import Site
from tests.kit.waiting import DEADLINE_SECONDS


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_stopped_run_finishes_what_is_in_flight_and_the_next_goes_on(
    site: Site, company: Company, number: signal.Signals, code: int
) -> None:
    """A run that is stopped is recorded with all its calls, and the next run makes no call twice."""
    site.employ(company)
    fingerprint = site.fingerprint()
    calls = SlowCalls(site, "/add", 1.0, quick=25)
    process = site.start("reconcile", "--approve", fingerprint)
    wait_for_calls(site, 25)
    process.send_signal(number)
    assert process.wait(DEADLINE_SECONDS) == code
    assert "interrupted" in (site.folder / "out").read_text()
    (run,) = site.run("history", "--json").json
    assert (run["outcome"], run["exit"]) == ("interrupted", code)
    before = len(site.sandbox.calls)
    assert 25 <= before < 140
    calls.end()
    result = site.run("reconcile")
    assert result.code == 0, result.out
    assert len(site.sandbox.calls) == 140, "no call is made twice"
    assert site.shown == site.wanted(company)
    assert site.refused == []


@pytest.mark.parametrize(
    ("command", "number", "code"),
    [("plan", signal.SIGINT, 130), ("check", signal.SIGTERM, 143), ("reconcile", signal.SIGTERM, 143)],
)
def test_a_command_that_only_reads_yet_is_stopped_at_once(
    site: Site, company: Company, command: str, number: signal.Signals, code: int
) -> None:
    """A command that only reads yet is stopped by a signal, however long the platform asks to be left alone."""
    site.employ(company)
    site.sandbox.faults.order(Order(Fault.BUSY, "user/list", 1, 300.0))
    process = site.start(command)
    wait_for_words(site, "waiting 300 s: " if command == "check" else '"action": "retry"')
    process.send_signal(number)
    assert process.wait(DEADLINE_SECONDS) == code
    assert "syncd: interrupted before the first write" in (site.folder / "out").read_text()
    assert site.sandbox.calls == []
    assert site.run("history").out == "no run yet\n"


def test_a_second_signal_ends_a_run_at_once_and_the_next_goes_on(site: Site, company: Company) -> None:
    """A second signal ends a run as a kill would, and the next run finds what was in flight (I6)."""
    site.employ(company)
    fingerprint = site.fingerprint()
    calls = SlowCalls(site, "/add", 4.0, quick=1)
    process = site.start("reconcile", "--approve", fingerprint)
    wait_for_calls(site, 1)
    process.send_signal(signal.SIGINT)
    wait_for_words(site, "a second signal ends at once")
    process.send_signal(signal.SIGINT)
    assert process.wait(DEADLINE_SECONDS) == -signal.SIGINT
    calls.end()
    assert site.run("reconcile").code == 0
    assert site.shown == site.wanted(company)
    assert len(site.sandbox.company.state.users) == 120 + 1


def test_a_run_killed_at_any_moment_is_finished_by_the_next(site: Site) -> None:
    """A first sync that is killed ten times at random moments is finished by the next run, with nothing twice."""
    company = generated(300, 30)
    site.employ(company)
    held = site.run("reconcile", "--json")
    assert held.code == 3
    assert site.run("approve", held.json["plan"]).code == 0
    calls = SlowCalls(site, "/add", 0.05)
    moments = random.Random(20261124)  # noqa: S311 - the same moments in every run of the test
    for _ in range(10):
        target = len(site.sandbox.calls) + moments.randint(0, 20)
        process = site.start("reconcile")
        try:
            wait_for_calls(site, target)
            time.sleep(moments.random() * 0.05)
        finally:
            process.kill()
            process.wait()
        assert process.returncode == -signal.SIGKILL
    calls.land()
    assert len(site.sandbox.calls) < 330, "the last kill was in the middle"
    result = site.run("reconcile")
    assert result.code == 0, result.out + result.err
    assert site.shown == site.wanted(company)
    assert len(site.sandbox.company.state.users) == 300 + 1
    assert len(site.sandbox.company.state.departments) == 30
    assert set(site.sandbox.company.state.passwords.values()) == {"given"}
    before = len(site.sandbox.calls)
    assert site.run("reconcile").code == 0
    assert len(site.sandbox.calls) == before


def test_a_second_run_is_kept_out(site: Site, company: Company) -> None:
    """A second run ends with exit code 5 and says that another one is in progress, while `status` goes on."""
    site.configure(tail=APPLY_AT_ONCE)
    site.employ(company)
    calls = SlowCalls(site, "/add", 2.0, quick=1)
    process = site.start("reconcile")
    wait_for_calls(site, 1)
    second, status = site.run("reconcile"), site.run("status")
    calls.end()
    assert process.wait(DEADLINE_SECONDS) == 0
    assert (second.code, status.code) == (5, 0)
    assert "another run is in progress" in second.fault


@pytest.mark.parametrize(
    "fault",
    [Fault.LOST_ANSWER, Fault.LOST_REQUEST, Fault.ERROR_BEFORE, Fault.ERROR_AFTER, Fault.CUT, Fault.HTML, Fault.BUSY],
)
def test_a_platform_that_fails_now_and_then_gets_everything_once(site: Site, company: Company, fault: Fault) -> None:
    """Whatever becomes of an answer, nobody is created twice and nobody has the public default password."""
    site.configure(tail=APPLY_AT_ONCE)
    site.employ(company)
    site.sandbox.faults.order(*(Order(fault, what, 4, 0.1) for what in ("user/add", "dept/add", "user/list")))
    result = site.run("reconcile")
    assert result.code == 0, result.out + result.err
    assert site.shown == site.wanted(company)
    assert len(site.sandbox.company.state.users) == 120 + 1
    assert "default" not in site.sandbox.company.state.passwords.values()
    calls = len(site.sandbox.calls)
    assert site.run("reconcile").code == 0
    assert len(site.sandbox.calls) == calls
