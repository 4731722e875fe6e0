"""A plan as people read it: what would be done, what is held and why, what was left out."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping

import msgspec

from syncd.model.objects import Kind
from syncd.plan.values import Action, Change, Guard, Operation, Plan, is_unproven
from syncd.report.approval import approval_command
from syncd.report.leavers import leaver_lines
from syncd.report.messages import ENGLISH, Words

SYMBOLS = {
    Action.CREATE: "+",
    Action.UPDATE: "~",
    Action.MOVE: ">",
    Action.LOCK: "!",
    Action.PARK: "!",
    Action.REMOVE: "-",
    Action.ADOPT: "=",
    Action.LEAVE: "<",
}
PERSONAL = frozenset({"phone", "email"})
PLACES = frozenset({"department", "parent"})
NOTHING: frozenset[str] = frozenset()
NAMELESS: Mapping[str, str] = {}


def plan_text(
    plan: Plan,
    masked: frozenset[str] = NOTHING,
    departments: Mapping[str, str] = NAMELESS,
    words: Words = ENGLISH,
    *,
    is_part: bool = False,
) -> str:
    """Give the plan as lines for a terminal; of the fields in `masked` only the beginnings are shown.

    `is_part` says that the plan is about chosen people alone. `departments` has the names of departments by platform
    id; those that the plan makes or renames need not be in it.
    """
    renamed = {one.platform_id: one.name for one in plan.operations if one.kind is Kind.DEPARTMENT}
    names = {"": words.say("value.root"), **departments, **renamed}
    return "\n".join(_lines(plan, _Showing(masked, names, words, is_part))) + "\n"


class _Showing(msgspec.Struct, frozen=True):
    """How values are shown."""

    masked: frozenset[str]
    departments: Mapping[str, str]
    words: Words
    is_part: bool = False

    def value(self, field: str, value: str | None) -> str:
        """Show one value of a field: a department by its name, personal data by its beginning where it is masked."""
        if field in PLACES:
            return self.departments.get(value or "", value or "")
        if not value:
            return '""'
        return value if field not in self.masked else value[:2] + "***"


def _lines(plan: Plan, showing: _Showing) -> Iterator[str]:
    words = showing.words
    for source in plan.sources:
        grounds = source.certificate.get("doubts") or source.certificate.get("proofs") or ()
        why = "".join(words.say("terminal.ground", ground=ground) for ground in grounds)
        yield words.say("terminal.source", name=source.name, grade=words.word("grade", source.grade)) + why
    if not plan.operations:
        yield words.say(nothing_key("terminal", plan, is_part=showing.is_part), count=len(plan.leaving))
    for operation in plan.operations:
        yield from _operation(operation, showing)
    yield from _findings(plan, words)
    yield from leaver_lines(plan.leaving, words)
    if plan.operations:
        yield _totals(plan.operations, words)
    yield from _guards(plan, words)


def nothing_key(place: str, plan: Plan, *, is_part: bool = False) -> str:
    """Return the key of the words for a plan without operations: what that means depends on the reads and the part."""
    if is_unproven(plan):
        return f"{place}.nothing_unproven"
    if is_part:
        return f"{place}.nothing_part"
    return f"{place}.nothing_now" if plan.leaving else f"{place}.nothing"


def _operation(operation: Operation, showing: _Showing) -> Iterator[str]:
    words = showing.words
    yield words.say(
        "terminal.operation",
        symbol=SYMBOLS[operation.action],
        action=words.word("action", operation.action),
        kind=words.word("kind", operation.kind),
        name=operation.name,
        reason=words.word("reason", operation.reason),
        place=operation.locator or operation.key,
        held=words.say("terminal.held", guards=words.listed("guard", operation.held_by)) if operation.held_by else "",
    )
    if operation.action is not Action.REMOVE:
        for field, change in operation.changes.items():
            yield words.say(
                "terminal.field", field=words.field(operation.kind, field), values=_change(field, change, showing)
            )


def _change(field: str, change: Change, showing: _Showing) -> str:
    after = showing.value(field, change.after)
    return after if change.before is None else f"{showing.value(field, change.before)} -> {after}"


def _findings(plan: Plan, words: Words) -> Iterator[str]:
    for conflict in plan.conflicts:
        yield _finding(words, "terminal.conflict", ("conflict", conflict.kind), conflict.message)
    for skip in plan.skipped:
        kind = words.word("kind", skip.kind)
        yield _finding(words, "terminal.skip", ("skip", skip.reason), skip.message, kind=kind)
    if plan.conflicts or plan.skipped:
        yield words.say("terminal.findings", conflicts=len(plan.conflicts), skips=len(plan.skipped))
    if plan.unmanaged:
        yield words.say("terminal.unmanaged", count=len(plan.unmanaged))


def _finding(words: Words, key: str, named: tuple[str, str], message: str, **values: str) -> str:
    """Give one finding; where the plan's own sentence is in another language, what to do stands before it."""
    group, code = named
    told = {"word": words.word(group, code), "help": words.word(f"{group}_help", code), "message": message}
    return words.say(key, **told, **values)


def _totals(operations: Iterable[Operation], words: Words) -> str:
    counts = Counter((operation.kind, operation.action) for operation in operations)
    totals = (
        words.say(
            "terminal.total",
            count=counts[what],
            kinds=words.word("kinds", what[0]),
            action=words.word("action", what[1]),
        )
        for what in sorted(counts)
    )
    return words.say("terminal.totals", counts=words.say("list.comma").join(totals))


def guards_text(guards: Iterable[Guard], words: Words) -> Iterator[str]:
    """Say what holds a plan, or is to be thought of."""
    for guard in guards:
        key = "terminal.guard" if guard.holds else "terminal.note"
        yield _finding(words, key, ("guard", guard.name), guard.message)


def _guards(plan: Plan, words: Words) -> Iterator[str]:
    yield from guards_text(plan.guards, words)
    if command := approval_command(plan):
        yield words.say("terminal.approve", command=command)
