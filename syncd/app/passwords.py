"""Initial passwords, and the handover file that tells of them (DESIGN 6, passwords)."""

import csv
import io
import os
import secrets
import string
from collections.abc import Callable
from pathlib import Path

from syncd.errors import ConfigurationError

PUBLIC_DEFAULT = "hf@123456"
LENGTH = 20
_SETS = (string.ascii_lowercase, string.ascii_uppercase, string.digits, "-_.+=")


def random_password() -> str:
    """Give a password that nobody knows, with letters in both cases, digits and a sign."""
    signs = [secrets.choice(one) for one in _SETS]
    signs += [secrets.choice("".join(_SETS)) for _ in range(LENGTH - len(signs))]
    secrets.SystemRandom().shuffle(signs)
    return "".join(signs)


class InitialPasswords:
    """Gives initial passwords, and writes each to the handover file before its use."""

    def __init__(self, handover: Path | None, now: Callable[[], str]) -> None:
        self._now = now
        self._file = _opened(handover) if handover else None

    def initial(self, account: str, name: str, wanted: str) -> str:
        """Give the initial password of a user; with a handover file its line is on disk afterwards.

        Where nothing is wanted, or the public default, the password is random.
        """
        password = random_password() if wanted in ("", PUBLIC_DEFAULT) else wanted
        self._note(account, name, password)
        return password

    def withdrawn(self, account: str, name: str) -> None:
        """Note that the platform refused: a line with an empty password."""
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
        csv.writer(line).writerow([account, name, password, self._now()])
        os.write(self._file, line.getvalue().encode())
        os.fsync(self._file)


def _opened(path: Path) -> int:
    try:
        return os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    except OSError as error:
        raise ConfigurationError(f"platform.handover: {path} cannot be written: {error.strerror}") from error
