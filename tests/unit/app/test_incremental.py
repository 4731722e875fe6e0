"""A change that the directory tells of is written by a small plan, and everything else is left to a whole pass."""

import asyncio

import msgspec
import pytest

from syncd.app.incremental import Followed, Incremental
from syncd.app.small_plan import EVERY_FIELD, FRESH
from syncd.errors import Refused, RunInProgress, SourceBroken
from syncd.mapping.rules import Compiled, SourceRules, UserRules
from syncd.model import dn
from syncd.model.source import Changes, Entry
from syncd.plan.rules import Leaving, Policy
from syncd.testing.company import Company, Person, Unit
from syncd.testing.passes import MemoryFeed, Passes
from tests.kit.failing_calls import each

ANNA = Person("anna", "安娜", "138", "anna@x", "", "d1")
BERT = Person("bert", "Bert", "139", "", "", "d1")
COMPANY = Company({"d1": Unit("销售", "")}, {"a": ANNA, "b": BERT})


class Scene:
    """An installation with people in place, whose directory tells of changes."""

    def __init__(self, passes: Passes, runner: asyncio.Runner) -> None:
        self.passes, self.runner = passes, runner
        (self.source,) = passes.sources
        self.feed = MemoryFeed(self.source.name)
        self.source.employ(COMPANY)
        self.runner.run(self.passes.approved())
        self.passes.platform.calls.clear()
        self.incremental = Incremental(self.passes.world(), (self.feed,))

    def change(self, company: Company, *keys: str, is_due: bool = False) -> None:
        """Put another company into the directory, and report these entries as changed."""
        self.source.employ(company)
        users = tuple(one for one in self.source.snapshot.users if one.key in keys)
        units = tuple(one for one in self.source.snapshot.departments if one.key in keys)
        self.feed.next = Changes(self.source.name, users, units, is_due)

    def look(self) -> Followed:
        """Look for changes, a moment later."""
        self.passes.now += 10
        return self.runner.run(self.incremental.look(self.passes.stop, lambda _: None))

    def shown(self) -> dict[str, str]:
        """Return the name that the platform shows of each account."""
        return {one["account"]: one["name"] for one in self.passes.platform.company.state.users.values()}


@pytest.fixture
def scene(passes: Passes, runner: asyncio.Runner) -> Scene:
    """Return the installation with people in place."""
    return Scene(passes, runner)


def with_person(key: str, person: Person, company: Company = COMPANY) -> Company:
    """Return the company with this person under this key."""
    return Company(company.units, {**company.people, key: person})


def test_a_change_is_written_by_a_small_plan_without_a_whole_read(scene: Scene) -> None:
    """A change is written by a small plan without a whole pass, and the next look finds nothing to do."""
    scene.change(with_person("a", msgspec.structs.replace(ANNA, name="安娜·新")), "a")
    done = scene.look()
    assert (done.changed, done.whole_pass_due, done.report is not None) == (1, False, True)
    assert scene.shown()["anna"] == "安娜·新"
    assert scene.look() == Followed()


def test_what_is_told_and_has_not_changed_costs_no_plan(scene: Scene) -> None:
    """Entries that are told of and have not changed cost neither a plan nor a call."""
    scene.change(COMPANY, "a", "b", "d1")
    assert scene.look() == Followed()
    assert scene.passes.platform.calls == []


def test_somebody_new_is_made_with_the_department(scene: Scene) -> None:
    """A new person who is told of together with a new department is made by the same look."""
    company = Company(
        {**COMPANY.units, "d2": Unit("研发", "")}, {**COMPANY.people, "c": Person("cai", "蔡", "", "", "", "d2")}
    )
    scene.change(company, "c", "d2")
    assert scene.look().changed == 2
    assert scene.shown()["cai"] == "蔡"


def test_somebody_told_of_before_the_new_department_waits_for_it(scene: Scene) -> None:
    """A new person who is told of before the new department is made with it, and a whole pass is due meanwhile."""
    company = Company(
        {**COMPANY.units, "d2": Unit("研发", "")}, {**COMPANY.people, "c": Person("cai", "蔡", "", "", "", "d2")}
    )
    scene.change(company, "c")
    assert scene.look().whole_pass_due
    assert "cai" not in scene.shown()
    scene.change(company, "d2")
    scene.look()
    (cai,) = [user for user in scene.passes.platform.company.state.users.values() if user["account"] == "cai"]
    assert scene.passes.platform.company.state.departments[cai["departmentId"]]["name"] == "研发"


def test_somebody_moved_below_a_department_that_is_not_told_yet_stays(scene: Scene) -> None:
    """A person who has moved below a department that nobody has told of stays where they are until it is known."""
    before = {user["account"]: user["departmentId"] for user in scene.passes.platform.company.state.users.values()}
    units = {**COMPANY.units, "d2": Unit("研发", "d1"), "d3": Unit("平台", "d2")}
    company = Company(units, {**COMPANY.people, "a": msgspec.structs.replace(ANNA, department="d3", position="x")})
    scene.change(company, "a")
    assert scene.look().whole_pass_due
    (anna,) = [user for user in scene.passes.platform.company.state.users.values() if user["account"] == "anna"]
    assert (anna["departmentId"], anna["position"]) == (before["anna"], "x")


def test_who_is_gone_stays_until_a_whole_pass_which_is_due(scene: Scene) -> None:
    """A person who is gone from the directory stays until the whole pass, which is due (DESIGN 6, guards)."""
    scene.change(Company(COMPANY.units, {"a": ANNA}), is_due=True)
    assert scene.look() == Followed(whole_pass_due=True)
    assert set(scene.shown()) >= {"anna", "bert"}


def test_who_is_disabled_stays_until_a_whole_pass_which_is_due(scene: Scene) -> None:
    """A person who is disabled is not locked by a small plan, and a whole pass is due."""
    scene.passes.decide(policy=Policy(on_disabled=Leaving.LOCK, remove_after=0))
    scene.incremental = Incremental(scene.passes.world(), (scene.feed,))
    scene.change(COMPANY)
    entry = next(one for one in scene.source.snapshot.users if one.key == "a")
    disabled = Entry(entry.key, entry.locator, {**entry.attributes, "useraccountcontrol": ("514",)}, entry.path)
    scene.feed.next = Changes(scene.source.name, (disabled,))
    assert scene.look().whole_pass_due
    assert scene.passes.platform.calls == []


def test_a_department_that_stands_elsewhere_now_makes_a_whole_pass_due(scene: Scene) -> None:
    """A department that was moved in the directory makes a whole pass due."""
    unit = next(one for one in scene.source.snapshot.departments if one.key == "d1")
    moved = Entry(unit.key, "ou=x", unit.attributes, dn.parse("ou=x,dc=example,dc=com"))
    scene.feed.next = Changes(scene.source.name, departments=(moved,))
    assert scene.look().whole_pass_due


def test_what_another_run_keeps_from_being_written_is_written_at_the_next_look(scene: Scene) -> None:
    """A change that a run in progress keeps from being written is written at the next look."""
    scene.change(with_person("a", msgspec.structs.replace(ANNA, name="新")), "a")
    with scene.passes.store.lock(), pytest.raises(RunInProgress):
        scene.look()
    assert scene.shown()["anna"] == "安娜"
    assert scene.look().changed == 1
    assert scene.shown()["anna"] == "新"


def test_a_whole_pass_stays_due_while_small_plans_have_to_wait(scene: Scene) -> None:
    """A whole pass stays due, and is told once, when a run in progress keeps a look from writing."""
    scene.change(with_person("a", msgspec.structs.replace(ANNA, name="新")), "a", is_due=True)
    with scene.passes.store.lock(), pytest.raises(RunInProgress):
        scene.look()
    assert scene.look().whole_pass_due
    assert not scene.look().whole_pass_due


def test_what_was_told_while_the_directory_could_not_be_read_again_is_left_to_a_whole_pass(scene: Scene) -> None:
    """A change that was told while the directory could not be read again makes a whole pass due."""
    scene.passes.now += FRESH
    scene.change(with_person("a", msgspec.structs.replace(ANNA, name="新")), "a")
    scene.source.error = SourceBroken("the server is away")
    with pytest.raises(SourceBroken):
        scene.look()
    scene.source.error = None
    assert scene.look().whole_pass_due


def test_a_feed_that_cannot_tell_is_named(scene: Scene) -> None:
    """A feed that fails is named, and no call is made because of it."""
    scene.feed.next = SourceBroken("the server is away")
    assert [str(one) for one in scene.look().faults] == ["the server is away"]
    assert scene.passes.platform.calls == []


def test_a_whole_pass_counts_what_no_feed_has_told(scene: Scene) -> None:
    """A change that a whole pass finds and no feed tells of soon after is counted as missed, once."""
    changed = with_person("a", msgspec.structs.replace(ANNA, name="新"))
    changed = with_person("b", msgspec.structs.replace(BERT, name="也新"), changed)
    before = scene.passes.last.directory
    scene.source.employ(changed)
    scene.runner.run(scene.passes.run())
    scene.incremental.compare(before, scene.passes.last.directory)
    scene.change(changed, "a")
    assert scene.look().missed == 1
    assert scene.look().missed == 0


def test_what_another_source_adds_counts_as_missed_by_nobody(scene: Scene) -> None:
    """A value that becomes another one while its entry stays the same does not count as missed."""
    before = scene.passes.last.directory
    scene.passes.decide(rules={scene.source.name: Compiled(SourceRules(UserRules(position="{{ today }}")))})
    scene.runner.run(scene.passes.approved())
    scene.incremental.compare(before, scene.passes.last.directory)
    assert scene.look().missed == 0


def test_before_the_first_whole_read_there_is_nothing_to_look_for(passes: Passes) -> None:
    """A look before the first whole read finds nothing, and leaves no feed open."""
    feed = MemoryFeed("ldap")
    incremental = Incremental(passes.world(), (feed,))
    assert asyncio.run(incremental.begin(passes.stop)) == ()
    assert asyncio.run(incremental.look(passes.stop, lambda _: None)) == Followed()
    incremental.end()
    assert feed.begun == 0


def test_a_change_arrives_where_drift_is_only_reported(scene: Scene) -> None:
    """A change of the directory is written also where drift is only reported."""
    scene.passes.decide(policy=Policy(report_drift=EVERY_FIELD))
    scene.incremental = Incremental(scene.passes.world(), (scene.feed,))
    scene.change(with_person("a", msgspec.structs.replace(ANNA, name="安娜·新")), "a")
    assert scene.look().report is not None
    assert scene.shown()["anna"] == "安娜·新"


def test_somebody_whom_the_platform_refuses_keeps_nobody_elses_change_waiting(scene: Scene) -> None:
    """A user whom the platform refuses keeps nobody else's change from being written by a small plan (I11)."""
    company = with_person("c", Person("cai", "蔡", "", "", "", ""))
    scene.source.employ(company)
    scene.passes.platform.before = each(lambda: Refused("99999", "no such people here"), "user/add")
    assert scene.runner.run(scene.passes.run()).run.outcome in ("partial", "failed")
    scene.change(with_person("a", msgspec.structs.replace(ANNA, name="安娜·新"), company), "a")
    scene.look()
    assert scene.shown()["anna"] == "安娜·新"
