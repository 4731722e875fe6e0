"""Files that commands read and write."""

import errno
import os
from pathlib import Path

from syncd.errors import ConfigurationError, SyncdError
from syncd.plan.json_form import from_json
from syncd.plan.values import Plan

DEVICES = Path("/dev")
A_LINK = "it is a symbolic link, which is not followed; name the file that it leads to"


def write_private(path: Path, content: bytes) -> None:
    """Write a file for its owner's eyes only (DESIGN 6, personal data)."""
    try:
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | _no_link(path), 0o600), "wb") as file:
            os.fchmod(file.fileno(), 0o600)
            file.write(content)
    except OSError as error:
        why = A_LINK if error.errno == errno.ELOOP else error.strerror
        raise ConfigurationError(f"{path} cannot be written: {why}") from error


def _no_link(path: Path) -> int:
    """Follow no link that somebody else may have put there; those of /dev lead to where the shell leads output."""
    return 0 if DEVICES in path.absolute().parents else os.O_NOFOLLOW


def read_plan(path: Path) -> Plan:
    """Read a plan file."""
    try:
        return from_json(path.read_bytes())
    except OSError as error:
        raise ConfigurationError(f"{path} cannot be read: {error.strerror}") from error
    except SyncdError as error:
        raise ConfigurationError(f"{path}: {error}") from error
