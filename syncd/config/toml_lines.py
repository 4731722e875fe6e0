"""On which line of a TOML text a key stands, which the standard parser does not tell."""

import re
import tomllib
from collections.abc import Iterator

import msgspec

Path = tuple[str, ...]
_KEY = r"""(?:[A-Za-z0-9_-]+|"[^"\n]*"|'[^'\n]*')"""
_DOTTED = rf"{_KEY}(?:\s*\.\s*{_KEY})*"
_HEADER = re.compile(rf"\s*\[\[?\s*({_DOTTED})\s*\]")
_PAIR = re.compile(rf"\s*({_DOTTED})\s*=")


class Doubled(msgspec.Struct, frozen=True):
    """A table or key that a text has twice, with the lines of both, counted from 1."""

    path: Path
    is_table: bool
    first: int
    second: int


def line_numbers(text: str) -> dict[Path, int]:
    """Give the line of every table header and of every key that begins a line; the text must be valid TOML."""
    found: dict[Path, int] = {}
    for number, table, path in _places(text):
        for depth in range(len(table) + 1, len(path) + 1):
            found.setdefault(path[:depth], number)
        found.setdefault(path, number)
    return found


def doubled(text: str) -> tuple[Doubled, ...]:
    """Return the tables and keys that a text has twice, which no TOML may have; [[tables]] of a list are many."""
    first: dict[Path, int] = {}
    found: list[Doubled] = []
    lists: set[Path] = set()
    lines = text.splitlines()
    for number, table, path in _places(text):
        if lines[number - 1].lstrip().startswith("[["):
            lists.add(path)
        if table in lists:
            continue
        if path in first:
            found.append(Doubled(path, table == path, first[path], number))
        else:
            first[path] = number
    return tuple(found)


def _places(text: str) -> Iterator[tuple[int, Path, Path]]:
    """Yield the line, the table and the path of every table header and of every key that begins a line."""
    table: Path = ()
    lines = text.splitlines()
    number = 0
    while number < len(lines):
        line = lines[number]
        if header := _HEADER.match(line):
            table = _path(header[1])
            yield number + 1, table, table
        elif pair := _PAIR.match(line):
            yield number + 1, table, table + _path(pair[1])
            number += _continued(lines[number:])
        number += 1


def line_of(path: Path, lines: dict[Path, int]) -> int:
    """Give the line of a key, or of the nearest table or key that holds it; 0 where nothing does."""
    for depth in range(len(path), 0, -1):
        if path[:depth] in lines:
            return lines[path[:depth]]
    return 0


def _path(dotted: str) -> Path:
    return tuple(_names(tomllib.loads(f"{dotted} = 0")))


def _names(nested: object) -> list[str]:
    names: list[str] = []
    while isinstance(nested, dict):
        name, nested = next(iter(nested.items()))
        names.append(name)
    return names


def _continued(lines: list[str]) -> int:
    """Tell how many lines after its first the value of a key takes."""
    for count in range(len(lines)):
        try:
            tomllib.loads("\n".join(lines[: count + 1]))
        except tomllib.TOMLDecodeError:
            continue
        return count
    return 0
