"""JSON as entries: places in an answer (RFC 6901), and nested values by flat names."""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping

import msgspec

from syncd.directory.cell_values import Values, values_of
from syncd.directory.rows import column
from syncd.model.numbers import whole_number

VALUE = "value"  # the member of an object that has the value itself (RFC 7643, 2.4)
_LITERAL = r'"(?:[^"\\]|\\.)*"|[\w.+-]+'
_CHOICE = re.compile(r'([^\[\]]+)\[((?:[^\]"]|"(?:[^"\\]|\\.)*")+)\](?:\.([^\[\]]+))?')
_CONDITION = re.compile(rf"\s*([^\s\"]+)\s+(?:(eq|ne)\s+({_LITERAL})|(pr))\s*", re.IGNORECASE)
_AND = re.compile(r'\s+and\s+(?=(?:[^"]*"[^"]*")*[^"]*\Z)', re.IGNORECASE)


def at(document: object, pointer: str) -> object:
    """Give what a JSON Pointer points at; raises `LookupError` where there is nothing."""
    found = document
    for step in pointer.split("/")[1:]:
        name = step.replace("~1", "/").replace("~0", "~")
        if isinstance(found, dict):
            found = found[name]
        elif isinstance(found, list) and (number := whole_number(name)) is not None and number >= 0:
            found = found[number]
        else:
            raise LookupError(pointer)
    return found


class Choice(msgspec.Struct, frozen=True):
    """Which objects of a list are wanted, and what of them: `emails[type eq "work"].value` (RFC 7644, 3.5.2).

    `name` is what the values are called, `of` the list's flat name, and `member` what is taken of each object.
    """

    name: str
    of: str
    conditions: tuple[tuple[str, str, str], ...]
    member: str

    def takes(self, flat_object: Mapping[str, Values]) -> bool:
        """Whether an object of the list fulfils all conditions; letter case does not count."""
        return all(
            _fulfils(flat_object.get(member, ()), operator, wanted) for member, operator, wanted in self.conditions
        )


def choices(names: Iterable[str]) -> tuple[Choice, ...]:
    """Return the choices that are among the names; raises `ValueError` where one cannot be read."""
    return tuple(_choice(name) for name in sorted(set(names)) if "[" in name)


def _choice(name: str) -> Choice:
    found = _CHOICE.fullmatch(name.strip())
    conditions = [_CONDITION.fullmatch(one) for one in _AND.split(found[2])] if found else [None]
    if found is None or None in conditions:
        raise ValueError(
            f'{name}: a choice among the objects of a list looks like emails[type eq "work"].value, with eq, ne or pr, '
            "and with `and` between conditions"
        )
    read = tuple((column(one[1]), (one[2] or one[4]).lower(), _literal(one[3])) for one in conditions if one)
    return Choice(column(name), column(found[1]), read, column(found[3] or VALUE))


def _literal(text: str | None) -> str:
    """Return what a literal of a condition is as a value: without its quotes, null as nothing."""
    if text is None or text.lower() == "null":
        return ""
    return text[1:-1].replace('\\"', '"') if text.startswith('"') else text


def _fulfils(values: Values, operator: str, wanted: str) -> bool:
    found = [str(one).casefold() for one in values]
    if operator == "pr":
        return bool(found)
    is_there = wanted.casefold() in found if wanted else not found
    return is_there == (operator == "eq")


def flat(item: Mapping[str, object], chosen: Iterable[Choice] = ()) -> dict[str, Values]:
    """Return the values of an object by lower-case name, those of objects in it as `outer.inner`.

    What is `chosen` of its lists of objects has the name of the choice, where there is such an object.

    A list gives several values, one of objects those of each: `emails.value` of `{"emails": [{"value": …}, …]}`. What
    is null, blank or an empty list has its name and no value.
    """
    found: defaultdict[str, list[str | bytes]] = defaultdict(list)
    for name, value in _leaves("", item):
        found[column(name)].extend(values_of(value))
    for choice in chosen:
        for taken in _taken(item, choice):
            found[choice.name].extend(taken.get(choice.member, ()))
    return {name: tuple(values) for name, values in found.items()}


def _taken(item: Mapping[str, object], choice: Choice) -> Iterator[Mapping[str, Values]]:
    """Yield the objects that a choice takes, flat."""
    for one in _objects("", item, choice.of):
        found = flat(one if isinstance(one, dict) else {VALUE: one})
        if choice.takes(found):
            yield found


def _objects(name: str, value: object, wanted: str) -> Iterator[object]:
    """Yield the members of the list of that flat name; what stands there alone is a list of one."""
    if isinstance(value, list):
        for one in value:
            yield from _objects(name, one, wanted)
    elif name and column(name) == wanted:
        yield value
    elif isinstance(value, dict):
        for inner, one in value.items():
            path = f"{name}.{inner}" if name else inner
            if wanted == column(path) or wanted.startswith(f"{column(path)}."):
                yield from _objects(path, one, wanted)


def _leaves(name: str, value: object) -> Iterator[tuple[str, object]]:
    if isinstance(value, dict):
        for inner, one in value.items():
            yield from _leaves(f"{name}.{inner}" if name else inner, one)
    elif isinstance(value, list):
        yield name, None
        for one in value:
            yield from _leaves(name, one)
    else:
        yield name, value
