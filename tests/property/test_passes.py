"""Any company becomes any other, whatever the platform does with single calls (I1, I2, I5, I6)."""

import asyncio
import random
import tempfile
from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from syncd.app.reconcile import Request
from syncd.app.revert import revert
from syncd.errors import AnswerLost, PlatformBusy, PlatformError, ServerFault
from syncd.plan.rules import Limits, Policy
from syncd.testing.company import Company, Person, Unit, key_of, shown_by
from syncd.testing.passes import Passes
from tests.kit.empty_stores import put_empty_store

FAULTS = (AnswerLost, PlatformBusy, ServerFault)


@st.composite
def companies(draw: st.DrawFn) -> Company:
    """Give a company of few people and departments, in any tree, with values that meet in other companies."""
    count = draw(st.integers(0, 6))
    order = draw(st.permutations(range(count)))
    units: dict[str, Unit] = {}
    for place, number in enumerate(order):
        above = draw(st.sampled_from(["", *(key_of("unit", one) for one in order[:place])]))
        units[key_of("unit", number)] = Unit(f"部门{draw(st.integers(0, 9))}.{number}", above)
    phones = draw(st.permutations(range(8)))
    people = {
        key_of("person", number): Person(
            # An account that a leaver's link holds is nobody else's without a person's word (replaced).
            account=f"account{number}",
            name=f"name{draw(st.integers(0, 3))}",
            phone=f"1{phones[number]}" if draw(st.booleans()) else "",
            email=f"m{phones[7 - number]}@x" if draw(st.booleans()) else "",
            position="",
            department=draw(st.sampled_from(["", *units])),
        )
        for number in draw(st.sets(st.integers(0, 7)))
    }
    return Company(units, people)


class Weather:
    """A platform that fails some calls, before or after carrying them out, and is fine in the end."""

    def __init__(self, seed: int, faults: int) -> None:
        self._random = random.Random(seed)  # noqa: S311 - the same weather for the same seed
        self._left = faults

    async def strike(self, call: str, _object_id: str) -> None:
        """Fail a writing call now and then."""
        if self._left and call.endswith(("add", "update", "remove")) and self._random.random() < 0.3:
            self._left -= 1
            fault: type[PlatformError] = self._random.choice(FAULTS)
            raise fault("bad weather")


def shown(passes: Passes) -> object:
    """Give what the platform shows of everybody."""
    state = passes.platform.company.state
    return shown_by(state.users, state.departments)


async def lived(folder: Path, companies: list[Company], weather: Weather | None) -> Passes:
    """Let a directory become one company after the other; runs follow until one has nothing to do."""
    put_empty_store(folder)
    passes = Passes(folder)
    passes.decide(limits=Limits(hold_configuration=False), policy=Policy(remove_after=0))
    if weather is not None:
        passes.platform.before = passes.platform.after = weather.strike
    for company in companies:
        passes.sources[0].employ(company)
        for _ in range(12):
            report = await passes.run()
            if not report.plan.operations and report.plan.sources[-1].name != "platform":
                break
            if report.run.exit == 3:
                await passes.approved()
    return passes


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(companies(), min_size=2, max_size=3))
def test_any_company_becomes_any_other_without_a_refused_call(stages: list[Company]) -> None:
    """Any company becomes any other without a refused call, and the platform then shows what is wanted."""
    with tempfile.TemporaryDirectory() as folder:
        passes = asyncio.run(lived(Path(folder), stages, None))
        assert passes.platform.refused == []
        assert shown(passes) == stages[-1].wanted()
        assert len(passes.platform.company.state.departments) == len(stages[-1].units)
        passes.close()


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(companies(), min_size=1, max_size=2), st.integers(0, 2**32), st.integers(1, 12))
def test_bad_weather_changes_nothing_in_the_end(stages: list[Company], seed: int, faults: int) -> None:
    """Calls that fail now and then change nothing in the end: nobody is made twice and nobody is lost."""
    with tempfile.TemporaryDirectory() as folder:
        passes = asyncio.run(lived(Path(folder), stages, Weather(seed, faults)))
        assert shown(passes) == stages[-1].wanted()
        assert len(passes.platform.company.state.users) == len(stages[-1].people) + 1
        assert "default" not in passes.platform.company.state.passwords.values()
        passes.close()


async def undone(folder: Path, first: Company, second: Company) -> tuple[Passes, list[object]]:
    """Let a directory become another company in one run, and undo that run; give what was shown before and after.

    A further run shows nothing else.
    """
    passes = await lived(folder, [first], None)
    stages = [shown(passes)]
    passes.sources[0].employ(second)
    report = await passes.run()
    if report.run.exit == 3:
        report = await passes.approved()
    await revert(passes.world(), report.run.run, Request(), passes.stop, lambda _: None)
    stages.append(shown(passes))
    await passes.run()
    return passes, [*stages, shown(passes)]


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(companies(), companies())
def test_any_run_can_be_undone_without_a_refused_call(first: Company, second: Company) -> None:
    """Any run can be undone without a refused call, and what it undid is not done again unasked."""
    with tempfile.TemporaryDirectory() as folder:
        passes, (before, after, later) = asyncio.run(undone(Path(folder), first, second))
        assert passes.platform.refused == []
        assert before == after == later
        assert len(passes.platform.company.state.departments) == len(first.units)
        passes.close()
