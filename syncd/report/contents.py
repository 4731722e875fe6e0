"""What a plan's report tells, in words: the HTML page and the Markdown text show the same."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence

import msgspec

from syncd.app.records import Approval, RunRecord
from syncd.model.objects import Department, Kind
from syncd.plan.draft import DEPARTMENT_FIELDS, ROOM_FIELDS, USER_FIELDS
from syncd.plan.values import Action, Change, Leaver, Operation, Plan, SourceGrade, Unmanaged
from syncd.report.approval import approval_command
from syncd.report.findings import Finding, Held, findings_of_conflicts, findings_of_skips, held
from syncd.report.leavers import next_text
from syncd.report.messages import Words
from syncd.report.places import Places, path, places
from syncd.report.plan_text import nothing_key
from syncd.report.run_form import DONE, TROUBLES, is_told

FIELDS = tuple(dict.fromkeys((*USER_FIELDS, *DEPARTMENT_FIELDS, *ROOM_FIELDS)))
FIELDS_OF_PLACES = frozenset({"department", "parent"})
NO_DEPARTMENTS: Mapping[str, Department] = {}
Results = Sequence[Mapping[str, str]]


class Subject(msgspec.Struct, frozen=True):
    """What a report is about: a plan, the departments that the platform shows, and of a run how it ended.

    `approvals` has those by which operations of the run passed its guards, `notices` what people should know of the
    plan that no operation says.
    """

    plan: Plan
    departments: Mapping[str, Department] = NO_DEPARTMENTS
    run: RunRecord | None = None
    results: Results = ()
    is_part: bool = False
    approvals: tuple[Approval, ...] = ()
    notices: tuple[str, ...] = ()


class Value(msgspec.Struct, frozen=True):
    """A value as it is shown; of a department its path, and its id beside it. Empty text is no value."""

    text: str
    id: str = ""


class ShownField(msgspec.Struct, frozen=True):
    """A field with its value before and after; `None` where there is no object."""

    label: str
    before: Value | None
    after: Value | None


class Line(msgspec.Struct, frozen=True):
    """One operation: whom it is about, what changes, why, and what holds it or how it ended.

    `outcome` is the word of the JSON, empty where nothing was carried out; `result` is the same in words.
    """

    what: str
    name: str
    place: str
    id: str
    fields: tuple[ShownField, ...]
    why: str
    held: str
    outcome: str = ""
    result: str = ""
    message: str = ""


class ShownLeaver(msgspec.Struct, frozen=True):
    """An object in grace: who, since when, why, and what happens when."""

    name: str
    kind: str
    account: str
    id: str
    since: str
    why: str
    next: str


class Section(msgspec.Struct, frozen=True):
    """The operations of one kind and action; `anchor` is its name within the page."""

    kind: Kind
    action: Action
    title: str
    anchor: str
    lines: tuple[Line, ...]
    held: int


class Contents(msgspec.Struct, frozen=True):
    """Everything that a report tells of a plan or run, in the order in which it is told.

    `is_held` says that a plan waits for a person, `is_settled` that nobody needs to do anything about it.
    """

    title: str
    state: str
    is_held: bool
    is_settled: bool
    approval: str
    plan: Plan
    run: RunRecord | None
    sources: tuple[SourceGrade, ...]
    sections: tuple[Section, ...]
    troubles: tuple[Line, ...]
    guards: tuple[Held, ...]
    notes: tuple[Held, ...]
    conflicts: tuple[Finding, ...]
    skips: tuple[Finding, ...]
    unmanaged: tuple[Unmanaged, ...]
    leaving: tuple[ShownLeaver, ...] = ()
    approvals: tuple[Approval, ...] = ()
    notices: tuple[str, ...] = ()

    @property
    def kinds(self) -> dict[Kind, dict[Action, Section]]:
        """Give the sections by kind and action."""
        found: dict[Kind, dict[Action, Section]] = {}
        for section in self.sections:
            found.setdefault(section.kind, {})[section.action] = section
        return found

    @property
    def actions(self) -> tuple[Action, ...]:
        """Give the actions that the plan has, in their usual order."""
        there = {section.action for section in self.sections}
        return tuple(action for action in Action if action in there)


def contents(subject: Subject, words: Words) -> Contents:
    """Put a plan or run into words."""
    plan = subject.plan
    telling = _Telling(words, places(plan.operations, subject.departments), {one["id"]: one for one in subject.results})
    lines = {operation.id: telling.line(operation) for operation in plan.operations}
    verdicts = tuple(held(guard, words) for guard in plan.guards)
    is_held = subject.run is None and any(one.held_by for one in plan.operations)
    return Contents(
        title=_title(subject, words),
        state=_state(subject, words),
        is_held=is_held,
        is_settled=not is_held if subject.run is None else subject.run.outcome == DONE,
        approval=approval_command(subject.plan) if subject.run is None else "",
        plan=plan,
        run=subject.run,
        sources=plan.sources,
        sections=tuple(_sections(plan.operations, lines, words)),
        troubles=tuple(line for line in lines.values() if line.outcome in TROUBLES or line.message),
        guards=tuple(one for one in verdicts if one.is_holding),
        notes=tuple(one for one in verdicts if not one.is_holding),
        conflicts=findings_of_conflicts(plan.conflicts, words),
        skips=findings_of_skips(plan.skipped, words),
        unmanaged=plan.unmanaged,
        leaving=tuple(_shown_leaver(leaver, words) for leaver in plan.leaving),
        approvals=subject.approvals,
        notices=subject.notices,
    )


class _Telling(msgspec.Struct, frozen=True):
    """How operations are put into words."""

    words: Words
    places: Places
    results: Mapping[str, Mapping[str, str]]

    def line(self, operation: Operation) -> Line:
        words, result = self.words, self.results.get(operation.id, {})
        outcome = result.get("outcome", "")
        action, kind = words.word("action", operation.action), words.word("kind", operation.kind)
        return Line(
            what=words.say("page.operation", action=action, kind=kind),
            name=operation.name,
            place=operation.locator or operation.key,
            id=operation.platform_id,
            fields=tuple(self._field(operation, field) for field in ordered(operation.changes)),
            why=words.word("why", operation.reason),
            held=words.listed("guard_title", operation.held_by),
            outcome=outcome,
            result=words.word("outcome", outcome) if outcome else "",
            message=result["message"] if result and is_told(result) else "",
        )

    def _field(self, operation: Operation, field: str) -> ShownField:
        change = operation.changes[field]
        before = self._value(field, change.before, self.places.before)
        after = self._value(field, change.after, self.places.after)
        return ShownField(self.words.field(operation.kind, field), before, after)

    def _value(self, field: str, value: str | None, tree: Mapping[str, Department]) -> Value | None:
        if value is None:
            return None
        if field not in FIELDS_OF_PLACES:
            return Value(value)
        place = path(tree, value, self.words.say("value.root"))
        return Value(place, value) if place else Value(value)


def _shown_leaver(leaver: Leaver, words: Words) -> ShownLeaver:
    return ShownLeaver(
        name=leaver.name or leaver.key,
        kind=words.word("kind", leaver.kind),
        account=leaver.account,
        id=leaver.platform_id,
        since=words.moment(leaver.since),
        why=words.word("why", leaver.reason),
        next=next_text(leaver, words),
    )


def ordered(changes: Mapping[str, Change]) -> list[str]:
    """Give the changed fields in the order of the mapping, what that does not know last."""
    return [*(field for field in FIELDS if field in changes), *(field for field in changes if field not in FIELDS)]


def _sections(operations: Iterable[Operation], lines: Mapping[str, Line], words: Words) -> Iterable[Section]:
    groups: defaultdict[tuple[Kind, Action], list[Operation]] = defaultdict(list)
    for operation in operations:
        groups[operation.kind, operation.action].append(operation)
    for kind in Kind:
        for action in Action:
            if group := groups.get((kind, action)):
                title = words.say("page.heading", action=words.word("action", action), kinds=words.word("kinds", kind))
                yield Section(
                    kind=kind,
                    action=action,
                    title=title[:1].upper() + title[1:],
                    anchor=f"{kind}-{action}",
                    lines=tuple(lines[operation.id] for operation in group),
                    held=sum(1 for operation in group if operation.held_by),
                )


def _title(subject: Subject, words: Words) -> str:
    if subject.run is not None:
        return words.say("page.run", run=subject.run.run)
    return words.say("page.plan", moment=words.moment(subject.plan.as_of))


def _state(subject: Subject, words: Words) -> str:
    """Say in one sentence how things stand."""
    operations = subject.plan.operations
    if subject.run is not None:
        return words.say("page.ran", outcome=words.word("run", subject.run.outcome))
    if not operations:
        return words.say(nothing_key("page", subject.plan), count=len(subject.plan.leaving))
    waiting = Counter(bool(one.held_by) for one in operations)[True]
    if not waiting:
        return words.say("page.ready")
    return words.say("page.held_all" if waiting == len(operations) else "page.held_some", count=waiting)
