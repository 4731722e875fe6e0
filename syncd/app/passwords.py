"""Initial passwords, and the handover file that tells of them (DESIGN 6, passwords)."""

import csv
import errno
import io
import os
import secrets
import stat
import string
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from syncd.errors import ConfigurationError
from syncd.model.cells import harmless_cell

PUBLIC_DEFAULT = "hf@123456"
LENGTH = 20
MODE = 0o600
_SETS = (string.ascii_lowercase, string.ascii_uppercase, string.digits, "-_.+=")


def random_password() -> str:
    """Give a password that nobody knows, with letters in both cases, digits and a sign.

    It begins with a letter: a spreadsheet that opens the handover file takes what begins with = or + for a formula.
    """
    signs = [secrets.choice(one) for one in _SETS]
    signs += [secrets.choice("".join(_SETS)) for _ in range(LENGTH - len(signs) - 1)]
    secrets.SystemRandom().shuffle(signs)
    return secrets.choice(string.ascii_letters) + "".join(signs)


class InitialPasswords:
    """Gives initial passwords, and writes each to the handover file before its use.

    The file is of mode 0600, whatever it was before. Where nobody is created (`looks_only`) it is not made, only looked
    at. Raises `ConfigurationError` where it cannot be written.
    """

    def __init__(self, handover: Path | None, now: Callable[[], str], *, looks_only: bool = False) -> None:
        self._now = now
        self._file: int | None = None
        self._path = handover
        if handover and looks_only:
            _proved(handover)
        elif handover:
            self._file = _opened(handover)

    def initial(self, account: str, name: str, wanted: str) -> str:
        """Give the initial password of a user; with a handover file its line is on disk afterwards.

        Where nothing is wanted, or the public default, the password is random. Raises `ConfigurationError` where the
        line cannot be written: whoever is made nevertheless has a password that nobody learns.
        """
        password = random_password() if wanted in ("", PUBLIC_DEFAULT) else wanted
        self._note(account, name, password)
        return password

    def withdrawn(self, account: str, name: str) -> None:
        """Note that the platform refused: a line with an empty password."""
        with suppress(ConfigurationError):  # why the platform refused is what counts
            self._note(account, name, "")

    def fresh(self) -> str:
        """Give a password that nobody knows."""
        return random_password()

    def close(self) -> None:
        """Close the handover file."""
        if self._file is not None:
            os.close(self._file)
            self._file = None

    def _note(self, account: str, name: str, password: str) -> None:
        if self._file is None:
            return
        line = io.StringIO()
        csv.writer(line).writerow([harmless_cell(account), harmless_cell(name), password, self._now()])
        _append(self._file, line.getvalue().encode(), self._path)


def _opened(path: Path) -> int:
    try:
        file = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_NOFOLLOW, MODE)
        if stat.S_ISREG((found := os.fstat(file)).st_mode) and stat.S_IMODE(found.st_mode) != MODE:
            os.fchmod(file, MODE)
    except OSError as error:
        why = "it is a symbolic link, which is not followed" if error.errno == errno.ELOOP else error.strerror
        raise _unwritable(path, why) from error
    return file


def _append(file: int, line: bytes, path: Path | None) -> None:
    """Append a whole line or nothing: a part of one would spoil the next."""
    before = os.fstat(file).st_size
    try:
        while line:
            line = line[os.write(file, line) :]
        os.fsync(file)
    except OSError as error:
        with suppress(OSError):
            os.ftruncate(file, before)
        raise _unwritable(path, error.strerror) from error


def _proved(path: Path) -> None:
    place = path if path.exists() else path.parent
    if not os.access(place, os.W_OK):
        raise _unwritable(path, os.strerror(errno.EACCES if place.exists() else errno.ENOENT))
    if path.is_dir() or not (place == path or place.is_dir()):
        raise _unwritable(path, os.strerror(errno.EISDIR if path.is_dir() else errno.ENOTDIR))


def _unwritable(path: Path | None, why: str | None) -> ConfigurationError:
    return ConfigurationError(f"platform.handover: {path} cannot be written: {why}")
