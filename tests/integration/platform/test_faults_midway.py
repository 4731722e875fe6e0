"""A sync converges after each fault of a platform, on each call, once and for as long as a call is tried (I6)."""

import csv
from collections.abc import Iterator
from itertools import product
from pathlib import Path

import pytest
import stamina

from syncd.app.reconcile import Report
from syncd.errors import PlatformError
from syncd.plan.rules import Limit, Limits, Policy
from syncd.platform import Client
from syncd.sandbox.api import Sandbox
from syncd.sandbox.faults import LISTS, Fault, Order
from syncd.testing.company import Company, Person, Unit, shown_by
from syncd.testing.passes import Passes
from tests.kit.pairwise import chosen
from tests.kit.platforms import Platform

BEFORE = Company(
    {"d1": Unit("销售部"), "d2": Unit("East", "d1"), "d3": Unit("West", "d1"), "d4": Unit("关闭的部门")},
    {
        f"p{number}": Person(f"user{number}", f"人 {number}", f"1{number}", f"m{number}@x.cn", "", department)
        for number, department in enumerate(["d1", "d2", "d3", "d4", "", "d2", "d3"])
    },
)
AFTER = Company(
    {"d1": Unit("营销部"), "d2": Unit("East"), "d3": Unit("West", "d2"), "d5": Unit("新部门", "d3")},
    {
        **{key: BEFORE.people[key] for key in ("p0", "p1", "p2")},
        "p3": Person("user3", "人 3", "14", "m3@x.cn", "经理", "d5"),
        "p4": Person("user4", "人 4", "13", "m4@x.cn", "", "d1"),
        "p8": Person("user8", "人 8", "15", "", "", "d5"),
        "p9": Person("user9", "人 9", "", "", "", ""),
    },
)
GONE = {"user5", "user6"}
WRITES = ("user/add", "user/update", "user/remove", "dept/add", "dept/update", "dept/remove")
READS = ("oapi/gettoken", "user/list", "dept/list", "room/list", "meeting/list", "user/get", "dept/get")
ONCE, EVERY_ATTEMPT = 1, 7
CALLS = [(call, ONCE) for call in WRITES + READS] + [(call, EVERY_ATTEMPT) for call in WRITES]
# A call is two factors: what it is about, and what it does with that.
FAULTS = chosen((fault, *call.split("/"), count) for fault in Fault if fault not in LISTS for call, count in CALLS)
LIES = chosen(product(sorted(LISTS), ("user/list", "dept/list", "room/list", "/list"), (0, 1, 2)))


@pytest.fixture(autouse=True)
def _quick() -> Iterator[None]:
    """Make retries follow each other at once, as many as ever."""
    stamina.set_testing(True, attempts=6)
    yield
    stamina.set_testing(False)


class Weather:
    """An installation before a sandbox on which a fault strikes while the directory changes."""

    def __init__(self, folder: Path, sandbox: Sandbox, client: Client) -> None:
        self.sandbox = sandbox
        self.passes = Passes(folder)
        self.passes.platform = client  # type: ignore[assignment]
        usual = {kind: {**limits, "remove": Limit(3)} for kind, limits in self.passes.decisions.limits.by_kind.items()}
        self.passes.decide(limits=Limits(usual, hold_configuration=False), policy=Policy(remove_after=0))

    async def run(self) -> Report | None:
        """Make a run, and return its report; a run whose reading fails does nothing."""
        try:
            return await self.passes.run()
        except PlatformError:
            return None

    async def becomes(self, company: Company, *orders: Order) -> None:
        """Change the directory to this company, and run once in bad weather and once in good weather."""
        self.passes.sources[0].employ(company)
        self.sandbox.faults.order(*orders)
        await self.run()
        self.sandbox.faults.clear()
        await self.run()

    async def prove(self, company: Company) -> None:
        """Assert that the platform holds the company, and that the next run has nothing to do."""
        state = self.sandbox.company.state
        assert shown_by(state.users, state.departments) == company.wanted()
        assert (len(state.users), len(state.departments)) == (len(company.people) + 1, len(company.units))
        report = await self.passes.run()
        assert report.plan.operations == ()
        assert set(state.passwords.values()) <= {"given", "changed"}

    def removed(self) -> set[str]:
        """Return the ids of the users that were removed."""
        return {arguments["userId"] for call, arguments, _ in self.sandbox.calls if call == "user/remove"}


@pytest.mark.parametrize(("fault", "subject", "verb", "count"), FAULTS)
async def test_a_sync_converges_with_the_next_run(
    platform: Platform, tmp_path: Path, fault: Fault, subject: str, verb: str, count: int
) -> None:
    """The run after a fault reaches the wanted state; nobody is there twice, and only leavers are removed."""
    sandbox = Sandbox()
    seconds = 0.01 if fault in (Fault.LATENCY, Fault.DRIP) else 0
    async with platform.client(sandbox) as client:
        weather = Weather(tmp_path, sandbox, client)
        order = Order(fault, f"/{subject}/{verb}", count, seconds, after=1)
        await weather.becomes(BEFORE, order)
        await weather.prove(BEFORE)
        ids = {user["account"]: user["id"] for user in sandbox.company.state.users.values()}
        await weather.becomes(AFTER, order)
        await weather.prove(AFTER)
        assert weather.removed() == {ids[account] for account in GONE}
        assert all(handed_over(weather.passes.handover)[account] for account in ids if account != "admin")
        weather.passes.close()


@pytest.mark.parametrize(("fault", "call", "after"), LIES)
async def test_a_list_that_lies_removes_nobody_and_makes_nobody_twice(
    platform: Platform, tmp_path: Path, fault: Fault, call: str, after: int
) -> None:
    """A list that is stale, empty or partial at any moment of a run removes only leavers and makes nobody twice."""
    sandbox = Sandbox()
    async with platform.client(sandbox) as client:
        weather = Weather(tmp_path, sandbox, client)
        await weather.becomes(BEFORE)
        ids = {user["account"]: user["id"] for user in sandbox.company.state.users.values()}
        await weather.becomes(AFTER, Order(fault, call, 2, after=after, changes=5, share=0.4))
        await weather.run()
        await weather.prove(AFTER)
        assert weather.removed() == {ids[account] for account in GONE}
        made = [call for call, _, code in sandbox.calls if call == "user/add" and code == 10000]
        assert len(made) == len(BEFORE.people) + 2
        weather.passes.close()


def handed_over(path: Path) -> dict[str, str]:
    """Return the last password that the handover file has for each account."""
    with path.open(encoding="utf-8", newline="") as lines:
        return {row[0]: row[2] for row in csv.reader(lines)}
