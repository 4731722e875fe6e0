"""The table of the life cycle says in every cell what syncd does."""

import re
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import closing
from pathlib import Path

import msgspec

from syncd.mapping.rules import Compiled, SourceRules, UserRules
from syncd.plan.rules import Leaving, Limits, Policy
from syncd.plan.values import Operation, Reason
from syncd.testing.company import Company, Person
from syncd.testing.passes import Passes
from tests.kit.empty_stores import put_empty_store

PAGE = Path(__file__).parents[2] / "docs" / "reference" / "life-cycle.md"
DAY = 86400.0
ANNA = Person("anna", "安娜", "1", "", "", "")
OTHER = Person("other", "Other", "", "", "", "")
SCOPE = UserRules(when="{{ title != 'out' }}")
PARK = "PARK"


class Life:
    """One person of two in an installation; each step makes a run and gives what was done with her."""

    def __init__(self, folder: Path, policy: Policy) -> None:
        put_empty_store(folder)
        self.passes = Passes(folder)
        self.passes.platform.company.add_department({"id": PARK, "name": "Park"})
        rules = Compiled(SourceRules(SCOPE))
        self.passes.decide(rules={"ldap": rules}, policy=policy, limits=Limits(hold_configuration=False))

    def says(self, *, there: bool = True, **attributes: str) -> None:
        """Let the directory say this of her."""
        source = self.passes.sources[0]
        source.employ(Company({}, {"p2": OTHER} | ({"p1": ANNA} if there else {})))
        given = {name: (value,) for name, value in attributes.items()}
        source.snapshot = msgspec.structs.replace(
            source.snapshot,
            users=tuple(
                msgspec.structs.replace(one, attributes={**one.attributes, **given}) if one.key == "p1" else one
                for one in source.snapshot.users
            ),
        )

    async def run(self, after: float = 0.0) -> str:
        """Make a run some time later, and give what became of her in the words of the table."""
        self.passes.now += after
        report = await self.passes.run()
        assert report.run.exit == 0
        done = [_word(one) for one in report.plan.operations if one.key == "p1"]
        reported = [one.reason for one in report.plan.skipped if one.key == "p1"]
        return ", ".join(done + ["report" for _ in reported]) or "-"

    async def removed_by_hand(self) -> None:
        """Let somebody remove her on the platform."""
        users = self.passes.platform.company.state.users.values()
        (her,) = [one["id"] for one in users if one["account"] == "anna"]
        self.passes.platform.company.remove_user({"userId": her})


def _word(operation: Operation) -> str:
    return "welcome" if operation.reason is Reason.RETURNED else str(operation.action)


Said = Mapping[str, object]
GONE: Said = {"there": False}
OUT: Said = {"title": "out"}
OFF: Said = {"useraccountcontrol": "514"}
BACK: Said = {}
Story = Callable[[Life], Awaitable[str]]


def then(first: Said, second: Said | None = None, after: float = DAY) -> Story:
    """Tell of something the directory says, and of what it says some time later."""

    async def story(life: Life) -> str:
        life.says(**first)  # type: ignore[arg-type]
        at_once = await life.run()
        if second is None:
            return at_once
        life.says(**second)  # type: ignore[arg-type]
        return await life.run(after)

    return story


async def back_after_removal(life: Life) -> str:
    """Tell of somebody who comes back when the user is gone."""
    await then(GONE, GONE, 7 * DAY)(life)
    life.says()
    return await life.run()


async def removed_meanwhile(life: Life) -> str:
    """Tell of a leaver whom somebody removes by hand."""
    await then(GONE)(life)
    await life.removed_by_hand()
    await life.run()
    return await life.run()


async def removed(life: Life) -> str:
    """Tell of somebody removed by hand who is still in the directory."""
    await life.removed_by_hand()
    return await life.run()


async def removed_and_gone(life: Life) -> str:
    """Tell of somebody removed by hand and gone from the directory."""
    await life.removed_by_hand()
    return await then(GONE)(life)


async def disabled_then_gone(life: Life) -> str:
    """Tell of somebody who is disabled first and leaves later."""
    await then(OFF, GONE)(life)
    return await life.run(7 * DAY)


async def never_linked(life: Life) -> str:
    """Tell of somebody who was disabled before anybody was made."""
    await then(GONE, GONE, 7 * DAY)(life)
    return await then(OFF)(life)


STORIES: dict[str, Story] = {
    "gone": then(GONE),
    "gone, a day later": then(GONE, GONE),
    "gone, back a day later": then(GONE, BACK),
    "gone, a week later": then(GONE, GONE, 7 * DAY),
    "gone, back after the removal": back_after_removal,
    'gone with `remove_after = "0d"`': then(GONE),
    'gone with `remove_after = "never"`, a year later': then(GONE, GONE, 365 * DAY),
    "gone, and somebody removes the user on the platform": removed_meanwhile,
    "out of scope": then(OUT),
    "out of scope, a day later": then(OUT, OUT),
    "out of scope, back a day later": then(OUT, BACK),
    "out of scope, a week later": then(OUT, OUT, 7 * DAY),
    "disabled": then(OFF),
    "disabled, a day later": then(OFF, OFF),
    "disabled, enabled a day later": then(OFF, BACK),
    "disabled, a week later": then(OFF, OFF, 7 * DAY),
    "disabled, then gone for a week": disabled_then_gone,
    "disabled and never linked": never_linked,
    "removed on the platform": removed,
    "removed on the platform, and gone from the directory": removed_and_gone,
}


def cells() -> Iterator[tuple[str, str, str, str]]:
    """Give key of the policy, column, row and cell of every table on the page."""
    for section in PAGE.read_text(encoding="utf-8").split("\n## ")[1:]:
        (key,) = re.findall(r"by `(\w+)`", section.splitlines()[0])
        rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in section.splitlines() if "|" in line]
        for row in rows[2:]:
            for column, cell in zip(rows[0][1:], row[1:], strict=True):
                yield key, column, row[0], cell


def policy_of(key: str, column: str, row: str) -> Policy:
    """Give the policy of a column and a row."""
    grace = {"0d": 0.0, "never": None}
    after = next((grace[word] for word in grace if f'"{word}"' in row), 7 * DAY)
    policy = Policy(remove_after=after, park_department=PARK)
    if key == "on_drift":
        return msgspec.structs.replace(policy, report_drift=frozenset({"account"} if column == "report" else ()))
    return msgspec.structs.replace(policy, **{key: Leaving(column)})


async def test_the_cell_is_what_is_done(tmp_path: Path) -> None:
    """Every cell of the table is what is done, and a run right after it does nothing more (I1)."""
    wrong = []
    for number, (key, column, row, cell) in enumerate(cells()):
        folder = tmp_path / str(number)
        folder.mkdir()
        life = Life(folder, policy_of(key, column, row))
        with closing(life.passes):
            life.says()
            done = (await life.run(), await STORIES[row](life), await life.run())
        if done != ("create", cell, "report" if cell == "report" else "-"):
            wrong.append((key, column, row, done))
    assert wrong == []


def test_every_story_stands_in_the_table() -> None:
    """Every story stands in the table, and every row of the table has its story."""
    assert {row for _, _, row, _ in cells()} == STORIES.keys()
