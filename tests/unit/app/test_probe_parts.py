"""The probe knows its own objects by their marks, says what became of values, and takes away what it made."""

import asyncio
from collections.abc import Mapping

import pytest

from syncd.app.probing.forms import kept_as
from syncd.app.probing.marks import Marks
from syncd.app.probing.probe import probe
from syncd.app.probing.scene import Scene
from syncd.app.probing.sweep import Sweep
from syncd.app.probing.values import Said
from syncd.errors import Interrupted, PlatformUnreachable, Refused
from syncd.plan.ids import owner_prefix
from syncd.wire.arguments import Argument

MARKS = Marks.of("syncd", 1_700_000_000_000)


class Told:
    """A platform that says what a test wants of each call, and keeps what was asked."""

    def __init__(self, answers: Mapping[str, object]) -> None:
        self.answers = answers
        self.asked: list[tuple[str, Mapping[str, Argument]]] = []

    async def ask(self, call: str, sent: Mapping[str, Argument], body: str = "", token: str | None = None) -> Said:
        """Answer."""
        del body, token
        self.asked.append((call, sent))
        answer = self.answers.get(call, 71001)
        if isinstance(answer, Exception):
            raise answer
        if isinstance(answer, int):
            return Said(200, {"success": False, "code": answer})
        return Said(200, {"success": True, "code": 10000, "value": answer})

    async def ask_after_renewal(self, call: str, sent: Mapping[str, Argument]) -> Said:
        """Answer."""
        return await self.ask(call, sent)


def test_marks_are_those_of_the_owner_and_of_nothing_else_of_his() -> None:
    """Marks are those of the owner, whatever the run, and differ from the ids of objects that syncd makes."""
    later, other = Marks.of("syncd", 1_800_000_000_000), Marks.of("other", MARKS.run)
    assert len(MARKS.id(1)) == 32
    assert MARKS.is_ours({"id": later.id(7)})
    assert MARKS.is_ours({"id": "X", "account": later.account("a")})
    assert MARKS.is_ours({"id": "X", "name": later.name("a")})
    assert not MARKS.is_ours({"id": other.id(1), "account": other.account("a"), "name": other.name("a")})
    assert not MARKS.is_ours({"id": 1, "name": None, "account": "anna"})
    assert not MARKS.id(1).startswith(owner_prefix("syncd"))
    assert len({MARKS.id(1), MARKS.id(2), later.id(1)}) == 3


def test_marks_reach_nobody() -> None:
    """The probe's phones are those of no Chinese mobile, and its mails are at a name reserved for examples."""
    assert [len(MARKS.phone(number)) for number in (1, 2)] == [11, 11]
    assert all(MARKS.phone(number).startswith("12") for number in range(100))
    assert MARKS.mail("a").endswith("@example.com")


KEPT = (
    ("周 x", "周 x", ""),
    (" x ", "x", "taken off"),
    ("Ab", "ab", "lowered"),
    ("ab", "AB", "raised"),
    ("+86 (20)", "8620", "only the digits are kept"),
    ("ＡＢ", "AB", "half width"),
    ("安😀", "安?", "? in its place"),
    ("安😀", "安", "left out"),
    ("abcdef", "abc", "cut to 3 characters"),
    (" abcdef", "abc", "taken off, cut to 3 characters"),
    ("abc", "xyz", 'as "xyz"'),
    ("abc", "", 'as ""'),
)


def test_what_became_of_a_value_is_said() -> None:
    """The probe says in a few words what the platform made of a value."""
    assert [(sent, kept) for sent, kept, said in KEPT if kept_as(sent, kept) != said] == []


async def test_what_was_there_before_is_never_taken_for_the_probes() -> None:
    """An object that was there before is not taken for the probe's, even where an add answers with it."""
    told = Told({"user/add": {"id": "U"}, "dept/add": {"id": "D"}})
    scene = Scene(told, MARKS, "", asyncio.Event())
    scene.strangers = frozenset({("user", "U")})
    await scene.add("user", name="x")
    await scene.add("dept", name="x")
    assert list(scene.made) == [("dept", "D")]


async def test_an_add_without_an_answer_may_have_made_something() -> None:
    """An add without an answer counts as having made something, and a refused add does not."""
    scene = Scene(Told({"user/add": PlatformUnreachable("gone")}), MARKS, "", asyncio.Event())
    with pytest.raises(PlatformUnreachable):
        await scene.add("user", id="A")
    await scene.add("dept", id="B")
    assert list(scene.made) == [("user", "A")]


async def test_no_call_is_begun_once_a_stop_was_asked_for() -> None:
    """No call of the scene is begun once a stop was asked for."""
    stop = asyncio.Event()
    told = Told({})
    scene = Scene(told, MARKS, "", stop)
    stop.set()
    with pytest.raises(Interrupted):
        await scene.ask("user/list")
    assert told.asked == []


async def test_the_sweep_goes_from_what_refers_to_what_is_referred_to() -> None:
    """The sweep removes what refers before what is referred to, also what no list shows, and never strangers."""
    upper, lower = MARKS.id(1), MARKS.id(2)
    told = Told(
        {
            "user/list": [{"id": "U", "account": "anna"}, {"id": "X", "account": MARKS.account("a")}],
            "dept/list": [{"id": upper}, {"id": lower, "parentId": upper}, {"id": "D"}],
            "room/list": 71001,
            "meeting/list": [{"id": "M", "subject": MARKS.name("m")}],
            "meeting/cancel": None,
            "room/remove": None,
            "user/remove": None,
            "dept/remove": None,
            "user/get": 71009,
            "room/get": 71011,
            "dept/get": 71010,
        }
    )
    assert await Sweep(told, MARKS, "", [("room", "R")]).run() == ()
    taken = [tuple(sent.values()) for call, sent in told.asked if not call.endswith(("/list", "/get"))]
    assert taken == [("M",), ("R",), ("X",), (lower,), (upper,)]


async def test_what_says_it_is_removed_and_is_still_there_is_named() -> None:
    """The sweep names what is still there after its removal, what is refused, and what cannot be asked for."""
    told = Told({"user/list": [{"id": MARKS.id(1)}], "user/remove": None, "user/get": {"id": MARKS.id(1)}})
    (left,) = await Sweep(told, MARKS, "", ()).run()
    assert left == f"user {MARKS.id(1)}: user/remove was answered with success, and it is still there"
    (left,) = await Sweep(Told({"room/remove": 71001}), MARKS, "", [("room", "R")]).run()
    assert left == "room R: room/remove was refused with 71001"
    gone = Told(
        {"room/remove": PlatformUnreachable("no connection"), "room/list": PlatformUnreachable("no connection")}
    )
    assert await Sweep(gone, MARKS, "", [("room", "R")]).run() == ("room R: no connection",)


async def test_a_probe_that_never_began_is_an_error() -> None:
    """A probe that can make no department below the root department ends with an error."""
    told = Told({"user/list": [], "dept/list": [], "room/list": [], "meeting/list": [], "dept/add": 71010})
    with pytest.raises(Refused, match="no department can be made below the root department"):
        await probe(told, MARKS, "NONE", asyncio.Event(), lambda _: None)
