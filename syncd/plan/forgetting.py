"""What is left of one person in plans and in what the platform told, once they are to be forgotten.

An operation stays, for runs are counted by them, and so do its id and its outcome; who it was about does not.
"""

import re
from collections.abc import Iterable, Iterator, Mapping

import msgspec

from syncd.model.objects import Kind
from syncd.plan.normal_ids import normal_id
from syncd.plan.situation import Identity
from syncd.plan.values import Conflict, Operation, Plan
from syncd.plan.who import Whom

FORGOTTEN = "(forgotten)"
UNIQUE = ("account", "phone", "email")
"""Fields whose values are one person's alone, so that they are found in what was said of others too."""
SHORTEST = 3
"""Characters: a shorter value would be found in words that do not mean the person."""
NAMED = ("id", "userId")


class Person(msgspec.Struct, frozen=True):
    """Whose traces are meant: their keys, their ids on the platform, and the values that are theirs alone."""

    identities: frozenset[Identity]
    platform_ids: frozenset[str]
    values: frozenset[str]

    def has(self, source: str, key: str, platform_id: str) -> bool:
        """Whether an object is this person; an empty key or id is nobody's, and an empty source may be any."""
        is_key = bool(key) and any(key == known and source in (of, "") for of, known in self.identities)
        return is_key or (bool(platform_id) and normal_id(platform_id) in self.platform_ids)


class Words:
    """Replaces the values of a person in a text."""

    def __init__(self, values: Iterable[str]) -> None:
        long = sorted((one for one in values if len(one) >= SHORTEST), key=len, reverse=True)
        self._values = re.compile(rf"(?<!\w)(?:{'|'.join(map(re.escape, long))})(?!\w)") if long else None

    def __call__(self, text: str) -> str:
        """Return the text without them."""
        return self._values.sub(FORGOTTEN, text) if self._values else text


def everybody_in(plan: Plan) -> Iterator[Whom]:
    """Yield each person whom a plan names, as often as it does; `source` is "" where it does not say."""
    for one in plan.operations:
        if one.kind is Kind.USER and not is_forgotten(one):
            account = one.changes.get("account")
            named = (account.after or account.before or "") if account else ""
            yield Whom(one.kind, one.source, one.key, normal_id(one.platform_id), one.locator, named, one.name)
    for each in plan.leaving:
        if each.kind is Kind.USER:
            yield Whom(each.kind, "", each.key, normal_id(each.platform_id), "", each.account, each.name)
    for other in plan.unmanaged:
        if other.kind is Kind.USER:
            yield Whom(other.kind, "", "", normal_id(other.platform_id), "", other.account, other.name)
    for skip in plan.skipped:
        if skip.kind is Kind.USER:
            yield Whom(skip.kind, "", skip.key, "", skip.locator)


def values_in(plan: Plan, person: Person) -> Iterator[str]:
    """Yield the values of a plan that are this person's alone: keys, ids, DNs, accounts, phones, mails."""
    for one in everybody_in(plan):
        if person.has(one.source, one.key, one.platform_id):
            yield from (one.key, one.platform_id, one.locator, one.account)
    for operation in plan.operations:
        if operation.kind is Kind.USER and person.has(operation.source, operation.key, operation.platform_id):
            changes = (operation.changes[name] for name in UNIQUE if name in operation.changes)
            yield from (value for change in changes for value in (change.before, change.after) if value)


def is_forgotten(operation: Operation) -> bool:
    """Whether an operation is about somebody who was forgotten: it can neither be shown nor undone."""
    return operation.name == FORGOTTEN and not operation.platform_id


def without_person(plan: Plan, person: Person) -> Plan:
    """Return a plan in which nothing tells of this person."""
    is_gone = person.has
    words = Words(person.values)
    return msgspec.structs.replace(
        plan,
        operations=tuple(_operation(one, person) for one in plan.operations),
        conflicts=tuple(_conflict(one, person, words) for one in plan.conflicts),
        skipped=tuple(
            msgspec.structs.replace(one, message=words(one.message))
            for one in plan.skipped
            if not (one.kind is Kind.USER and is_gone("", one.key, ""))
        ),
        unmanaged=tuple(one for one in plan.unmanaged if not is_gone("", "", one.platform_id)),
        guards=tuple(msgspec.structs.replace(one, message=words(one.message)) for one in plan.guards),
        leaving=tuple(one for one in plan.leaving if not is_gone("", one.key, one.platform_id)),
    )


def _operation(one: Operation, person: Person) -> Operation:
    if one.kind is not Kind.USER or not person.has(one.source, one.key, one.platform_id):
        return one
    return msgspec.structs.replace(one, key="", source="", platform_id="", locator="", name=FORGOTTEN, changes={})


def _conflict(one: Conflict, person: Person, words: Words) -> Conflict:
    keys = tuple(FORGOTTEN if person.has("", key, "") else key for key in one.keys)
    return msgspec.structs.replace(one, keys=keys, value=words(one.value), message=words(one.message))


def document_without(document: object, person: Person) -> object:
    """Return a JSON document without this person: members of lists that are theirs go, other values are replaced."""
    return _cleaned(document, person, Words(person.values))


def _cleaned(value: object, person: Person, words: Words) -> object:
    if isinstance(value, str):
        return words(value)
    if isinstance(value, list):
        return [_cleaned(one, person, words) for one in value if not _is_theirs(one, person)]
    if isinstance(value, dict):
        if _is_theirs(value, person):
            return {}
        return {words(str(name)): _cleaned(one, person, words) for name, one in value.items()}
    return value


def _is_theirs(value: object, person: Person) -> bool:
    if isinstance(value, str):
        return normal_id(value) in person.platform_ids
    if not isinstance(value, Mapping):
        return False
    ids = (value.get(name) for name in (*NAMED, "platform_id"))
    is_named = any(isinstance(one, str | int) and normal_id(str(one)) in person.platform_ids for one in ids)
    return is_named or person.has(str(value.get("source", "")), str(value.get("key") or ""), "")
