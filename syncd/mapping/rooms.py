"""Entries to desired rooms (DESIGN 6, rooms; I11, I12)."""

import math
import re
import urllib.parse
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Protocol

from syncd.mapping.facts import NOT_READ, Facts, Unmappable, is_true
from syncd.mapping.normal_forms import plain_form, text_form
from syncd.mapping.rules import CompiledRoom
from syncd.model.desired import DesiredRoom, Skip
from syncd.model.objects import Kind
from syncd.model.rooms import ManagedRoom, number_text
from syncd.model.source import Entry

# The platform's document gives no lengths; see `LONGEST` of users.
LONGEST = {"name": 128, "address": 256, "memo": 1000}
LONGEST_ADDRESS = 1000
TIME_OF_DAY = re.compile(r"(\d{1,2}):(\d\d)(?::\d\d)?\Z")
NO = frozenset({"false", "0", "no"})
LARGEST = {"longitude": 180, "latitude": 90}


class Places(Protocol):
    """The departments of the source, by place and by name."""

    def above(self, path: tuple[str, ...]) -> str:
        """Give the key of the nearest department above a place."""

    def named(self, text: str) -> str:
        """Give the key of the department that a text names."""


class RoomMapping:
    """The mapping of one source's rooms; what cannot be mapped is noted in `skips`."""

    def __init__(self, source: str, rules: CompiledRoom, places: Places) -> None:
        self._source, self._rules, self._places = source, rules, places
        self.skips: list[Skip] = []

    def desired(self, entries: Iterable[tuple[Entry, Facts]]) -> Iterator[DesiredRoom]:
        """Give the rooms that have a name; a field that cannot be mapped stays on the platform as it is."""
        for entry, facts in entries:
            name = self._field(entry, facts, "name")
            if name is None:
                continue
            optional = {field: self._field(entry, facts, field) for field in self._rules.fields if field != "name"}
            fields = ManagedRoom(name=name, **optional, department=self._department(entry, facts))
            yield DesiredRoom(entry.key, self._source, entry.locator, fields, self._allowed(entry, facts))

    def _field(self, entry: Entry, facts: Facts, field: str) -> str | None:
        rule = self._rules.fields[field]
        return self._said(entry, field, lambda: _formed(field, rule.text(facts))) if rule.is_ours else None

    def _department(self, entry: Entry, facts: Facts) -> str | None:
        rule = self._rules.department
        if rule is None:
            return self._said(entry, "department", lambda: self._places.above(entry.path))
        if not rule.is_ours:
            return None

        def named() -> str:
            text = rule.text(facts)
            return self._places.named(text) if text else text

        return self._said(entry, "department", named)

    def _allowed(self, entry: Entry, facts: Facts) -> tuple[str, ...] | None:
        rule = self._rules.users
        if not rule.is_ours:
            return None
        text = self._said(entry, "users", lambda: self._rules.separator.join(rule.texts(facts)))
        if text is None:
            return None
        names = (plain_form(one) for one in text.split(self._rules.separator))
        return tuple(dict.fromkeys(one for one in names if one))

    def _said(self, entry: Entry, field: str, read: Callable[[], str | None]) -> str | None:
        try:
            return read()
        except Unmappable as finding:
            if finding.reason == NOT_READ:  # the source is named once, not for every room
                return None
            message = f"{entry.locator}: {field}: {finding}"
            self.skips.append(Skip(Kind.ROOM, entry.key, entry.locator, finding.reason, message, field))
            return None


def _formed(field: str, text: str) -> str | None:
    """Give a value in its normal form; `None` for what cannot be cleared and has no value."""
    if field in LONGEST:
        return _text(field, text)
    form = text_form(text)
    return FORMS[field](field, form) if form else None


def _text(field: str, text: str) -> str:
    form = text_form(text)
    if field == "name" and not form:
        raise Unmappable("no_value", "there is no value, and it is required")
    if len(form) > LONGEST[field]:
        raise Unmappable("too_long", f"it has {len(form)} characters, {LONGEST[field]} at most; shorten it")
    return form


def _time(_field: str, text: str) -> str:
    found = TIME_OF_DAY.match(text)
    if not found or int(found[1]) > 23 or int(found[2]) > 59:
        raise Unmappable("no_time", f'"{text}" is no time of day; it looks like 07:00')
    return f"{int(found[1]):02}:{found[2]}"


def _switch(_field: str, text: str) -> str:
    if is_true(text):
        return "1"
    if text.lower() in NO:
        return "0"
    raise Unmappable("no_switch", f'"{text}" is neither yes nor no; it looks like 1 or 0')


def _address(_field: str, text: str) -> str:
    """Give the address of a picture; the message does not repeat it, for there may be a password in it."""
    if len(text) > LONGEST_ADDRESS:
        raise Unmappable("too_long", f"it has {len(text)} characters, {LONGEST_ADDRESS} at most; shorten it")
    try:
        parts = urllib.parse.urlsplit(text)
        is_there = parts.scheme.lower() in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        is_there = False
    if not is_there or any(one.isspace() for one in text):
        raise Unmappable("no_address", "it is no address of a picture; it looks like https://example.org/rooms/1.jpg")
    if "@" in parts.netloc:
        raise Unmappable("no_address", "a name or password stands in it, which all who see the plan would read")
    return text


def _whole(_field: str, text: str) -> str:
    number = _number(text)
    if number < 0 or number != int(number):
        raise Unmappable("no_number", f'"{text}" is no whole number from 0 on')
    return number_text(number)


def _degrees(field: str, text: str) -> str:
    number = _number(text)
    if abs(number) > LARGEST[field]:
        raise Unmappable("no_number", f'"{text}" is no {field} in degrees')
    return number_text(number)


def _number(text: str) -> float:
    try:
        number = float(text)
    except ValueError:
        number = math.nan
    if not math.isfinite(number):
        raise Unmappable("no_number", f'"{text}" is no number')
    return number


FORMS: Mapping[str, Callable[[str, str], str]] = {
    "begin_time": _time,
    "end_time": _time,
    "status": _switch,
    "need_audit": _switch,
    "permission": _switch,
    "scene_image": _address,
    "capacity": _whole,
    "size": _whole,
    "radius": _whole,
    "longitude": _degrees,
    "latitude": _degrees,
}
