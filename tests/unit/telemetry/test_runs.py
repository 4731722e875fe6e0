"""A run is logged, and each line knows what is being done."""

import contextvars
import io
import json
from collections.abc import Iterator
from typing import Any

import pytest
import structlog

from syncd.app.underway import begin, carrying_out, underway
from syncd.errors import Refused
from syncd.model.objects import Kind
from syncd.plan.values import Action, Operation, Reason
from syncd.telemetry.logs import NOTHING, configure
from syncd.telemetry.masking import PERSONAL_NAMES
from syncd.telemetry.runs import MOST_LINES, log_run
from syncd.testing.company import generated
from syncd.testing.passes import Passes

OPERATION = Operation("O1", Kind.USER, Action.CREATE, "K1", "ldap", "I1", "uid=anna", "安娜", {}, Reason.NEW)
PEOPLE = MOST_LINES + 5


@pytest.fixture
def passes(passes: Passes) -> Passes:
    """Return an installation with more people than a run has log lines."""
    passes.sources[0].employ(generated(PEOPLE, 2))
    return passes


@pytest.fixture
def out() -> Iterator[io.StringIO]:
    """Give what is logged as JSON, with personal data masked."""
    text = io.StringIO()
    configure("debug", "json", PERSONAL_NAMES, text)
    yield text
    structlog.reset_defaults()


def lines(out: io.StringIO) -> list[dict[str, Any]]:
    """Give what was logged."""
    return [json.loads(line) for line in out.getvalue().splitlines()]


async def test_a_run_is_one_line_with_its_counts(passes: Passes, out: io.StringIO) -> None:
    """A run is one line with its counts, and the line of a held run is a warning."""
    held, done = await passes.run(), await passes.approved()
    log_run(held)
    log_run(done)
    first, second = lines(out)
    assert (first["action"], first["level"], first["run"]) == ("run", "warning", held.run.run)
    assert (first["outcome"], first["held"], first["duty"]) == ("held", PEOPLE + 2, "reconcile")
    assert (second["level"], second["outcome"], second["done"], second["exit"]) == ("info", "done", PEOPLE + 2, 0)


async def refuse(call: str, _object_id: str) -> None:
    """Refuse every new user."""
    if call == "user/add":
        raise Refused("71006", "Account of 安娜 is occupied")


async def test_the_first_troubles_of_a_run_are_a_line_each(passes: Passes, out: io.StringIO) -> None:
    """The first failures of a run are a line each, with run, operation and key, and a masked message."""
    passes.platform.before = refuse
    report = await passes.approved()
    log_run(report)
    *troubles, last = lines(out)
    assert len(troubles) == MOST_LINES
    assert (last["failed"], last["outcome"]) == (PEOPLE, "partial")
    operations = {one.operation.id: one.operation.key for one in report.results}
    for one in troubles:
        assert operations[one["operation"]] == one["key"]
        assert (one["action"], one["run"], one["does"], one["code"]) == (
            "operation_not_done",
            report.run.run,
            "create",
            "71006",
        )
    assert "安娜" not in out.getvalue()
    assert {one["message"] for one in troubles} == {"***"}


async def test_a_message_is_shown_where_personal_data_is_wanted(passes: Passes, out: io.StringIO) -> None:
    """The message of a failure is logged where personal data is wanted."""
    configure("debug", "json", NOTHING, out)
    passes.platform.before = refuse
    log_run(await passes.approved())
    assert "安娜" in lines(out)[0]["message"]


def test_a_line_bears_what_is_underway_and_nothing_afterwards(out: io.StringIO) -> None:
    """A log line has run, operation and key of what is being done, its own values first, and none afterwards."""
    log = structlog.get_logger()

    def carry_out() -> None:
        with carrying_out("R1"):
            begin(OPERATION)
            log.info("one", action="one")
            log.info("two", action="two", run="R2")

    contextvars.copy_context().run(carry_out)  # as a task has a context of its own
    log.info("three", action="three")
    one, two, three = lines(out)
    assert (one["run"], one["operation"], one["key"]) == ("R1", "O1", "K1")
    assert two["run"] == "R2"
    assert not three.keys() & one.keys() - {"level", "timestamp", "event", "action"}


async def test_each_call_of_a_run_knows_its_run_and_operation(passes: Passes) -> None:
    """Each call of a run knows its run and operation, though calls are made concurrently."""
    seen: dict[str, dict[str, str]] = {}

    async def note(call: str, object_id: str) -> None:
        if call == "user/add":
            seen[object_id] = underway()

    passes.platform.before = note
    report = await passes.approved()
    made = [one.operation for one in report.results if one.operation.kind is Kind.USER]
    expected = {one.platform_id: {"run": report.run.run, "operation": one.id, "key": one.key} for one in made}
    assert seen == expected
    assert underway() == {}
