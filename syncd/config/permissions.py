"""Who else on this machine may change or read what the program trusts: its configuration, its secrets, its store."""

import stat
from collections.abc import Iterator
from pathlib import Path

IN_MEMORY = Path("/run")
"""Where systemd, Docker and Kubernetes put secrets for one service, each in its own way: modes are their matter."""


def changeable(path: Path) -> str:
    """Return how any user of this machine may change a file, and what mends that; empty where none of them may.

    The file's own mode counts, and that of each folder on the way to it, also behind a symbolic link: whoever may write
    in a folder may put another file there, unless the folder is sticky (chmod(1)), as /tmp is. What is no file, such as
    the shell's `<(…)`, is nobody else's.
    """
    try:
        if not stat.S_ISREG(path.stat().st_mode):
            return ""
        places = [path.resolve(), *path.resolve().parents, *path.absolute().parents]
    except OSError:
        return ""
    return next((f"every user may write {place} ({mode}): chmod o-w {place}" for place, mode in _open(places)), "")


def _open(places: list[Path]) -> Iterator[tuple[Path, str]]:
    for place in places:
        mode = place.stat().st_mode
        if mode & stat.S_IWOTH and not (stat.S_ISDIR(mode) and mode & stat.S_ISVTX):
            yield place, stat.filemode(mode)


def readable(path: Path) -> str:
    """Return the mode, as `ls` shows it, of a file that every user of this machine may read, else nothing."""
    try:
        found = path.stat()
    except OSError:
        return ""
    is_open = stat.S_ISREG(found.st_mode) and found.st_mode & stat.S_IROTH and IN_MEMORY not in path.resolve().parents
    return stat.filemode(found.st_mode) if is_open else ""
