"""How far a read can be trusted: against what is expected, and what the last good one showed (DESIGN 6)."""

from collections import Counter
from collections.abc import Iterator, Mapping

import msgspec

from syncd.model.desired import Desired, DesiredUser, Presence
from syncd.model.links import Link
from syncd.model.objects import Kind, Mirror
from syncd.model.source import Certificate, Grade, Snapshot
from syncd.plan.draft import value_of
from syncd.plan.rules import Limit

FIELDS = ("phone", "email", "position", "memo")
PLATFORM = "platform"


class Counts(msgspec.Struct, frozen=True):
    """What one good read showed: people, departments, rooms, people mapped, and filled values by field.

    A field that nobody has a say in, for it is not ours or its source could not be read, is left out.
    `encodings`: see `Snapshot.guessed_encodings`.
    """

    users: int = 0
    departments: int = 0
    mapped: int = 0
    filled: Mapping[str, int] = {}
    rooms: int = 0
    encodings: Mapping[str, str] = {}


class Expectations(msgspec.Struct, frozen=True):
    """What the administrator says a read must show; `canary` has keys or accounts."""

    users: int = 0
    departments: int = 0
    rooms: int = 0
    canary: tuple[str, ...] = ()
    shrink: Limit = Limit()


def count(snapshot: Snapshot, desired: Desired) -> Counts:
    """Count what one source's read showed."""
    people = _people(snapshot, desired)
    return Counts(
        users=len(snapshot.users),
        departments=len(snapshot.departments),
        rooms=len(snapshot.rooms or ()),
        mapped=len(people),
        encodings=snapshot.guessed_encodings,
        filled={
            field: sum(1 for one in people if getattr(one.fields, field))
            for field in FIELDS
            if any(getattr(one.fields, field) is not None for one in people)
        },
    )


class Former(msgspec.Struct, frozen=True):
    """What is known from before: the counts of the last good read, and the links."""

    counts: Counts | None = None
    links: tuple[Link, ...] = ()


def certify(snapshot: Snapshot, desired: Desired, former: Former, expected: Expectations) -> Certificate:
    """Grade a read that came to its end: whole, or unproven with every doubt as a sentence."""
    own = snapshot.certificate
    doubts = (*own.doubts, *_unmet(snapshot, desired, expected), *_emptied(snapshot, former.links, expected.shrink))
    if former.counts is not None:
        before = former.counts
        if snapshot.rooms is None:  # not asked for, so none is missing
            before = msgspec.structs.replace(before, rooms=0)
        doubts += tuple(_shrunk(count(snapshot, desired), before, expected.shrink))
        doubts += tuple(_taken_for_another(snapshot.guessed_encodings, before.encodings))
    return Certificate(Grade.UNPROVEN if doubts else own.grade, own.proofs, doubts)


def certify_platform(mirror: Mirror, links: tuple[Link, ...], shrink: Limit, gaps: tuple[str, ...] = ()) -> Certificate:
    """Grade the platform's lists: what is linked and no longer shown is neither removed nor made again at once.

    `gaps` are doubts about what is read beside users and departments; they are told and lower no grade.
    """
    proof = f"the lists show {len(mirror.users)} users and {len(mirror.departments)} departments"
    doubts = (
        *_lacking(Kind.USER, {one.id for one in mirror.users}, links, shrink),
        *_lacking(Kind.DEPARTMENT, {one.id for one in mirror.departments}, links, shrink),
        *(_lacking(Kind.ROOM, {one.id for one in mirror.rooms}, links, shrink) if mirror.rooms_are_read else ()),
    )
    return Certificate(Grade.UNPROVEN if doubts else Grade.WHOLE, (proof,), (*doubts, *gaps))


def _lacking(kind: Kind, there: set[str], links: tuple[Link, ...], shrink: Limit) -> Iterator[str]:
    """Say that a list lacks too many of the objects that are linked."""
    wanted = [link.platform_id for link in links if link.kind is kind]
    lost = sum(1 for one in wanted if one not in there)
    if lost == len(wanted) > 1 or shrink.exceeded(lost, len(wanted)):
        yield f"the platform's list lacks {lost} of {len(wanted)} linked {kind}s; look at the platform before approving"


def _people(snapshot: Snapshot, desired: Desired) -> list[DesiredUser]:
    return [one for one in desired.users if one.source == snapshot.source and one.presence is Presence.ACTIVE]


def _unmet(snapshot: Snapshot, desired: Desired, expected: Expectations) -> Iterator[str]:
    for what, found, wanted in (
        ("people", len(snapshot.users), expected.users),
        ("departments", len(snapshot.departments), expected.departments),
        ("rooms", len(snapshot.rooms or ()), expected.rooms),
    ):
        if found < wanted:
            yield f"{found} {what} were read where at least {wanted} are expected (expect)"
    seen = {entry.key for entry in (*snapshot.users, *snapshot.departments, *(snapshot.rooms or ()))}
    seen |= {one.fields.account for one in _people(snapshot, desired)}
    for canary in expected.canary:
        if canary not in seen:
            yield f"{canary} was not read, and must be (canary)"


def _emptied(snapshot: Snapshot, links: tuple[Link, ...], shrink: Limit) -> Iterator[str]:
    """Name the departments of which many people are missing; who has moved to another one is not missing."""
    present = {entry.key for entry in snapshot.users} | {one.key for one in snapshot.unreadable}
    was: Counter[str] = Counter()
    lost: Counter[str] = Counter()
    for link in links:
        if link.kind is Kind.USER and link.source == snapshot.source and link.missing_since is None:
            department = value_of(link.said, "department") or ""
            was[department] += 1
            lost[department] += link.key not in present
    for department in sorted(lost):
        if department and shrink.exceeded(lost[department], was[department]):
            yield (
                f"{lost[department]} of the {was[department]} people of department {department} were not read "
                "(limits.shrink)"
            )


def _shrunk(now: Counts, before: Counts, shrink: Limit) -> Iterator[str]:
    for what, found, was in (
        ("people", now.users, before.users),
        ("departments", now.departments, before.departments),
        ("rooms", now.rooms, before.rooms),
    ):
        if shrink.exceeded(was - found, was):
            yield f"{found} {what} were read where the last good read had {was} (limits.shrink)"
    for field in sorted(before.filled.keys() & now.filled.keys()):
        share = before.filled[field] / before.mapped if before.mapped else 0
        was, found = round(share * now.mapped), now.filled[field]
        if shrink.exceeded(was - found, was):
            yield f"{found} people have a {field} where about {was} had one at the last good read (limits.shrink)"


def _taken_for_another(now: Mapping[str, str], before: Mapping[str, str]) -> Iterator[str]:
    """Name the files whose encoding is guessed, and guessed otherwise than at the last good read."""
    for kind in sorted(now.keys() & before.keys()):
        if now[kind] != before[kind]:
            yield (
                f"the file of {kind} is taken for {now[kind]}, and was {before[kind]} at the last good read; look "
                "whether the names are right, then approve, or set `encoding`"
            )
