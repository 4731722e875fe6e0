"""What guards say has the numbers and values by which a person can judge."""

import pytest

from syncd.model.objects import Kind
from syncd.plan.configuration import changed, duration
from syncd.plan.guards import guard
from syncd.plan.rules import History, Limit, Limits
from syncd.plan.values import Action, Operation, Reason

LIMITS = Limits({Kind.USER: {"remove": Limit(count=3)}}, hold_configuration=False)


def removal(number: int) -> Operation:
    """Return the removal of one user."""
    return Operation(f"O{number}", Kind.USER, Action.REMOVE, f"k{number}", "ldap", "P", "", "", {}, Reason.LEFT)


def test_a_limit_says_what_of_its_number_the_window_counts() -> None:
    """A limit that is passed only with what was carried out before says how many are of this plan."""
    history = History(recent={(Kind.USER, "remove"): 2})
    (held,) = guard([removal(1), removal(2)], {Kind.USER: 30}, LIMITS, history, ((), ""))
    assert (held.actual, held.base) == (4, 30)
    assert held.message.endswith("limits.remove = 3, 2 of this plan and 2 carried out within limits.window")


def test_a_limit_that_the_plan_alone_passes_says_nothing_of_the_window() -> None:
    """A limit that nothing else counts towards is told by its number alone."""
    (held,) = guard([removal(number) for number in range(4)], {Kind.USER: 30}, LIMITS, History(), ((), ""))
    assert held.message.endswith("limits.remove = 3")


@pytest.mark.parametrize(
    ("seconds", "written"),
    [(604800.0, "7d"), (0.0, "0d"), (5400.0, "90m"), (7200.0, "2h"), (1.0, "1s"), (1.5, "1.5s"), (None, "never")],
)
def test_a_time_is_written_as_in_a_configuration(seconds: float | None, written: str) -> None:
    """A time of the configuration is told in its largest whole unit, as a person would write it."""
    assert duration(seconds) == written


def test_a_changed_time_is_told_as_it_was_written() -> None:
    """The change of `remove_after` is told in days, and any other value in JSON."""
    before = {"policy.remove_after": "604800.0", "policy.on_leaver": '"keep"'}
    after = {"policy.remove_after": "0.0", "policy.on_leaver": '"lock"'}
    assert changed(before, after) == ('policy.on_leaver: "keep" → "lock"', "policy.remove_after: 7d → 0d")
