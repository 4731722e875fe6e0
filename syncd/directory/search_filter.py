"""Search filters (RFC 4515) on entries that no server searches for us."""

import re
from collections.abc import Callable, Iterator, Mapping
from itertools import accumulate

from ldap3.core.exceptions import LDAPInvalidFilterError
from ldap3.operation import search

from syncd.errors import ConfigurationError
from syncd.mapping.normal_forms import comparable
from syncd.model.attribute_names import values_of
from syncd.model.numbers import whole_number

Attributes = Mapping[str, tuple[str | bytes, ...]]
Test = Callable[[Attributes], bool]
DEEPEST = 100
SHOWN = 60
_ESCAPE = re.compile(rb"\\([0-9A-Fa-f]{2})")
_BITS = {"1.2.840.113556.1.4.803": "all", "1.2.840.113556.1.4.804": "any"}  # MS-ADTS 3.1.1.3.4.4


def compiled(text: str) -> Test:
    """Compile a filter to a test of attributes; raise `ConfigurationError` where it is not one."""
    return _test(_parsed(text), text)


def named_attributes(text: str) -> frozenset[str]:
    """Return the attributes that a filter asks about, in lower case; raise `ConfigurationError` where it is not one."""
    return frozenset(_names(_parsed(text)))


def _names(node: search.FilterNode) -> Iterator[str]:
    if node.tag in (search.AND, search.OR, search.NOT):
        for inner in node.elements:
            yield from _names(inner)
    else:
        yield str(node.assertion["attr"]).lower()


def _parsed(text: str) -> search.FilterNode:
    if _depth(text) > DEEPEST:
        raise ConfigurationError(
            f'"{text[:SHOWN]}…" is no search filter that can be used: it is nested deeper than {DEEPEST}'
        )
    try:
        root = search.parse_filter(text, None, False, True, None, False)  # type: ignore[no-untyped-call]
    except LDAPInvalidFilterError as error:
        raise ConfigurationError(
            f'"{text}" is not a search filter ({error}); a filter looks like (&(objectClass=person)(mail=*)), RFC 4515'
        ) from error
    node: search.FilterNode = root.elements[0]
    return node


def _depth(text: str) -> int:
    """Return how deep the parentheses of a filter are nested; each level is a call of a function."""
    steps = accumulate({"(": 1, ")": -1}.get(one, 0) for one in text)
    return max(steps, default=0)


def _test(node: search.FilterNode, text: str) -> Test:
    if node.tag in (search.AND, search.OR):
        parts = [_test(one, text) for one in node.elements]
        combined = all if node.tag == search.AND else any
        return lambda attributes: combined(part(attributes) for part in parts)
    if node.tag == search.NOT:
        inner = _test(node.elements[0], text)
        return lambda attributes: not inner(attributes)
    return _assertion(node, text)


def _assertion(node: search.FilterNode, text: str) -> Test:
    name = str(node.assertion["attr"]).lower()
    if node.tag == search.MATCH_PRESENT:
        return lambda attributes: bool(values_of(attributes, name))
    matches = _value_test(node, text)
    return lambda attributes: any(matches(_comparable(value)) for value in values_of(attributes, name))


def _value_test(node: search.FilterNode, text: str) -> Callable[[str], bool]:
    """Give the test of one value; values are compared without regard to letter case and width."""
    if node.tag == search.MATCH_SUBSTRING:
        return _substring(node.assertion)
    wanted = _comparable(_unescaped(node.assertion["value"]))
    if node.tag in (search.MATCH_EQUAL, search.MATCH_APPROX):
        return lambda value: value == wanted
    if node.tag == search.MATCH_GREATER_OR_EQUAL:
        return lambda value: _ordered(value) >= _ordered(wanted)
    if node.tag == search.MATCH_LESS_OR_EQUAL:
        return lambda value: _ordered(value) <= _ordered(wanted)
    return _extensible(node.assertion.get("matchingRule", ""), wanted, text)


def _extensible(rule: str, wanted: str, text: str) -> Callable[[str], bool]:
    mask = whole_number(wanted)
    if rule not in _BITS or mask is None:
        raise ConfigurationError(
            f'the matching rule in "{text}" is not known for files; only the bit rules {", ".join(_BITS)} are'
        )
    if _BITS[rule] == "all":
        return lambda value: (number := whole_number(value)) is not None and number & mask == mask
    return lambda value: (number := whole_number(value)) is not None and bool(number & mask)


def _substring(assertion: Mapping[str, bytes | list[bytes]]) -> Callable[[str], bool]:
    """Return the test of parts in their order, each looked for from where the one before ended (RFC 4511, 4.5.1.7.2).

    The first place of each leaves most for those behind it, so that nothing is tried again: a value is walked once.
    """

    def piece(value: bytes | list[bytes] | None) -> str:
        return _comparable(_unescaped(value)) if isinstance(value, bytes) else ""

    initial, final = piece(assertion.get("initial")), piece(assertion.get("final"))
    inner = [piece(one) for one in assertion.get("any") or [] if isinstance(one, bytes)]

    def matches(value: str) -> bool:
        place = len(initial)
        if not value.startswith(initial):
            return False
        for part in inner:
            found = value.find(part, place)
            if found < 0:
                return False
            place = found + len(part)
        return len(value) - len(final) >= place and value.endswith(final)

    return matches


def _unescaped(value: bytes) -> bytes:
    return _ESCAPE.sub(lambda found: bytes([int(found[1], 16)]), value)


def _comparable(value: str | bytes) -> str:
    return comparable("", value.decode(errors="replace") if isinstance(value, bytes) else value)


def _ordered(value: str) -> tuple[int, int, str]:
    """Order numbers as numbers and before texts."""
    number = whole_number(value)
    return (1, 0, value) if number is None else (0, number, "")
