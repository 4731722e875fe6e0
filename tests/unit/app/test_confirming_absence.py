"""Whoever is absent is asked for once more before anything happens to them (DESIGN 6, leavers)."""

from collections.abc import Mapping

import pytest

from syncd.errors import SourceBroken
from syncd.model.objects import Kind
from syncd.plan.rules import Leaving, Limits, Policy
from syncd.plan.values import Action
from syncd.testing.company import Company, Person
from syncd.testing.passes import MemorySource, Passes

BOTH = Company({}, {"a": Person("anna", "Anna", "1", "", "", ""), "b": Person("bob", "Bob", "2", "", "", "")})
ONE = Company({}, {"b": BOTH.people["b"]})
Keys = Mapping[Kind, frozenset[str]]


class AskedSource(MemorySource):
    """A source in memory that knows some keys which its read did not show, and notes what it was asked for."""

    def __init__(self, name: str = "ldap") -> None:
        super().__init__(name)
        self.hidden: frozenset[str] = frozenset()
        self.asked: list[Keys] = []
        self.fault: Exception | None = None

    def still_has(self, keys: Keys) -> Keys:
        """Return the hidden keys among these, or raise the fault."""
        self.asked.append(keys)
        if self.fault is not None:
            raise self.fault
        return {kind: some & self.hidden for kind, some in keys.items()}


@pytest.fixture
async def source(passes: Passes) -> AskedSource:
    """Return the source of an installation in which two people were synced, of whom one is read no more."""
    made = AskedSource()
    passes.sources = (made,)
    policy = Policy(on_leaver=Leaving.LOCK)
    passes.decide(policy=policy, limits=Limits(hold_configuration=False))
    made.employ(BOTH)
    await passes.run()
    made.employ(ONE)
    return made


async def test_whoever_the_source_still_has_is_present(passes: Passes, source: AskedSource) -> None:
    """Somebody whom the source has when it is asked by key stays as they are, and no grace begins."""
    source.hidden = frozenset({"a"})
    report = await passes.run()
    assert (report.run.exit, report.plan.operations, report.plan.leaving) == (0, (), ())
    assert source.asked == [{Kind.USER: frozenset({"a"})}]
    with passes.store.reading() as work:
        assert {link.missing_since for link in work.links.all()} == {None}


async def test_whoever_the_source_has_no_more_leaves(passes: Passes, source: AskedSource) -> None:
    """Somebody whom the source lacks twice is locked, after one question."""
    report = await passes.run()
    assert [operation.action for operation in report.plan.operations] == [Action.LOCK]
    assert len(source.asked) == 1


async def test_nobody_is_asked_for_where_nobody_is_absent(passes: Passes, source: AskedSource) -> None:
    """A source of which nobody is missing is asked for nobody."""
    source.employ(BOTH)
    await passes.run()
    assert source.asked == []


async def test_a_source_that_cannot_be_asked_again_is_not_read_whole(passes: Passes, source: AskedSource) -> None:
    """A run whose only authority cannot be asked again ends like one that could not read it (I4)."""
    source.fault = SourceBroken("the server has gone")
    with pytest.raises(SourceBroken, match="the server has gone"):
        await passes.run()


async def test_the_people_of_another_source_are_synced_all_the_same(passes: Passes, source: AskedSource) -> None:
    """A source that cannot be asked again leaves its people as they are, and those of others are synced."""
    other = MemorySource("other")
    passes.sources = (source, other)
    decided = passes.decisions
    passes.decide(
        rules={**decided.rules, "other": decided.rules["ldap"]},
        expectations={**decided.expectations, "other": decided.expectations["ldap"]},
    )
    other.employ(Company({}, {"c": Person("cleo", "Cleo", "3", "", "", "")}))
    source.fault = SourceBroken("the server has gone")
    report = await passes.run()
    assert [(operation.source, operation.action) for operation in report.plan.operations] == [("other", Action.CREATE)]
    assert report.run.exit == 3
