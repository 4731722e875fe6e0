"""The shadow weighs lists, events and our own writes by their times, on both databases."""

import pytest

from syncd.app.ports import Settled
from syncd.app.records import EventState, Ingested
from syncd.model.events import Topic
from syncd.model.links import Link
from syncd.model.meetings import KnownMeeting
from syncd.model.objects import Department, Kind, Mirror, PlatformDepartment, PlatformUser, User
from syncd.model.rooms import PlatformRoom, Room
from syncd.plan.ingesting import Known
from syncd.plan.values import Action, Operation, Reason
from syncd.shadow.store import Store
from syncd.testing.postbox import posted, receive

ROOM = PlatformRoom("R", Room("一"))
MEETING = KnownMeeting("M", "R", "周会", 1, 2, ("U",))
SALES = PlatformDepartment("D", Department("销售"))


def user(name: str, platform_id: str = "U") -> PlatformUser:
    """Return a user of this name."""
    return PlatformUser(platform_id, User("anna", name, "", "", "", "", ""), status=1)


def refresh(store: Store, mirror: Mirror, as_of: float) -> tuple[Mirror, frozenset[tuple[Topic, str]]]:
    """Take over lists; return what stands then, and what changed."""
    with store.unit_of_work() as work:
        found = work.shadow.replace(mirror, as_of)
        work.commit()
    with store.reading() as work:
        assert {one.id for one in work.shadow.mirror().users} == {one.id for one in found.mirror.users}
    return found.mirror, found.changed


def learn(store: Store, topic: Topic, object_id: str, known: Known | None) -> None:
    """Take over what is known of one object."""
    with store.unit_of_work() as work:
        work.shadow.learn(topic, {object_id: known})
        work.commit()


def told_gone(store: Store, name: str, object_id: str, at: float, state: EventState = EventState.DONE) -> None:
    """Store and settle an event that told that an object is gone."""
    receive(store, [posted(name, [object_id], at)])
    with store.unit_of_work() as work:
        work.inbox.settle([Ingested(work.inbox.latest(1)[0].id, state, (object_id,))])
        work.commit()


@pytest.mark.parametrize(
    ("topic", "shown"),
    [(Topic.USER, user("A")), (Topic.DEPARTMENT, SALES), (Topic.ROOM, ROOM), (Topic.MEETING, MEETING)],
)
def test_what_is_learned_is_known(
    store: Store, topic: Topic, shown: PlatformUser | PlatformDepartment | PlatformRoom | KnownMeeting
) -> None:
    """What is learned of an object of any topic is known with date and origin, and forgotten once it is gone."""
    known = Known(shown, 5.0, "event")
    learn(store, topic, shown.id, known)
    with store.reading() as work:
        assert work.shadow.known(topic, [shown.id, "other"]) == {shown.id: known}
    learn(store, topic, shown.id, None)
    with store.reading() as work:
        assert work.shadow.known(topic, [shown.id]) == {}


@pytest.mark.parametrize("origin", ["event", "write"])
def test_a_list_overwrites_nothing_that_changed_after_it_was_asked_for(store: Store, origin: str) -> None:
    """A list changes nothing that changed after it was asked for, neither by what it shows nor by what it omits."""
    learn(store, Topic.USER, "U", Known(user("new"), 11.0, origin))
    learn(store, Topic.USER, "V", Known(user("added", "V"), 11.0, origin))
    mirror, changed = refresh(store, Mirror((user("old"),)), 10.0)
    assert {one.id: one.fields.name for one in mirror.users} == {"U": "new", "V": "added"}
    assert changed == frozenset()


@pytest.mark.parametrize(
    ("origin", "as_of"), [("event", 10.0), ("write", 9.0), ("refresh", 11.0), ("event", 7200.0), ("write", 7200.0)]
)
def test_a_list_overwrites_what_is_older(store: Store, origin: str, as_of: float) -> None:
    """A list overwrites what is older, what a list has shown, and what lies too far in its future to be true."""
    learn(store, Topic.USER, "U", Known(user("old"), as_of, origin))
    mirror, changed = refresh(store, Mirror((user("new"),)), 10.0)
    assert [one.fields.name for one in mirror.users] == ["new"]
    assert changed == {(Topic.USER, "U")}


def test_a_list_brings_nobody_back_of_whom_an_event_told(store: Store) -> None:
    """A list brings back nobody of whom an ingested event told, since it was asked for, that they are gone."""
    told_gone(store, "user_remove", "U", 11.0)
    told_gone(store, "user_remove", "V", 9.0)
    told_gone(store, "user_remove", "W", 11.0, EventState.PENDING)
    everybody = (user("u"), user("v", "V"), user("w", "W"))
    mirror, _ = refresh(store, Mirror(everybody, (PlatformDepartment("U", Department("x")),)), 10.0)
    assert [one.id for one in mirror.users] == ["V", "W"]
    assert [one.id for one in mirror.departments] == ["U"]
    assert refresh(store, Mirror(everybody), 12.0)[0].users == everybody


def test_a_list_brings_nobody_back_whom_we_removed(store: Store) -> None:
    """A list brings back nobody whom we removed since it was asked for."""
    operation = Operation("1", Kind.USER, Action.REMOVE, "k", "ldap", "U", "", "", {}, Reason.LEFT)
    with store.unit_of_work() as work:
        work.runs.start("run", 1.0, "f", b"{}")
        work.runs.record("run", [Settled(operation, "done", platform_id="U", at=11.0)], frozenset())
        work.commit()
    assert refresh(store, Mirror((user("u"),)), 10.0)[0].users == ()


def test_a_status_that_becomes_known_is_no_change(store: Store) -> None:
    """A status that becomes known is kept, and is no change."""
    unknown = PlatformUser("U", user("A").fields)
    learn(store, Topic.USER, "U", Known(unknown, 5.0, "write"))
    mirror, changed = refresh(store, Mirror((user("A"),)), 10.0)
    assert (mirror.users[0].status, changed) == (1, frozenset())


@pytest.mark.parametrize(("as_of", "name"), [(9.0, "written"), (10.0, "written"), (11.0, "told"), (7200.0, "written")])
def test_our_own_write_does_not_undo_what_an_event_told_after_it(store: Store, as_of: float, name: str) -> None:
    """Our own write does not undo what an event told after it, unless that lies too far ahead to be true."""
    learn(store, Topic.USER, "U", Known(user("told"), as_of, "event"))
    with store.unit_of_work() as work:
        work.shadow.put([Known(user("written"), 10.0, "write"), Known(user("new", "V"), 10.0, "write")])
        work.commit()
    with store.reading() as work:
        assert [one.fields.name for one in work.shadow.mirror().users] == [name, "new"]


def test_links_are_found_by_their_objects_and_by_their_keys(store: Store) -> None:
    """Links are found by their objects and by their keys, among those of another kind and among many."""
    links = [Link(Kind.USER, "ldap", f"k{number}", f"U{number}") for number in range(3)]
    with store.unit_of_work() as work:
        work.links.put([*links, Link(Kind.DEPARTMENT, "ldap", "d", "U9")])
        work.commit()
    with store.reading() as work:
        assert work.links.of(Kind.USER, ["U1", "U9", "X"]) == {"U1": links[1]}
        assert work.links.of(Kind.USER, []) == {}
        named = [(Kind.USER, "ldap", "k2"), (Kind.USER, "ldap", "k0"), (Kind.DEPARTMENT, "ldap", "k1")]
        assert work.links.named(named) == (links[0], links[2])
        assert work.links.named([]) == ()
        many = [(Kind.USER, "ldap", f"k{number}") for number in range(20_000)]
        assert work.links.named(many) == tuple(links)
        assert work.links.of(Kind.USER, [f"U{number}" for number in range(40_000)]).keys() == {"U0", "U1", "U2"}
