"""Forgetting one person who is gone: what the store still tells of them is taken out (DESIGN 6, personal data)."""

from collections.abc import Iterator
from functools import reduce
from typing import Protocol

import msgspec

from syncd.app.ledger import GENERATION
from syncd.app.records import EventState, InboxEvent
from syncd.app.standing import shown_fields
from syncd.app.store_ports import Store, UnitOfWork
from syncd.errors import SyncdError
from syncd.mapping.normal_forms import comparable
from syncd.model.actors import Actor
from syncd.model.audit import AuditAction, AuditEntry, content
from syncd.model.json_text import decoded
from syncd.model.objects import Kind
from syncd.plan.forgetting import Person, Words, document_without, everybody_in, values_in, without_person
from syncd.plan.json_form import from_json, to_json
from syncd.plan.normal_ids import normal_id
from syncd.plan.values import Plan
from syncd.plan.who import Whom, meant

SHOWN = 10


class NotForgotten(SyncdError):
    """A person cannot be forgotten: nobody is meant, several are, or they are still there."""


class Traces(msgspec.Struct, frozen=True):
    """What tells of one person: how many runs, held plans, lines of the journal, events, other facts, and records.

    Records are those of the audit log.
    """

    person: Person
    named: str
    runs: int = 0
    held: int = 0
    journal: int = 0
    events: int = 0
    facts: int = 0
    audit: int = 0

    @property
    def count(self) -> int:
        """Return how many things tell of them in all."""
        return self.runs + self.held + self.journal + self.events + self.facts + self.audit


def traces(store: Store, who: str) -> Traces:
    """Return what the store has of somebody who is gone, named by key, platform id, account, DN or name.

    Raises `NotForgotten` where nobody or more than one is meant, where they are still linked or on the platform, or
    where a run or an event that tells of them is not finished.
    """
    with store.reading() as work:
        person, named = _person(work, who)
        return _changed(work, person, named, is_written=False)


class LastingStore(Store, Protocol):
    """A store from whose files that which was taken out can be taken for good."""

    def compact(self) -> None:
        """Leave nothing of it."""


def forget(store: LastingStore, who: str, actor: Actor, at: float) -> Traces:
    """Take out what `traces` tells of, and return what that was.

    Raises what `traces` raises, and `RunInProgress`.
    """
    with store.lock(), store.unit_of_work() as work:
        person, named = _person(work, who)
        found = _changed(work, person, named, is_written=True)
        records = _audited(work, person)
        work.audit.take_out(records)
        counts = {name: getattr(found, name) for name in ("runs", "held", "journal", "events", "facts")}
        # Whom it was is what is to be forgotten.
        work.audit.append(at, actor, (AuditEntry(AuditAction.FORGOTTEN, {**counts, "records": tuple(records)}),))
        work.commit()
    store.compact()
    return found


def _person(work: UnitOfWork, who: str) -> tuple[Person, str]:
    """Return who is meant, with all values that are theirs alone."""
    _prove_gone(work, who)
    everyone = list(dict.fromkeys(one for _, plan in _plans(work) for one in everybody_in(plan)))
    found = meant(everyone, who, comparable) or _told(work, who)
    persons = reduce(_joined, found, list[Person]())
    if not persons:
        raise NotForgotten(
            f"nothing in the store tells of {who}; name a key, platform id, account, DN or name, and look into backups"
        )
    if len(persons) > 1:
        named = "; ".join(f"{one}, key {one.key or 'none'}" for one in found[:SHOWN])
        raise NotForgotten(f"{who} may mean {len(persons)}: {named}; say which by its key or platform id")
    person = _whole(persons[0], everyone)
    for one in (*(key for _, key in person.identities), *person.platform_ids):
        _prove_gone(work, one)
    values = {value for _, plan in _plans(work) for value in values_in(plan, person) if value}
    return msgspec.structs.replace(person, values=frozenset(values) | person.platform_ids), str(found[0])


def _prove_gone(work: UnitOfWork, who: str) -> None:
    """Raise `NotForgotten` where somebody who may be meant is linked, or on the platform."""
    shown = shown_fields(work.shadow.mirror())
    links = {(link.kind, link.platform_id): link for link in work.links.all()}
    people = []
    for kind, platform_id in {*shown, *links}:
        if kind is Kind.USER:
            link, fields = links.get((kind, platform_id)), shown.get((kind, platform_id))
            names = getattr(fields, "account", ""), getattr(fields, "name", "")
            people.append(
                Whom(kind, link.source if link else "", link.key if link else "", normal_id(platform_id),
                     link.locator if link else "", *names)
            )  # fmt: skip
    if still := meant(people, who, comparable):
        raise NotForgotten(
            f"{still[0]} is still there, and would be known again after the next run; first let them leave the "
            "directory, and the platform (`syncd let-go`), or name another by key or platform id"
        )


def _joined(persons: list[Person], one: Whom) -> list[Person]:
    """Add to the persons one more of whom a plan tells, who may be one of them."""
    identities = frozenset({(one.source, one.key)} if one.key else ())
    ids = frozenset({one.platform_id} if one.platform_id else ())
    keys = {key for _, key in identities}
    same = [each for each in persons if each.platform_ids & ids or {key for _, key in each.identities} & keys]
    new = Person(
        identities.union(*(each.identities for each in same)), ids.union(*(each.platform_ids for each in same)),
        frozenset(),
    )  # fmt: skip
    return [*(each for each in persons if each not in same), new]


def _whole(person: Person, everyone: list[Whom]) -> Person:
    """Return a person with all keys and ids that plans know of them."""
    theirs = [one for one in everyone if person.has(one.source, one.key, one.platform_id)]
    found = reduce(_joined, theirs, [person])
    return found[-1]


def _told(work: UnitOfWork, who: str) -> list[Whom]:
    """Return somebody of whom events alone tell, by platform id."""
    wanted = normal_id(who)
    is_told = any(wanted in map(normal_id, event.objects) for event in work.inbox.every())
    return [Whom(Kind.USER, "", "", wanted)] if is_told else []


def _plans(work: UnitOfWork) -> Iterator[tuple[str, Plan]]:
    for run, plan in work.runs.plans():
        yield run, from_json(plan)
    for one in work.held.all():
        yield one.fingerprint, from_json(one.plan)


def _changed(work: UnitOfWork, person: Person, named: str, *, is_written: bool) -> Traces:
    """Count what tells of a person, and take it out where that is wanted."""
    latest = work.runs.latest(1)
    runs = held = 0
    for run, text in work.runs.plans():
        plan = from_json(text)
        if (cleaned := without_person(plan, person)) != plan:
            runs += 1
            if latest[0].run == run and latest[0].finished_at is None:
                raise NotForgotten(f"run {run}, which tells of {named}, is not finished; run `syncd reconcile` first")
            if is_written:
                work.runs.replan(run, to_json(cleaned))
    for one in work.held.all():
        plan = from_json(one.plan)
        if (cleaned := without_person(plan, person)) != plan:
            held += 1
            if is_written:
                work.held.hold(msgspec.structs.replace(one, plan=to_json(cleaned)))
    journal = _journal(work, person, is_written=is_written)
    events = _events(work, person, named, is_written=is_written)
    facts = _facts(work, person, is_written=is_written)
    return Traces(person, named, runs, held, journal, events, facts, len(_audited(work, person)))


def _audited(work: UnitOfWork, person: Person) -> list[int]:
    """Return the numbers of the records of the audit log that tell of a person, by key, id or in a reason."""
    words = Words(person.values)
    found = []
    for one in work.audit.after(0):
        personal = content(one).personal or {}
        names = {(personal.get(f"{former}source", ""), personal.get(f"{former}key", "")) for former in ("", "former_")}
        is_theirs = any(person.has(source, key, personal.get("platform_id", "")) for source, key in names)
        if is_theirs or words(personal.get("reason", "")) != personal.get("reason", ""):
            found.append(one.number)
    return found


def _journal(work: UnitOfWork, person: Person, *, is_written: bool) -> int:
    words = Words(person.values)
    changed = []
    for line in work.runs.traces():
        is_theirs = person.has(line.source, line.key, line.platform_id)
        if is_theirs or words(line.message) != line.message:
            blank = {"source": "", "key": "", "platform_id": "", "message": ""} if is_theirs else {}
            changed.append(msgspec.structs.replace(line, **(blank or {"message": words(line.message)})))
    if is_written:
        work.runs.rewrite(changed)
    return len(changed)


def _events(work: UnitOfWork, person: Person, named: str, *, is_written: bool) -> int:
    changed = 0
    words = Words(person.values)
    needles = [one.encode() for one in (*person.values, *(one.lower() for one in person.platform_ids)) if one]
    for event in work.inbox.every():
        is_named = any(normal_id(one) in person.platform_ids for one in event.objects)
        if not is_named and not any(one in event.body for one in needles):
            continue
        if event.state is EventState.PENDING:
            raise NotForgotten(f"event {event.id}, which tells of {named}, is not ingested yet; wait for that")
        changed += 1
        if is_written:
            work.inbox.rewrite(_event(event, person, words))
    return changed


def _event(event: InboxEvent, person: Person, words: Words) -> InboxEvent:
    """Return an event without a person; one that cannot be read is kept without its body."""
    objects = tuple(one for one in event.objects if normal_id(one) not in person.platform_ids)
    try:
        body = msgspec.json.encode(document_without(decoded(event.body, object), person))
    except (msgspec.DecodeError, UnicodeEncodeError):
        body = b""
    return msgspec.structs.replace(event, objects=objects, body=body, message=words(event.message))


def _facts(work: UnitOfWork, person: Person, *, is_written: bool) -> int:
    """Take a person out of what the store remembers beside: generations, leavers told of, what was reverted."""
    gone: list[str] = []
    changed: dict[str, str] = {}
    for name, value in work.facts.all().items():
        source, _, key = name.removeprefix(f"{GENERATION}{Kind.USER}.").partition(".")
        if name.startswith(f"{GENERATION}{Kind.USER}.") and person.has(source, key, ""):
            gone.append(name)
        elif value.startswith(("{", "[")):
            document = decoded(value.encode(), object)
            if (cleaned := document_without(document, person)) != document:
                changed[name] = msgspec.json.encode(cleaned).decode()
    if is_written:
        work.facts.remove(gone)
        work.facts.put(changed)
    return len(gone) + len(changed)
