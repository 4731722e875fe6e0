"""A pass of faces sends each picture once, takes away what it sent, and leaves everything else alone."""

from collections.abc import Iterator, Mapping
from contextlib import closing, nullcontext
from functools import cache
from pathlib import Path

import msgspec
import pytest

from syncd.app.face_giving import MOST_AGAIN, MOST_FAULTS, Outcome
from syncd.app.faces import Faces, FacesReport, give_faces
from syncd.app.ports import Pictures
from syncd.app.reconcile import Request
from syncd.app.stopping import Stop
from syncd.directory.pictures import ValuePictures
from syncd.errors import (
    AnswerLost,
    ConfigurationError,
    PlatformUnreachable,
    Refused,
    RunInProgress,
    SourceBroken,
    SourceError,
    SourceUnreachable,
    SyncdError,
)
from syncd.mapping.joining import Join
from syncd.mapping.rules import Compiled, SourceRules, UserRules
from syncd.model.actors import Actor
from syncd.model.faces import FaceState, Picture, Sought
from syncd.model.objects import Kind
from syncd.model.source import Certificate, Entry, Grade
from syncd.plan.certificate import Expectations
from syncd.plan.rules import Leaving, Limit, Limits, Policy
from syncd.platform.fitting import fitted
from syncd.testing.company import Company, generated
from syncd.testing.leases import LosableLease
from syncd.testing.likenesses import likeness as drawn
from syncd.testing.passes import USUAL, MemorySource, Passes
from tests.kit import failing_calls
from tests.kit.passing import platform_ids

likeness = cache(drawn)


class Gallery(Passes):
    """An installation whose people may have pictures, by key."""

    def __init__(self, folder: Path, company: Company) -> None:
        super().__init__(folder)
        self.company, self.pictures = company, dict[str, bytes | str]()
        self.further: dict[str, Pictures] = {}
        self.beside: tuple[MemorySource, ...] = ()
        self.keeps = False
        self.decide(rules={"ldap": Compiled(SourceRules(UserRules(face="jpegPhoto")))})
        self.limit_clear(Limit(None, 5, 10))

    def without(self, key: str) -> None:
        """Take a person out of the company."""
        people = {one: person for one, person in self.company.people.items() if one != key}
        self.company = Company(self.company.units, people)

    def limit_clear(self, limit: Limit) -> None:
        """Change limits.clear."""
        self.decide(limits=Limits({Kind.USER: {**USUAL, "clear": limit}, Kind.DEPARTMENT: USUAL}))

    def employ(self) -> None:
        """Put the company and its pictures into the directory."""
        source, *_ = self.sources
        assert isinstance(source, MemorySource)
        source.employ(self.company)
        users = tuple(
            msgspec.structs.replace(one, attributes={**one.attributes, **self._picture(one.key)})
            for one in source.snapshot.users
        )
        source.snapshot = msgspec.structs.replace(source.snapshot, users=users)

    def _picture(self, key: str) -> Mapping[str, tuple[bytes | str]]:
        return {"jpegphoto": (self.pictures[key],)} if key in self.pictures else {}

    async def settle(self) -> None:
        """Bring the company to the platform."""
        self.employ()
        await self.approved()

    async def faces(self, stop: Stop | None = None, who: tuple[str, ...] = ()) -> FacesReport:
        """Make a pass of faces, a minute after the last."""
        self.now += 60
        self.employ()
        self.platform.calls.clear()
        pictures: dict[str, Pictures] = {"ldap": ValuePictures("jpegPhoto"), **self.further}
        sources = (*self.sources, *self.beside)
        return await give_faces(self.world(), Faces(sources, pictures, fitted, self.keeps), stop or Stop(), who=who)

    @property
    def keys(self) -> list[str]:
        """Return everybody's key."""
        return sorted(self.company.people)

    def held_by(self, key: str) -> str:
        """Return the hash of the face that the platform has of somebody."""
        return self.platform.company.state.faces.get(platform_ids(self)[key], "")

    def take_away(self, key: str) -> None:
        """Take somebody's face away on the platform."""
        self.platform.company.clear_face({"userId": platform_ids(self)[key]})

    def state(self, key: str) -> FaceState | None:
        """Return what is known of somebody's face."""
        with self.store.reading() as work:
            known = work.faces.get("ldap", key)
        return known.state if known else None


@pytest.fixture
def gallery(tmp_path: Path) -> Iterator[Gallery]:
    """Return an installation of twelve people; it is closed afterwards."""
    with closing(Gallery(tmp_path, generated(12, 3))) as made:
        yield made


def counts(report: FacesReport) -> dict[str, int]:
    """Return what became of how many."""
    return dict(report.record.counts)


async def test_each_picture_is_sent_once_and_then_no_more(gallery: Gallery) -> None:
    """Each picture is sent once, a second pass makes no call, and only a changed picture is sent again."""
    await gallery.settle()
    first, second, *_ = gallery.keys
    gallery.pictures = {first: likeness(1), second: likeness(2)}
    report = await gallery.faces()
    assert (report.record.outcome, report.record.exit, counts(report)) == ("done", 0, {"sent": 2})
    assert gallery.held_by(first) != gallery.held_by(second) != ""
    again = await gallery.faces()
    assert (gallery.platform.calls, counts(again)) == ([], {})
    before = gallery.held_by(first)
    gallery.pictures[first] = likeness(3)
    assert counts(await gallery.faces()) == {"sent": 1}
    assert gallery.held_by(first) != before


async def test_a_picture_that_is_gone_takes_the_face_away_that_we_sent(gallery: Gallery) -> None:
    """A picture that is gone takes away the face that was sent for it, once, and no other face."""
    await gallery.settle()
    first, second, third, *_ = gallery.keys
    gallery.pictures = {first: likeness(1), second: likeness(2)}
    await gallery.faces()
    gallery.platform.company.state.faces["1"] = "of somebody's own"
    del gallery.pictures[first]
    assert counts(await gallery.faces()) == {"cleared": 1}
    assert (gallery.held_by(first), gallery.state(first), gallery.state(third)) == ("", FaceState.CLEARED, None)
    assert gallery.held_by(second)
    assert gallery.platform.company.state.faces["1"]
    assert counts(await gallery.faces()) == {}


async def test_what_policy_clear_names_goes_wherever_the_directory_has_no_picture(gallery: Gallery) -> None:
    """`policy.clear` takes a face away wherever the directory has no picture, whoever gave that face."""
    await gallery.settle()
    first, second, *_ = gallery.keys
    gallery.pictures = {first: likeness(1), second: likeness(2)}
    await gallery.faces()
    with gallery.store.unit_of_work() as work:
        work.faces.remove([("ldap", first)])
        work.commit()
    del gallery.pictures[first]
    assert counts(await gallery.faces()) == {}, "nothing is known of it, so it is somebody's own"
    gallery.decide(policy=Policy(remove_after=0, clear=frozenset({"face"})))
    assert counts(await gallery.faces()) == {"cleared": 1}
    assert (gallery.held_by(first), bool(gallery.held_by(second))) == ("", True)
    assert counts(await gallery.faces()) == {}


async def test_a_face_that_somebody_took_away_is_given_again(gallery: Gallery) -> None:
    """A face that somebody took away is sent again a few times, unless drift of faces is only reported."""
    await gallery.settle()
    first, second, *_ = gallery.keys
    gallery.pictures = {first: likeness(1), second: likeness(2)}
    await gallery.faces()
    before = gallery.held_by(first)
    gallery.take_away(first)
    gallery.decide(policy=Policy(report_drift=frozenset({"face"})))
    assert counts(await gallery.faces()) == {}
    gallery.decide(policy=Policy())
    for _ in range(MOST_AGAIN):
        assert counts(await gallery.faces()) == {"sent": 1}
        assert gallery.held_by(first) == before
        gallery.take_away(first)
    report = await gallery.faces()
    assert (counts(report), report.record.exit) == ({"refused": 1}, 4)
    assert report.troubles[0].message.startswith("the platform took it and lost it again, 3 times")
    assert counts(await gallery.faces()) == {}
    gallery.pictures[first] = likeness(3)
    assert counts(await gallery.faces()) == {"sent": 1}


async def test_a_platform_that_shows_no_face_is_not_sent_them_again(gallery: Gallery) -> None:
    """No face is sent again where the platform shows none at all."""
    await gallery.settle()
    first, second, *_ = gallery.keys
    gallery.pictures = {first: likeness(1), second: likeness(2)}
    await gallery.faces()
    for key in (first, second):
        gallery.take_away(key)
    assert counts(await gallery.faces()) == {}


@pytest.mark.parametrize("leaving", ["left", "disabled", "unmappable", "protected", "unlinked"])
async def test_whoever_is_not_ours_or_not_active_keeps_the_face(gallery: Gallery, leaving: str) -> None:
    """Whoever is gone, disabled, unmappable, protected or unlinked keeps the face, whatever the picture (I3, I12)."""
    await gallery.settle()
    first = gallery.keys[0]
    gallery.pictures = {first: likeness(1)}
    await gallery.faces()
    before = gallery.held_by(first)
    policy = Policy(on_leaver=Leaving.KEEP, remove_after=None)
    rules = UserRules(face="jpegPhoto")
    person = gallery.company.people[first]
    match leaving:
        case "left":
            company = gallery.company
            gallery.without(first)
            gallery.employ()
            gallery.decide(policy=policy)
            await gallery.run()
            gallery.company = company
        case "disabled":
            rules = UserRules(face="jpegPhoto", enabled=f"{{{{ uid != '{person.account}' }}}}")
        case "unmappable":
            rules = UserRules(face="jpegPhoto", account=f"{{{{ uid if uid != '{person.account}' }}}}")
        case "protected":
            policy = Policy(protected=frozenset({person.account}))
        case "unlinked":
            with gallery.store.unit_of_work() as work:
                work.links.remove([(Kind.USER, "ldap", first)])
                work.commit()
    gallery.decide(policy=policy, rules={"ldap": Compiled(SourceRules(rules))})
    for pictures in ({first: likeness(2)}, {}):
        gallery.pictures = dict(pictures)
        assert counts(await gallery.faces()) == {}
    assert before in gallery.platform.company.state.faces.values()


async def test_what_the_platform_refuses_is_remembered_until_the_picture_changes(gallery: Gallery) -> None:
    """A refused picture is reported once with its code, and sent again only when the picture changes."""
    await gallery.settle()
    first, second, *_ = gallery.keys
    gallery.pictures = {first: likeness(1), second: likeness(2)}

    async def refuses(call: str, _user: str) -> None:
        if call == "user/updateFace" and gallery.platform.calls == []:
            raise Refused("71001", "no face was found")

    gallery.platform.before = refuses
    report = await gallery.faces()
    assert (report.record.outcome, report.record.exit) == ("partial", 4)
    assert counts(report)["refused"] + counts(report).get("sent", 0) == 2
    refused = report.troubles[0]
    assert (refused.outcome, refused.code, refused.message) == (Outcome.REFUSED, "71001", "no face was found")
    gallery.platform.before = failing_calls.none
    again = await gallery.faces()
    assert (gallery.platform.calls, again.record.exit) == ([], 0)
    assert gallery.state(refused.key) is FaceState.REFUSED
    gallery.pictures[refused.key] = likeness(3)
    assert counts(await gallery.faces()) == {"sent": 1}
    assert gallery.state(refused.key) is FaceState.SENT


async def test_an_unfit_picture_is_told_once_and_the_face_before_stays(gallery: Gallery) -> None:
    """An unfit picture is told once and never sent, and the face that was there before stays."""
    await gallery.settle()
    first = gallery.keys[0]
    gallery.pictures = {first: likeness(1)}
    await gallery.faces()
    before = gallery.held_by(first)
    gallery.pictures = {first: drawn(1, 100, 100)}
    report = await gallery.faces()
    assert (report.record.exit, counts(report)) == (0, {"unfit": 1})
    assert report.troubles[0].message.startswith("It is 100 x 100 pixels, too poor")
    assert (gallery.held_by(first), counts(await gallery.faces())) == (before, {})
    gallery.pictures = {}
    assert counts(await gallery.faces()) == {"cleared": 1}


@pytest.mark.parametrize("error", [PlatformUnreachable("no connection"), AnswerLost("lost"), Refused("71009", "gone")])
async def test_what_fails_on_its_way_is_tried_again(gallery: Gallery, error: Exception) -> None:
    """A picture that fails on its way is sent again by the next pass (I2)."""
    await gallery.settle()
    first = gallery.keys[0]
    gallery.pictures = {first: likeness(1)}
    gallery.platform.after = failing_calls.each(lambda: error, "user/updateFace")
    report = await gallery.faces()
    assert (report.record.exit, counts(report), gallery.state(first)) == (4, {"failed": 1}, FaceState.FAILED)
    gallery.platform.after = failing_calls.none
    assert counts(await gallery.faces()) == {"sent": 1}
    with gallery.store.reading() as work:
        known = work.faces.get("ldap", first)
    assert known is not None
    assert (known.state, known.tries, known.message) == (FaceState.SENT, 0, "")


async def test_a_face_whose_answer_was_lost_goes_when_the_picture_goes(gallery: Gallery) -> None:
    """A face whose answer was lost is taken away when its picture goes, for the platform may have it."""
    await gallery.settle()
    first = gallery.keys[0]
    gallery.pictures = {first: likeness(1)}
    gallery.platform.after = failing_calls.each(lambda: AnswerLost("lost"), "user/updateFace")
    await gallery.faces()
    assert gallery.held_by(first)
    gallery.pictures = {}
    assert counts(await gallery.faces()) == {"cleared": 1}
    assert not gallery.held_by(first)


async def test_a_platform_that_is_away_is_not_asked_for_everybody(gallery: Gallery) -> None:
    """A pass ends after several calls could not reach the platform, and the next pass sends all pictures."""
    await gallery.settle()
    gallery.pictures = {key: likeness(number) for number, key in enumerate(gallery.keys)}
    gallery.platform.before = failing_calls.each(lambda: PlatformUnreachable("no connection"), "user/updateFace")
    report = await gallery.faces()
    assert report.record.exit == 4
    assert MOST_FAULTS <= counts(report)["failed"] < 12
    assert counts(report)["failed"] + counts(report)["pending"] == 12
    gallery.platform.before = failing_calls.none
    assert counts(await gallery.faces()) == {"sent": 12}


@pytest.mark.parametrize("refused", [False, True])
async def test_what_is_wrong_with_some_keeps_nobody_else_waiting(gallery: Gallery, refused: object) -> None:
    """However many values are no pictures or users are gone, everybody else is given the face (I11)."""
    await gallery.settle()
    *bad, good = gallery.keys
    gallery.pictures = {key: likeness(number) if refused else "no picture" for number, key in enumerate(bad)}
    gallery.pictures[good] = likeness(20)

    async def misses(call: str, _user: str) -> None:
        if call == "user/updateFace" and len(gallery.platform.calls) == 0:
            gallery.platform.refused.append((call, _user))
            if len(gallery.platform.refused) <= len(bad):
                raise Refused("71009", "User is not exist")

    if refused:
        gallery.platform.refused.clear()
        gallery.platform.before = misses
    assert counts(await gallery.faces()) == {"failed": len(bad), "sent": 1}


class Ending(ValuePictures):
    """Pictures whose source ends, by this fault, once some were given."""

    def __init__(self, fault: SyncdError, after: int) -> None:
        super().__init__("jpegPhoto")
        self._fault, self._left = fault, after

    def picture(self, sought: Sought, mark: str) -> Picture:
        """Return one, or the fault."""
        self._left -= 1
        if self._left < 0:
            raise self._fault
        return super().picture(sought, mark)


@pytest.mark.parametrize("fault", [SourceBroken("cut"), ConfigurationError("the token is refused")])
async def test_a_source_of_pictures_that_ends_in_the_middle_ends_the_pass(gallery: Gallery, fault: SyncdError) -> None:
    """A source of pictures that fails midway ends the pass, and the next pass sends the rest."""
    await gallery.settle()
    gallery.pictures = {key: likeness(number) for number, key in enumerate(gallery.keys)}
    gallery.further = {"ldap": Ending(fault, 3)}
    report = await gallery.faces()
    assert (report.record.outcome, report.record.exit, counts(report)) == ("partial", 4, {"sent": 3, "pending": 9})
    assert (report.troubles[0].message, report.lasts) == (str(fault), True)
    gallery.further = {}
    assert counts(await gallery.faces()) == {"sent": 9}


async def test_a_broken_read_sends_and_takes_away_nothing(gallery: Gallery) -> None:
    """A pass of faces ends before its first call when the read of the directory breaks (I4)."""
    await gallery.settle()
    gallery.pictures = {gallery.keys[0]: likeness(1)}
    await gallery.faces()
    (source,) = gallery.sources
    assert isinstance(source, MemorySource)
    source.error = SourceBroken("the connection ended")
    gallery.pictures = {gallery.keys[1]: likeness(2)}
    with pytest.raises(SourceBroken):
        await gallery.faces()
    assert gallery.platform.calls == []


@pytest.mark.parametrize("error", [SourceBroken("cut"), SourceUnreachable("not mounted")])
async def test_a_broken_source_keeps_nobody_elses_faces(gallery: Gallery, error: SourceError) -> None:
    """A broken source keeps nobody of another source from their face, and the pass ends with exit code 4."""
    await gallery.settle()
    gallery.pictures = {gallery.keys[0]: likeness(1)}
    other = MemorySource("hr")
    other.error = error
    gallery.further, gallery.beside = {"hr": ValuePictures("photo")}, (other,)
    report = await gallery.faces()
    assert (report.record.outcome, report.record.exit, counts(report)) == ("partial", 4, {"sent": 1})
    assert report.troubles[0].message == str(error)


async def test_a_doubtful_read_takes_nothing_away_until_a_person_says_so(gallery: Gallery) -> None:
    """A doubtful read still sends pictures, but holds the faces that it would take away."""
    await gallery.settle()
    first, second, *_ = gallery.keys
    gallery.pictures = {first: likeness(1)}
    await gallery.faces()
    (source,) = gallery.sources
    assert isinstance(source, MemorySource)
    source.snapshot = msgspec.structs.replace(
        source.snapshot, certificate=Certificate(Grade.UNPROVEN, (), ("a referral was not followed",))
    )
    gallery.pictures = {second: likeness(2)}
    report = await gallery.faces()
    assert (report.record.exit, counts(report)) == (3, {"sent": 1, "held": 1})
    assert gallery.held_by(first)


async def test_many_faces_are_taken_away_only_once_a_person_says_so(gallery: Gallery) -> None:
    """`limits.clear` holds the removal of many faces as a plan of its own until a person approves that plan."""
    await gallery.settle()
    gallery.limit_clear(Limit(None, 5, 3))
    gallery.pictures = {key: likeness(number) for number, key in enumerate(gallery.keys)}
    await gallery.faces()
    for key in gallery.keys[:3]:
        del gallery.pictures[key]
    report = await gallery.faces()
    assert (report.record.outcome, report.record.exit, counts(report)) == ("held", 3, {"held": 3})
    assert report.held is not None
    (guard,) = report.held.guards
    assert (guard.name, guard.action, guard.actual, guard.base) == ("limits", "clear face", 3, 12)
    await gallery.run()
    with gallery.store.reading() as work:
        (held,) = work.held.all()
    assert held.fingerprint == report.held.fingerprint
    await gallery.run(Request(approve=held.fingerprint, actor=Actor("a test", 0)))
    assert counts(await gallery.faces()) == {"cleared": 3}
    with gallery.store.reading() as work:
        assert (work.held.all(), work.approvals.valid(0)) == ((), frozenset())


async def test_what_is_held_is_forgotten_when_the_pictures_are_back(gallery: Gallery) -> None:
    """A held removal of faces is forgotten once the pictures are back."""
    await gallery.settle()
    gallery.limit_clear(Limit(count=0))
    gallery.pictures = {gallery.keys[0]: likeness(1)}
    await gallery.faces()
    pictures, gallery.pictures = gallery.pictures, {}
    assert (await gallery.faces()).record.exit == 3
    gallery.pictures = pictures
    assert (await gallery.faces()).record.exit == 0
    with gallery.store.reading() as work:
        assert work.held.all() == ()


async def test_a_pass_stops_between_two_pictures_and_the_next_goes_on(gallery: Gallery) -> None:
    """A stop finishes and records the pictures in flight, and the next pass sends the rest."""
    await gallery.settle()
    gallery.pictures = {key: likeness(number) for number, key in enumerate(gallery.keys)}
    stop = Stop()

    async def stops(call: str, _user: str) -> None:
        if call == "user/updateFace":
            stop.set()

    gallery.platform.after = stops
    report = await gallery.faces(stop)
    sent = counts(report)["sent"]
    assert (report.record.outcome, report.record.exit) == ("interrupted", 130)
    assert (sent < 12, counts(report)["pending"]) == (True, 12 - sent)
    gallery.platform.after = failing_calls.none
    assert counts(await gallery.faces()) == {"sent": 12 - sent}


async def test_nothing_is_sent_while_nothing_may_be_written(gallery: Gallery) -> None:
    """No face is sent with `read_only`, nor before a changed configuration has been applied."""
    await gallery.settle()
    gallery.pictures = {gallery.keys[0]: likeness(1)}
    gallery.decide(read_only=True)
    report = await gallery.faces()
    assert (report.record.exit, counts(report), gallery.platform.calls) == (3, {"held": 1}, [])
    assert "read_only" in report.record.why
    gallery.decide(read_only=False, config_fingerprint="another")
    report = await gallery.faces()
    assert (report.record.exit, "not been applied" in report.record.why, gallery.platform.calls) == (3, True, [])
    gallery.decide(read_only=True, config_fingerprint="configuration")
    gallery.pictures = {}
    assert (await gallery.faces()).record.exit == 0


async def test_one_pass_at_a_time(gallery: Gallery) -> None:
    """A pass of faces is refused while another one gives faces, and is made beside a run."""
    await gallery.settle()
    with gallery.store.giving_faces(), pytest.raises(RunInProgress, match="another process gives faces"):
        await gallery.faces()
    with gallery.store.lock():
        assert (await gallery.faces()).record.outcome == "done"


async def test_only_some_people(gallery: Gallery) -> None:
    """A pass for named people gives them their face, and nobody else."""
    await gallery.settle()
    first, second, *_ = gallery.keys
    gallery.pictures = {first: likeness(1), second: likeness(2)}
    await gallery.faces(who=(gallery.company.people[second].account,))
    assert (gallery.held_by(first), bool(gallery.held_by(second))) == ("", True)


async def test_who_is_made_again_is_given_the_face_again(gallery: Gallery) -> None:
    """A user who was removed and made again is given the face again."""
    await gallery.settle()
    first = gallery.keys[0]
    gallery.pictures = {first: likeness(1)}
    await gallery.faces()
    gallery.platform.company.remove_user({"userId": platform_ids(gallery)[first]})
    await gallery.approved()
    assert gallery.held_by(first) == ""
    assert counts(await gallery.faces()) == {"sent": 1}
    assert gallery.held_by(first)


async def test_what_is_known_of_a_face_goes_with_the_link(gallery: Gallery) -> None:
    """What is known of a face is forgotten with the link of a leaver."""
    await gallery.settle()
    first = gallery.keys[0]
    gallery.pictures = {first: likeness(1)}
    await gallery.faces()
    gallery.without(first)
    gallery.employ()
    await gallery.approved()
    assert gallery.state(first) is None


@pytest.mark.parametrize("keeps", [False, True])
async def test_pictures_are_kept_only_where_retention_says_so(gallery: Gallery, keeps: object) -> None:
    """Sent pictures are stored only where retention says so, and go with the face or when they are too old."""
    await gallery.settle()
    first, second, *_ = gallery.keys
    gallery.keeps = bool(keeps)
    gallery.pictures = {first: likeness(1), second: likeness(2)}
    await gallery.faces()
    with gallery.store.unit_of_work() as work:
        assert bool(work.faces.kept("ldap", first)) is keeps
        del gallery.pictures[first]
    await gallery.faces()
    with gallery.store.unit_of_work() as work:
        assert work.faces.kept("ldap", first) is None
        assert work.faces.forget_pictures(gallery.now - 61) == 0
        assert work.faces.forget_pictures(gallery.now) == int(bool(keeps))
        assert work.faces.kept("ldap", second) is None


async def test_nothing_is_sent_once_the_lock_is_lost(gallery: Gallery, monkeypatch: pytest.MonkeyPatch) -> None:
    """No further picture is sent once the lock of the pass is lost, and the pass counts as interrupted."""
    await gallery.settle()
    gallery.pictures = {key: likeness(number) for number, key in enumerate(gallery.keys)}
    lease = LosableLease()
    monkeypatch.setattr(gallery.store, "giving_faces", lambda: nullcontext(lease))

    async def loses(call: str, _user: str) -> None:
        if call == "user/updateFace":
            lease.lose()

    gallery.platform.after = loses
    report = await gallery.faces()
    sent = counts(report)["sent"]
    assert (len(gallery.platform.calls), report.record.outcome) == (sent, "interrupted")
    assert 0 < sent < 12


async def test_who_is_in_scope_by_another_source_is_given_a_face_and_keeps_it_while_that_is_away(
    gallery: Gallery,
) -> None:
    """Whoever an enrich source puts in scope gets a face, and keeps it while that source is away (I12)."""
    hr = MemorySource("hr")
    logins = [gallery.company.people[key].account for key in gallery.keys[:2]]
    staff = [Entry(one, one, {"login": (one,), "status": ("yes",)}) for one in logins]
    hr.snapshot = msgspec.structs.replace(hr.snapshot, users=tuple(staff))
    gallery.sources = (*gallery.sources, hr)
    rules = Compiled(SourceRules(UserRules(face="jpegPhoto", when="hr.status")), frozenset({"hr"}))
    gallery.decide(rules={"ldap": rules}, joins={"hr": Join("login", "uid")})
    gallery.decide(expectations={one.name: Expectations() for one in gallery.sources})
    first = gallery.keys[0]
    gallery.pictures[first] = likeness(1)
    await gallery.settle()
    assert (await gallery.faces()).record.counts == {Outcome.SENT: 1}
    hr.error = SourceUnreachable("away")
    del gallery.pictures[first]
    assert (await gallery.faces()).record.counts == {}
    assert gallery.held_by(first)
