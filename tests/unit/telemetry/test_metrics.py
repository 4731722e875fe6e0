"""A scrape shows what the process counts and what the store knows."""

from pathlib import Path

import msgspec
import pytest
from prometheus_client import generate_latest

from syncd.app.receiving import Receipt
from syncd.app.reconcile import Request
from syncd.app.standing import NEXT_RUNS, standing
from syncd.errors import SourceUnreachable
from syncd.telemetry.metrics import Metrics
from syncd.testing.company import Company, generated
from syncd.testing.passes import Passes

COMPANY = generated(12, 3)


@pytest.fixture
def metrics() -> Metrics:
    """Give metrics in which nothing has happened."""
    return Metrics("1.2.3", "0005")


@pytest.fixture
def passes(passes: Passes) -> Passes:
    """Return an installation with a small company."""
    passes.sources[0].employ(COMPANY)
    return passes


def value(metrics: Metrics, name: str, **labels: str) -> float | None:
    """Give the value of a series, or nothing where there is none."""
    return metrics.registry.get_sample_value(name, labels)


def shown(metrics: Metrics, passes: Passes) -> Metrics:
    """Let the metrics show what the store holds, half a minute after its last pass."""
    metrics.store(lambda: standing(passes.store, 0.0, passes.now), lambda: passes.now + 30)
    return metrics


def test_calls_are_counted_by_endpoint_and_code_with_their_duration(metrics: Metrics) -> None:
    """Calls are counted by endpoint and code with their duration, unlisted codes as one series."""
    for code in ("10000", "71009", "lost", "71999", "a code of its own"):
        metrics.call("user/get", code, 0.2)
    name = "syncd_platform_call_duration_seconds"
    counts = {code: value(metrics, f"{name}_count", endpoint="user/get", code=code) for code in ("71009", "lost")}
    assert counts == {"71009": 1, "lost": 1}
    assert value(metrics, f"{name}_count", endpoint="user/get", code="other") == 2
    assert value(metrics, f"{name}_bucket", endpoint="user/get", code="10000", le="0.1") == 0
    assert value(metrics, f"{name}_bucket", endpoint="user/get", code="10000", le="0.25") == 1


def test_waits_tokens_receipts_restarts_and_leadership_are_counted(metrics: Metrics) -> None:
    """Waits, tokens, receipts and restarts count as often as they are told, and leadership is shown."""
    metrics.waited(0.5)
    metrics.waited(1.0)
    metrics.token_renewed()
    metrics.receipt(Receipt.FORGED)
    metrics.receipts({Receipt.STORED: 40, Receipt.FORGED: 2})
    metrics.listener_restarted()
    metrics.leads(True)
    assert value(metrics, "syncd_platform_rate_wait_seconds_total") == 1.5
    assert value(metrics, "syncd_platform_token_renewals_total") == 1
    assert value(metrics, "syncd_callbacks_total", receipt="forged") == 3
    assert value(metrics, "syncd_callbacks_total", receipt="stored") == 40
    assert value(metrics, "syncd_callbacks_total", receipt="late") == 0
    assert value(metrics, "syncd_listener_restarts_total") == 1
    assert value(metrics, "syncd_leader") == 1


async def test_a_run_is_counted_with_its_operations(metrics: Metrics, passes: Passes) -> None:
    """A run is counted by its outcome, and its operations as held or done."""
    metrics.run_ended(await passes.run())
    metrics.run_ended(await passes.approved())
    outcomes = {
        outcome: value(metrics, "syncd_run_duration_seconds_count", duty="reconcile", outcome=outcome)
        for outcome in ("held", "done")
    }
    assert outcomes == {"held": 1, "done": 1}
    for outcome in ("held", "done"):
        assert value(metrics, "syncd_operations_total", kind="user", action="create", outcome=outcome) == 12


def test_what_an_alert_waits_for_is_there_at_0_from_the_beginning(metrics: Metrics) -> None:
    """A series that an alert waits for is there at 0 from the beginning, so that its first increase is seen."""
    assert value(metrics, "syncd_operations_total", kind="user", action="create", outcome="failed") == 0
    assert value(metrics, "syncd_run_duration_seconds_count", duty="reconcile", outcome="partial") == 0
    assert value(metrics, "syncd_listener_restarts_total") == 0


async def test_the_reading_is_part_of_a_run_where_its_begin_is_known(metrics: Metrics, passes: Passes) -> None:
    """A run's duration includes the reading where its begin is known."""
    report = await passes.run()
    metrics.run_ended(report, began=report.run.started_at - 40)
    metrics.run_ended(report)
    assert value(metrics, "syncd_run_duration_seconds_sum", duty="reconcile", outcome="held") == 40


def test_a_duty_that_failed_is_counted_by_its_error(metrics: Metrics) -> None:
    """A duty that failed is counted by the kind of its error."""
    metrics.duty_failed("reconcile", SourceUnreachable("no server answers"))
    assert value(metrics, "syncd_duty_failures_total", duty="reconcile", error="SourceUnreachable") == 1


async def test_a_scrape_shows_what_the_store_knows(metrics: Metrics, passes: Passes) -> None:
    """A scrape shows objects by state, runs, reads, and the next runs while a daemon leads."""
    await passes.run()
    await passes.approved()
    with passes.store.unit_of_work() as work:
        work.facts.put({NEXT_RUNS: '{"reconcile": 1000900.5}'})
        work.commit()
    shown(metrics, passes)
    assert value(metrics, "syncd_store_up") == 1
    assert value(metrics, "syncd_objects", kind="user", state="active") == 12
    assert value(metrics, "syncd_objects", kind="user", state="unmanaged") == 1
    assert value(metrics, "syncd_objects", kind="department", state="left") == 0
    assert value(metrics, "syncd_last_run_timestamp_seconds") == passes.now
    assert value(metrics, "syncd_last_good_run_timestamp_seconds") == passes.now
    # Nobody leads any more: what a leader meant to do that was killed, nobody does.
    assert value(metrics, "syncd_next_run_timestamp_seconds", duty="reconcile") is None
    with passes.store.leading():
        assert value(metrics, "syncd_next_run_timestamp_seconds", duty="reconcile") == 1000900.5
    assert value(metrics, "syncd_held_plans") == 0
    assert value(metrics, "syncd_held_plan_age_seconds") == 0
    assert value(metrics, "syncd_inbox_events", state="pending") == 0
    assert value(metrics, "syncd_read_grade", source="ldap", grade="whole") == 1
    assert value(metrics, "syncd_read_grade", source="ldap", grade="broken") == 0


async def test_a_held_run_is_not_a_good_one_and_its_plan_grows_old(metrics: Metrics, passes: Passes) -> None:
    """A held run is the last run but not a good one, and its plan's age is shown."""
    await passes.run()
    shown(metrics, passes)
    assert value(metrics, "syncd_last_good_run_timestamp_seconds") is None
    assert value(metrics, "syncd_last_run_timestamp_seconds") == passes.now
    assert value(metrics, "syncd_held_plans") == 1
    assert value(metrics, "syncd_held_plan_age_seconds") == 30


async def test_a_run_of_some_people_alone_is_not_a_good_one(metrics: Metrics, passes: Passes) -> None:
    """A run of some people alone is not a good run, because it does not bring the company in sync."""
    await passes.approved()
    good_at = passes.now
    first, second = list(COMPANY.people)[:2]
    renamed = {key: msgspec.structs.replace(COMPANY.people[key], position="主管") for key in (first, second)}
    passes.sources[0].employ(Company(COMPANY.units, {**COMPANY.people, **renamed}))
    done = await passes.run(Request(only=(COMPANY.people[first].account,)))
    assert (done.run.outcome, done.run.counts) == ("done", {"done": 1})
    shown(metrics, passes)
    assert value(metrics, "syncd_last_run_timestamp_seconds") == passes.now
    assert value(metrics, "syncd_last_good_run_timestamp_seconds") == good_at


def test_a_store_that_is_away_leaves_no_series_but_that(metrics: Metrics, passes: Passes, tmp_path: Path) -> None:
    """Where the store is away a scrape says so, shows nothing else of it, and goes on."""
    shown(metrics, passes)
    assert value(metrics, "syncd_store_up") == 1
    passes.store.close()
    for file in tmp_path.glob("syncd.db*"):
        file.unlink()
    assert value(metrics, "syncd_store_up") == 0
    assert value(metrics, "syncd_held_plans") is None
    assert value(metrics, "syncd_leader") == 0


async def test_no_series_names_a_person(metrics: Metrics, passes: Passes) -> None:
    """No series holds a key, account, name, phone or mail, however a run went."""
    metrics.run_ended(await passes.run())
    metrics.run_ended(await passes.approved())
    text = generate_latest(shown(metrics, passes).registry).decode()
    for key, person in COMPANY.people.items():
        for secret in (key, person.account, person.name, person.phone, person.email):
            assert not secret or secret not in text
