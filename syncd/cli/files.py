"""Files that commands read and write."""

import os
from pathlib import Path

from syncd.errors import ConfigurationError, SyncdError
from syncd.plan.json_form import from_json
from syncd.plan.values import Plan


def write_private(path: Path, content: bytes) -> None:
    """Write a file for its owner's eyes only (DESIGN 6, personal data)."""
    try:
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
            os.fchmod(file.fileno(), 0o600)
            file.write(content)
    except OSError as error:
        raise ConfigurationError(f"{path} cannot be written: {error.strerror}") from error


def read_plan(path: Path) -> Plan:
    """Read a plan file."""
    try:
        return from_json(path.read_bytes())
    except OSError as error:
        raise ConfigurationError(f"{path} cannot be read: {error.strerror}") from error
    except SyncdError as error:
        raise ConfigurationError(f"{path}: {error}") from error
