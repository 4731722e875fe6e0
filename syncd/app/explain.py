"""`explain`: what one object is and should be, what follows and why, and what became of it so far."""

from collections.abc import Iterable, Mapping

import msgspec

from syncd.app.draw_up import Drawn, draw_up
from syncd.app.records import Approval, JournalLine, ShadowRow
from syncd.app.store_ports import UnitOfWork
from syncd.app.world import World
from syncd.mapping.joining import Joins
from syncd.mapping.names import names
from syncd.mapping.normal_forms import comparable
from syncd.mapping.rules import SourceRules
from syncd.mapping.shown_entry import shown_entry
from syncd.model.faces import Face
from syncd.model.objects import Kind
from syncd.model.source import Entry, Snapshot
from syncd.plan.adoption import adopt
from syncd.plan.explanation import Explanation, explanation, with_planned
from syncd.plan.ids import recognized
from syncd.plan.values import Change
from syncd.plan.who import NobodyMeant, Whom, everybody, whom_or_part


class Past(msgspec.Struct, frozen=True):
    """What a run did to an object: the journal's line, the fields that were to change, and by whose approval."""

    line: JournalLine
    changes: Mapping[str, Change] = {}
    approval: Approval | None = None


class Explained(msgspec.Struct, frozen=True):
    """An explanation with what the store knows.

    `entry` has the attributes as they may be shown, `rules` the mapping of the source, `known` since when and from
    what the shadow is as it is, `approved` the operations that a person let pass, `history` the newest first, `face`
    what is known of a user's face.
    """

    explanation: Explanation
    fingerprint: str
    entry: Mapping[str, tuple[str, ...]] | None
    rules: SourceRules
    known: ShadowRow | None
    approved: frozenset[str]
    history: tuple[Past, ...]
    face: Face | None = None


async def explain(world: World, who: str, limit: int) -> Explained:
    """Read both sides and explain one object; nothing is written but the shadow's own refresh (I10).

    Raises `NobodyMeant`, and every error of `draw_up`. `limit` is how many lines of its history are given.
    """
    drawn = await draw_up(world)
    one = _meant(world, drawn, who)
    situation = adopt(drawn.situation, comparable).joined(drawn.situation)
    found = explanation(one, situation, drawn.plan, drawn.reads.blocked, comparable)
    entry = _entry(drawn.reads.snapshots, one)
    with world.store.reading() as work:
        return Explained(
            explanation=found,
            fingerprint=drawn.plan.fingerprint,
            entry=_shown(world, drawn, one, entry) if entry else None,
            rules=world.decisions.rules[one.source].rules if one.source in world.decisions.rules else SourceRules(),
            known=work.shadow.row(one.kind, one.platform_id),
            approved=recognized(
                (one.id for one in drawn.plan.operations),
                work.approvals.valid(drawn.moment.now - world.decisions.approval_life),
            ),
            history=_history(work, one, limit),
            face=work.faces.get(*one.identity) if one.kind is Kind.USER else None,
        )


def _history(work: UnitOfWork, whom: Whom, limit: int) -> tuple[Past, ...]:
    """Return what runs did to an object, newest first, with the values and with who approved it."""
    lines = work.runs.of_object(whom.kind, whom.identity, whom.platform_id, limit)
    changes = work.runs.changes(lines)
    uses = work.approvals.of_operations(line.operation for line in lines if line.approved)
    return tuple(
        Past(
            line,
            changes.get((line.run, line.operation), {}),
            min(uses.get(line.operation, ()), key=lambda use, at=line.at: abs(use[0] - at), default=(0.0, None))[1]
            if line.approved
            else None,
        )
        for line in lines
    )


def _meant(world: World, drawn: Drawn, who: str) -> Whom:
    """Give whom is meant; of an entry that the read could not use it is said why."""
    people = _named(world, drawn, with_planned(everybody(drawn.situation, drawn.reads.snapshots), drawn.plan))
    try:
        return whom_or_part(people, who, comparable)
    except NobodyMeant:
        unusable = [one for read in drawn.reads.snapshots for one in read.unreadable if who in (one.locator, one.key)]
        if unusable:
            raise NobodyMeant("; ".join(one.message for one in unusable)) from None
        raise


def _named(world: World, drawn: Drawn, people: Iterable[Whom]) -> list[Whom]:
    """Give everybody with the names of their entries where neither side tells them: who is left out is asked about."""
    entries = {
        (kind, read.source, one.key): one
        for read in drawn.reads.snapshots
        for kind, found in ((Kind.USER, read.users), (Kind.DEPARTMENT, read.departments), (Kind.ROOM, read.rooms or ()))
        for one in found
    }
    joins = Joins(world.decisions.joins, drawn.reads.snapshots)
    named = []
    for one in people:
        entry = entries.get((one.kind, *one.identity))
        if entry is not None and not (one.account or one.name):
            facts = joins.facts(entry, one.source, drawn.moment.today)
            account, name = names(one.kind, facts, world.decisions.rules[one.source])
            one = msgspec.structs.replace(one, account=account, name=name)  # noqa: PLW2901 - the same one, named
        named.append(one)
    return named


def _entry(snapshots: Iterable[Snapshot], who: Whom) -> Entry | None:
    read = next((one for one in snapshots if one.source == who.source), None)
    if read is None:
        return None
    entries = {Kind.USER: read.users, Kind.DEPARTMENT: read.departments, Kind.ROOM: read.rooms or ()}[who.kind]
    return next((one for one in entries if one.key == who.key), None)


def _shown(world: World, drawn: Drawn, who: Whom, entry: Entry) -> dict[str, tuple[str, ...]]:
    rules, password = world.decisions.rules[who.source], world.initial_password
    read = rules.attributes_of(who.kind)
    own = shown_entry(entry.attributes, password.attributes() if password else frozenset(), read)
    if who.kind is Kind.DEPARTMENT:
        return own
    joins = rules.user_joins() if who.kind is Kind.USER else rules.room_joins()
    return own | _added(world, drawn, entry, joins.values())


def _added(
    world: World, drawn: Drawn, entry: Entry, joins: Iterable[frozenset[tuple[str, str]]]
) -> dict[str, tuple[str, ...]]:
    """Give what enrich sources add, as `NAME.attribute`."""
    password = world.initial_password
    secret = password.joined() if password else frozenset()
    read = frozenset[tuple[str, str]]().union(*joins)
    return {
        f"{name}.{attribute}": values
        for name, attributes in Joins(world.decisions.joins, drawn.reads.snapshots).added(entry).items()
        for attribute, values in shown_entry(attributes, _of(name, secret), _of(name, read)).items()
    }


def _of(source: str, joined: frozenset[tuple[str, str]]) -> frozenset[str]:
    return frozenset(attribute for name, attribute in joined if name == source)
