"""Pictures that are files in a folder, one for each person."""

import hashlib
import os
from collections.abc import Iterator, Sequence
from pathlib import Path

from syncd.directory.bounded_file import opened_file
from syncd.errors import PictureUnreadable, SourceBroken, SourceUnreachable
from syncd.model.faces import UNSEEN, Picture, Sought

MOST_BYTES = 40_000_000


class FilePictures:
    """The files that a template names, relative to `base`; none outside `folder`, which the template begins with."""

    def __init__(self, folder: str, base: Path) -> None:
        self._folder, self._base = base / folder, base

    def marks(self, sought: Sequence[Sought]) -> dict[str, str]:
        """Look which files there are; their mark is the place, the size and the time of the last change.

        A folder that is missing or empty is a broken read: it is not mounted, and would take away every face.
        """
        folder = self._folder
        try:
            with os.scandir(folder) as found:
                is_empty = next(found, None) is None
        except OSError as error:
            raise SourceUnreachable(f"the folder of pictures {folder} cannot be read: {error.strerror}") from error
        if is_empty:
            raise SourceBroken(f"the folder of pictures {folder} is empty; is what should be there mounted?")
        return dict(self._marks(sought))

    def _marks(self, sought: Sequence[Sought]) -> Iterator[tuple[str, str]]:
        for one in sought:
            try:
                if place := self._found(one):
                    yield one.key, _mark(place)
            except (OSError, PictureUnreadable):
                yield one.key, UNSEEN

    def picture(self, sought: Sought, mark: str) -> Picture:
        """Read a file."""
        place = self._found(sought)
        if place is None:
            return Picture()
        inside = self._folder.resolve()
        try:
            real = place.resolve(strict=True)
            if not real.is_relative_to(inside):
                raise PictureUnreadable(f"{place} leads out of {inside}, so it is not read")
            found = _mark(place)
            if found == mark:
                return Picture(mark=found, is_same=True)
            return Picture(_content(real), found)
        except OSError as error:
            raise PictureUnreadable(f"{place} cannot be read: {error.strerror}") from error

    def close(self) -> None:
        """Nothing is held open."""

    def _found(self, sought: Sought) -> Path | None:
        """Give the file; nothing where there is none."""
        try:
            path = self._base / sought.place
            return path if path.is_file() else None
        except OSError as error:
            who = sought.entry.locator
            raise PictureUnreadable(f"{who}: its picture cannot be looked for: {error.strerror}") from None


def _content(path: Path) -> bytes:
    """Read a file, no more of it than may be a picture."""
    content = bytearray()
    with opened_file(path) as file:
        while len(content) <= MOST_BYTES and (portion := file.read(MOST_BYTES + 1 - len(content))):
            content += portion
    return bytes(content)


def _mark(path: Path) -> str:
    """Give what changes with a file, and with its name: two files that were unpacked may be of one size and time."""
    found = path.stat()
    return f"{found.st_size}-{found.st_mtime_ns}-{hashlib.sha256(os.fsencode(path)).hexdigest()[:8]}"
