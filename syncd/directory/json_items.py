"""JSON as entries: places in an answer (RFC 6901), and nested values by flat names."""

from collections import defaultdict
from collections.abc import Iterator, Mapping

from syncd.directory.cell_values import Values, values_of
from syncd.directory.rows import column


def at(document: object, pointer: str) -> object:
    """Give what a JSON Pointer points at; raises `LookupError` where there is nothing."""
    found = document
    for step in pointer.split("/")[1:]:
        name = step.replace("~1", "/").replace("~0", "~")
        if isinstance(found, dict):
            found = found[name]
        elif isinstance(found, list) and name.isascii() and name.isdecimal():
            found = found[int(name)]
        else:
            raise LookupError(pointer)
    return found


def flat(item: Mapping[str, object]) -> dict[str, Values]:
    """Give the values of an object by lower-case name, those of objects in it as `outer.inner`.

    A list gives several values, one of objects those of each: `emails.value` of `{"emails": [{"value": …}, …]}`. What
    is null, blank or an empty list has its name and no value.
    """
    found: defaultdict[str, list[str | bytes]] = defaultdict(list)
    for name, value in _leaves("", item):
        found[column(name)].extend(values_of(value))
    return {name: tuple(values) for name, values in found.items()}


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
