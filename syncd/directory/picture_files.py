"""Pictures that are files in a folder, one for each person."""

import os
import stat
from collections.abc import Iterator
from pathlib import Path

from syncd.app.ports import Source
from syncd.errors import PictureUnreadable, SourceBroken, SourceUnreachable
from syncd.mapping.faces import FaceRule
from syncd.mapping.templates import Facts, Unmappable
from syncd.model.faces import Picture, Survey
from syncd.model.source import Entry

MOST_BYTES = 40_000_000
NO_MARK = "?"
"""Marks a picture of which only a try to read it tells what is wrong."""


class FilePictures:
    """The files that a template names, relative to `base`; none outside the folder that the template begins with."""

    def __init__(self, source: Source, rule: FaceRule, base: Path) -> None:
        self._source, self._rule, self._base = source, rule, base

    def survey(self) -> Survey:
        """Read the source and look which files there are; their mark is size and time of the last change.

        A folder that is missing or empty is a broken read: it is not mounted, and would take away every face.
        """
        snapshot = self._source.read()
        folder = self._base / self._rule.beginning
        try:
            with os.scandir(folder) as found:
                is_empty = next(found, None) is None
        except OSError as error:
            raise SourceUnreachable(f"the folder of pictures {folder} cannot be read: {error.strerror}") from error
        if is_empty:
            raise SourceBroken(f"the folder of pictures {folder} is empty; is what should be there mounted?")
        return Survey(snapshot, dict(self._marks(snapshot.users)))

    def _marks(self, entries: tuple[Entry, ...]) -> Iterator[tuple[str, str]]:
        for one in entries:
            try:
                if place := self._found(one):
                    yield one.key, _mark(place)
            except PictureUnreadable:
                yield one.key, NO_MARK

    def picture(self, entry: Entry, mark: str) -> Picture:
        """Read a file."""
        place = self._found(entry)
        if place is None:
            return Picture()
        inside = (self._base / self._rule.beginning).resolve()
        try:
            real = place.resolve(strict=True)
            if not real.is_relative_to(inside):
                raise PictureUnreadable(f"{place} leads out of {inside}, so it is not read")
            found = _mark(real)
            if found == mark:
                return Picture(mark=found, is_same=True)
            return Picture(_content(real), found)
        except OSError as error:
            raise PictureUnreadable(f"{place} cannot be read: {error.strerror}") from error

    def close(self) -> None:
        """Nothing is held open."""

    def _found(self, entry: Entry) -> Path | None:
        """Give where a person's picture is; nothing where there is no such file, or the entry names none."""
        try:
            place = self._rule.place(Facts(entry.attributes, self._source.name, ""))
            path = self._base / place
            return path if place and path.is_file() else None
        except Unmappable as error:
            raise PictureUnreadable(f"{entry.locator}: {error}") from None
        except OSError as error:
            raise PictureUnreadable(f"{entry.locator}: its picture cannot be looked for: {error.strerror}") from None


def _content(path: Path) -> bytes:
    """Read a file, no more of it than may be a picture."""
    with path.open("rb") as file:
        if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
            raise PictureUnreadable(f"{path} is no file")
        return file.read(MOST_BYTES + 1)


def _mark(path: Path) -> str:
    found = path.stat()
    return f"{found.st_size}-{found.st_mtime_ns}"
