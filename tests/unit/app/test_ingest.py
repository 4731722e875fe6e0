"""Events change the shadow in the order of their time, and the state of each tells what became of it."""

import asyncio

import pytest

from syncd.app.export import export_lines
from syncd.app.ingest import Ingestion, ingest_pending
from syncd.app.records import EventState, InboxEvent, Received
from syncd.errors import AnswerLost, Refused
from syncd.model.events import Topic
from syncd.model.objects import Kind, PlatformUser
from syncd.plan.ingesting import Known
from syncd.testing.company import Company, Person, Unit
from syncd.testing.passes import Passes
from syncd.testing.postbox import Postbox, posted, receive
from tests.kit.failing_calls import each
from tests.kit.passing import ingest_of, user_ids

HOUR = 3600.0
COMPANY = Company(
    {"d": Unit("财务部")},
    {
        "a": Person("anna", "安娜", "13800000001", "anna@x", "经理", "d"),
        "b": Person("bert", "Bert", "13800000002", "", "", ""),
    },
)


class Scene:
    """An installation with two people and a department in place, whose platform posts what changes on it."""

    def __init__(self, passes: Passes, runner: asyncio.Runner) -> None:
        self.passes, self.run = passes, runner.run
        self.passes.sources[0].employ(COMPANY)
        self.run(self.passes.approved())
        self.company = self.passes.platform.company
        self.box = Postbox(self.company, lambda: self.passes.now)
        self.asked: list[str] = []
        self.passes.platform.before = self.note
        self.ids = user_ids(passes)
        self.tell(posted("user_update", [self.company.state.users["1"]], self.passes.now))
        self.asked.clear()

    async def note(self, call: str, object_id: str) -> None:
        """Note what is asked."""
        self.asked.append(f"{call} {object_id}".strip())

    def ingest(self) -> Ingestion:
        """Ingest what is pending."""
        return self.run(ingest_pending(ingest_of(self.passes)))

    def tell(self, *events: Received) -> Ingestion:
        """Receive events and ingest them."""
        receive(self.passes.store, events)
        return self.ingest()

    def edit(self, later: float = 10.0, **fields: str) -> Received:
        """Change Anna as an administrator does, so many seconds later, and return the event."""
        self.passes.now += later
        self.company.update_user({"id": self.ids["anna"], **fields})
        return self.box.taken()[-1]

    def known(self, account: str = "anna") -> Known | None:
        """Return what the shadow holds of somebody."""
        with self.passes.store.reading() as work:
            return work.shadow.known(Topic.USER, [self.ids[account]]).get(self.ids[account])

    def phone(self) -> str | None:
        """Return Anna's phone in the shadow."""
        known = self.known()
        assert known is not None
        assert isinstance(known.shown, PlatformUser)
        return known.shown.fields.phone

    @property
    def latest(self) -> InboxEvent:
        """Return the event that came last."""
        with self.passes.store.reading() as work:
            return work.inbox.latest(1)[0]


@pytest.fixture
def scene(passes: Passes, runner: asyncio.Runner) -> Scene:
    """Return the installation with two people and a department in place."""
    return Scene(passes, runner)


def test_a_change_arrives_in_the_shadow_with_its_time(scene: Scene) -> None:
    """A change that an event tells is in the shadow with the event's time, counts as drift and costs no call."""
    event = scene.edit(phone="139")
    done = scene.tell(event)
    known = scene.known()
    assert known is not None
    assert (scene.phone(), known.as_of, known.origin) == ("139", event.time_stamp, "event")
    assert (scene.latest.state, scene.latest.objects) == (EventState.DONE, (scene.ids["anna"],))
    assert done.drifted == {(Kind.USER, "ldap", "a")}
    assert scene.asked == []


def test_what_an_event_told_is_exported_so(scene: Scene) -> None:
    """`export` says that a value came from an event, also after a refresh that shows the same."""
    event = scene.edit(phone="139")
    scene.tell(event)
    scene.passes.now += 60
    scene.run(scene.passes.plan())
    (anna,) = (one for one in export_lines(scene.passes.store, (Kind.USER,)) if one["key"] == "a")
    assert (anna["shadow_origin"], anna["shadow_as_of"], anna["shadow"]["phone"]) == ("event", event.time_stamp, "139")


def test_our_own_write_that_comes_back_is_an_echo(scene: Scene) -> None:
    """An event that tells what syncd wrote itself is an echo and no drift."""
    scene.passes.sources[0].employ(Company(COMPANY.units, {**COMPANY.people, "c": Person("c", "C", "3", "", "", "d")}))
    scene.passes.now += 60
    scene.run(scene.passes.approved())
    assert scene.tell(*scene.box.taken()).drifted == frozenset()
    assert scene.latest.state == EventState.ECHO


def test_what_came_late_is_never_taken_over(scene: Scene) -> None:
    """An event that came late is not taken over: the platform is asked, and what it shows counts."""
    first, second = scene.edit(phone="139"), scene.edit(phone="137")
    scene.tell(second)
    scene.tell(first)
    assert scene.phone() == "137"
    assert scene.asked == [f"user/get {scene.ids['anna']}"]
    assert scene.latest.state == EventState.DONE


def test_within_one_batch_the_time_stamps_decide(scene: Scene) -> None:
    """Within one batch the latest time stamp decides, without a question to the platform."""
    first, second = scene.edit(phone="139"), scene.edit(phone="137")
    scene.tell(second, first)
    assert scene.phone() == "137"
    assert scene.asked == []


def test_a_repetition_has_no_effect(scene: Scene) -> None:
    """A repeated message has no effect, even after another change and with a new time stamp."""
    first = scene.edit(phone="139")
    scene.tell(first)
    scene.tell(first)
    assert scene.latest.state == EventState.REPEATED
    scene.tell(scene.edit(phone="137"))
    scene.passes.now += 10
    again = Received(scene.passes.now, scene.passes.now, first.type, first.digest, first.body)
    scene.tell(again)
    assert (scene.phone(), scene.latest.state) == ("137", EventState.REPEATED)


def test_the_same_change_made_again_is_none(scene: Scene) -> None:
    """A change that is made, replaced and made again counts, though its message came before."""
    scene.tell(scene.edit(phone="139"))
    scene.tell(scene.edit(phone="137"))
    scene.tell(scene.edit(phone="139"))
    assert (scene.phone(), scene.latest.state) == ("139", EventState.DONE)


@pytest.mark.parametrize("away", [-2 * HOUR, 2 * HOUR])
def test_a_stale_event_leads_to_a_look(scene: Scene, away: float) -> None:
    """A stale event changes nothing by itself: the platform is asked, and its answer counts."""
    event = scene.edit(phone="139")
    scene.edit(phone="137")
    scene.tell(Received(event.received_at, event.received_at + away, event.type, event.digest, event.body))
    assert (scene.phone(), scene.latest.state) == ("137", EventState.STALE)
    assert scene.asked == [f"user/get {scene.ids['anna']}"]


def test_a_removal_of_a_linked_user_is_looked_at(scene: Scene) -> None:
    """The removal of a linked user is drift once the platform confirms it, and nothing where it does not."""
    scene.passes.now += 10
    scene.tell(posted("user_remove", [scene.ids["anna"]], scene.passes.now))
    assert scene.known() is not None
    scene.passes.now += 10
    scene.company.remove_user({"userId": scene.ids["anna"]})
    done = scene.tell(*scene.box.taken())
    assert scene.known() is None
    assert done.drifted == {(Kind.USER, "ldap", "a")}


def test_strangers_come_and_go_at_their_events_word(scene: Scene) -> None:
    """Users whom nobody linked come and go as their events say, without a call and without drift."""
    scene.passes.now += 10
    scene.company.add_user({"id": "X", "name": "X", "account": "x"})
    scene.ids["x"] = "X"
    assert scene.tell(*scene.box.taken()).drifted == frozenset()
    assert scene.known("x") is not None
    scene.passes.now += 10
    scene.company.remove_user({"userId": "X"})
    scene.tell(*scene.box.taken())
    assert scene.known("x") is None
    assert scene.asked == []


def test_an_addition_that_comes_after_its_removal_makes_nobody(scene: Scene) -> None:
    """An addition that comes after the removal of the same user makes nobody in the shadow."""
    scene.passes.now += 10
    scene.company.add_user({"id": "X", "name": "X", "account": "x"})
    scene.passes.now += 10
    scene.company.remove_user({"userId": "X"})
    added, removed = scene.box.taken()
    scene.tell(removed)
    scene.tell(added)
    scene.ids["x"] = "X"
    assert scene.known("x") is None


def test_a_value_that_became_empty_is_looked_at(scene: Scene) -> None:
    """A value that an event leaves out stays, and one that is empty on the platform becomes empty."""
    scene.passes.now += 10
    anna = {key: value for key, value in scene.company.state.users[scene.ids["anna"]].items() if key != "phone"}
    scene.tell(posted("user_update", [anna], scene.passes.now))
    assert scene.phone() == "13800000001"
    scene.tell(scene.edit(phone=""))
    assert scene.phone() == ""


def test_what_makes_no_sense_is_dead_and_holds_up_nothing(scene: Scene) -> None:
    """An event that makes no sense is dead with the reason, and holds up no other event."""
    broken = posted("user_update", ["no user"], scene.passes.now + 5)
    done = scene.tell(broken, scene.edit(phone="139"))
    assert scene.phone() == "139"
    assert done.states == {EventState.DEAD: 1, EventState.DONE: 1}
    with scene.passes.store.reading() as work:
        (dead,) = work.inbox.latest(9, EventState.DEAD)
    assert "not what the document describes" in dead.message


def test_a_type_that_nobody_knows_is_kept(scene: Scene) -> None:
    """An event of an unknown type is done and counted by name, and its message says that the type is unknown."""
    done = scene.tell(posted("user_moved", ["X"], scene.passes.now + 5), posted("x" * 999, [], scene.passes.now + 6))
    assert done.unknown == {"user_moved": 1, "x" * 64: 1}
    scene.tell(posted("user_moved", [], scene.passes.now + 7))
    assert scene.latest.state == EventState.DONE
    assert "user_moved is no type that syncd knows" in scene.latest.message


def test_where_the_platform_does_not_answer_only_doubts_wait(scene: Scene) -> None:
    """Where the platform does not answer only doubtful events wait, and they are ingested once it answers."""
    first, second = scene.edit(phone="139"), scene.edit(phone="137")
    scene.tell(second)
    scene.passes.platform.before = each(lambda: AnswerLost("no answer"), "user/get")
    scene.passes.now += 10
    scene.company.update_user({"id": scene.ids["bert"], "phone": "136"})
    done = scene.tell(first, *scene.box.taken())
    assert (done.postponed, str(done.fault)) == (1, "no answer")
    assert done.states == {EventState.DONE: 1}
    scene.passes.platform.before = scene.note
    assert scene.ingest().states == {EventState.DONE: 1}
    assert scene.phone() == "137"


def test_what_the_platform_refuses_to_show_is_dead(scene: Scene) -> None:
    """An event is dead, with the platform's words, where the platform refuses to show its object."""
    scene.passes.platform.before = each(lambda: Refused("71999", "not for you"), "user/get")
    scene.passes.now += 10
    scene.tell(posted("user_remove", [scene.ids["anna"]], scene.passes.now))
    assert scene.latest.state == EventState.DEAD
    assert "not for you" in scene.latest.message


def test_many_doubts_are_one_list(scene: Scene) -> None:
    """Many doubtful objects cost one call, which lists all users."""
    scene.passes.now += 10
    scene.tell(posted("user_update", [{"id": f"X{number}"} for number in range(50)], scene.passes.now))
    assert scene.asked == ["user/list"]


def test_a_clock_that_runs_ahead_makes_no_row_of_the_future(scene: Scene) -> None:
    """An event from a clock that runs ahead is dated by its receipt, so that a later list counts."""
    event = scene.edit(phone="139")
    scene.tell(Received(event.received_at, event.received_at + 600, event.type, event.digest, event.body))
    known = scene.known()
    assert known is not None
    assert known.as_of == event.received_at
    scene.passes.now += 10
    scene.company.update_user({"id": scene.ids["anna"], "phone": "135"})
    scene.run(scene.passes.plan())
    assert scene.phone() == "135"
