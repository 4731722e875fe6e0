"""How things stand: last run, held plans, what is linked, what differs from what we wrote."""

from collections import Counter
from collections.abc import Mapping

import msgspec

from syncd.app.bindings import PREFIX
from syncd.app.failing import Failing, failing
from syncd.app.records import (
    GOOD_AT,
    LAST_FACES,
    READ_AT,
    Approval,
    EventState,
    FacesRecord,
    HeldPlan,
    Holder,
    RunRecord,
)
from syncd.app.refreshing import Missed, missed_of
from syncd.app.store_ports import Store
from syncd.model.faces import FaceState
from syncd.model.links import Link, LinkState
from syncd.model.objects import Fields, Kind, Mirror, Object, fields_of
from syncd.plan.drift import differs
from syncd.plan.forms import Form, contended_fields, known_forms
from syncd.plan.grace import leavers_of
from syncd.plan.json_form import from_json
from syncd.plan.values import Leaver

NEXT_RUNS = "service.next_runs"
"""The fact in which the daemon notes when it does what next: a JSON object, duty to seconds since the epoch."""


class Contended(msgspec.Struct, frozen=True):
    """A field that is no longer enforced, and whose: `name` is what the platform shows, "" where it shows nothing."""

    key: str
    field: str
    name: str = ""


class Standing(msgspec.Struct, frozen=True):
    """What `syncd status` tells.

    `contended` has the fields that are no longer enforced, `forms` how many objects hold a value in another form, by
    kind, field and form, `inbox` how many events there are of each state; the oldest of those pending came at
    `oldest_pending`, in seconds since the epoch. `states` counts the links of each kind by their state; `good_at` is
    when a whole run was last done, `next_runs` when the daemon begins each of its duties next, both in seconds since
    the epoch too. `faces` counts the linked users by what became of their faces, `last_faces` is the last pass of
    faces. `leaving` has all who are in grace, `failing` what failed in the latest runs, `approvals` those by which
    operations of the last run passed its guards.
    """

    company: str
    last_run: RunRecord | None
    held: tuple[HeldPlan, ...]
    objects: Mapping[str, Mapping[str, int]]
    drift: int
    contended: tuple[Contended, ...]
    forms: Mapping[tuple[str, str, Form], int]
    inbox: Mapping[EventState, int]
    oldest_pending: float | None
    missed: Missed
    grades: Mapping[str, str]
    states: Mapping[str, Mapping[str, int]] = {}
    good_at: float | None = None
    next_runs: Mapping[str, float] = {}
    leader: Holder | None = None
    faces: Mapping[FaceState, int] = {}
    last_faces: FacesRecord | None = None
    leaving: tuple[Leaver, ...] = ()
    approvals: tuple[Approval, ...] = ()
    failing: tuple[Failing, ...] = ()


def standing(store: Store, remove_after: float | None, now: float) -> Standing:
    """Look at the store; nothing is asked of directory or platform.

    `remove_after` is how long a grace lasts, in seconds, `None` for ever; `now` is seconds since the epoch.
    """
    with store.reading() as work:
        latest = work.runs.latest(1)
        found = work.runs.get(latest[0].run) if latest else None
        approvals = work.approvals.used_by(latest)
        links, mirror, facts = work.links.all(), work.shadow.mirror(), work.facts.all()
        held, inbox, oldest = work.held.all(), work.inbox.counts(), work.inbox.oldest_pending()
        faces = work.faces.counts()
        plan = from_json(found[1]) if found else None
        names = {one.id: one.name for one in plan.operations} if plan else {}
        failed = failing(work, names, float(facts.get(READ_AT, "0")), now)
    leader = store.leader()
    shown = shown_fields(mirror)
    leaving = leavers_of(links, shown, remove_after, now)
    return Standing(
        company=facts.get(f"{PREFIX}company", ""),
        last_run=latest[0] if latest else None,
        approvals=approvals.get(latest[0].run, ()) if latest else (),
        held=held,
        objects=_objects(links, mirror, leaving),
        leaving=leaving,
        drift=_drift(links, mirror),
        contended=tuple(
            Contended(link.key, field, getattr(shown.get((link.kind, link.platform_id)), "name", ""))
            for link, field in contended_fields(links)
        ),
        forms=known_forms(links),
        inbox=inbox,
        oldest_pending=oldest,
        missed=missed_of(facts),
        grades={source.name: source.grade for source in plan.sources} if plan else {},
        states=_states(links),
        good_at=float(facts[GOOD_AT]) if GOOD_AT in facts else None,
        # A leader that was killed left its times behind.
        next_runs=msgspec.json.decode(facts.get(NEXT_RUNS, "{}"), type=dict[str, float]) if leader else {},
        leader=leader,
        faces=faces,
        failing=failed,
        last_faces=msgspec.json.decode(facts[LAST_FACES], type=FacesRecord) if LAST_FACES in facts else None,
    )


def _kinds(links: tuple[Link, ...]) -> list[Kind]:
    """Give the kinds that are told of: rooms only where some are ours."""
    with_rooms = any(link.kind is Kind.ROOM for link in links)
    return [Kind.USER, Kind.DEPARTMENT, *([Kind.ROOM] if with_rooms else [])]


def _states(links: tuple[Link, ...]) -> dict[str, dict[str, int]]:
    counts = Counter((link.kind, state_of(link)) for link in links)
    return {str(kind): {str(state): counts[kind, state] for state in LinkState} for kind in _kinds(links)}


def state_of(link: Link) -> LinkState:
    """Return where a linked object stands; who is missing has left, though nothing has become of the object yet."""
    has_left = link.missing_since is not None and link.state is LinkState.ACTIVE
    return LinkState.LEFT if has_left else link.state


def shown_fields(mirror: Mirror) -> dict[tuple[Kind, str], Fields]:
    """Return the fields of the users and rooms that the shadow holds, by kind and platform id."""
    users = {(Kind.USER, user.id): user.fields for user in mirror.users}
    return users | {(Kind.ROOM, room.id): fields_of(room) for room in mirror.rooms}


def _objects(links: tuple[Link, ...], mirror: Mirror, leaving: tuple[Leaver, ...]) -> dict[str, dict[str, int]]:
    linked = {kind: {link.platform_id for link in links if link.kind is kind} for kind in Kind}
    there = {
        Kind.USER: {one.id for one in mirror.users},
        Kind.DEPARTMENT: {one.id for one in mirror.departments},
        Kind.ROOM: {one.id for one in mirror.rooms},
    }
    in_grace = Counter(leaver.kind for leaver in leaving)
    return {
        str(kind): {
            "linked": len(linked[kind]),
            "unmanaged": len(there[kind] - linked[kind]),
            "leaving": in_grace[kind],
        }
        for kind in _kinds(links)
    }


def _drift(links: tuple[Link, ...], mirror: Mirror) -> int:
    """Count the linked objects that differ from what we wrote, or are gone though their entries are there."""
    there: dict[Kind, dict[str, Object]] = {
        Kind.USER: {one.id: one for one in mirror.users},
        Kind.DEPARTMENT: {one.id: one for one in mirror.departments},
        Kind.ROOM: {one.id: one for one in mirror.rooms},
    }
    return sum(differs(link, there[link.kind].get(link.platform_id)) for link in links)
