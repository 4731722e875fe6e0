"""A copy of a store as it is at one moment, while others read and write it."""

import os
import shutil
import sqlite3
import subprocess
from contextlib import closing
from pathlib import Path

import sqlalchemy as sa

from syncd.errors import StoreError
from syncd.shadow.schema import current, secrets_of, shown, sqlite_path

SECONDS = 3600
SHOWN = 300


def backup(url: str, target: Path) -> None:
    """Copy a store to a file that only its owner reads; an existing file is never written over.

    SQLite gives an SQLite file that is a store of its own, proven whole; PostgreSQL an archive of `pg_dump` for
    `pg_restore`. Raises `StoreError`; nothing is left behind then.
    """
    if not current(url):
        raise StoreError(f"store {shown(url)}: there is nothing to copy, it has no tables yet")
    try:
        os.close(os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
    except OSError as error:
        raise StoreError(f"{target} cannot be made: {error.strerror}; choose another file with --out") from None
    try:
        path = sqlite_path(url)
        _copy_file(path, target) if path else _dump(sa.make_url(url), target)
    except BaseException:
        target.unlink(missing_ok=True)
        raise


def _copy_file(path: Path, target: Path) -> None:
    try:
        with (
            closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)) as source,
            closing(sqlite3.connect(target)) as copy,
        ):
            source.backup(copy)
            copy.execute("PRAGMA journal_mode=DELETE")
            (found,) = copy.execute("PRAGMA integrity_check").fetchone()
    except sqlite3.Error as error:
        raise StoreError(f"store {path} cannot be copied to {target}: {error}") from None
    if found != "ok":
        raise StoreError(f"store {path} is damaged: {found}; its copy is of no use and was not kept")


def _dump(url: sa.URL, target: Path) -> None:
    program = shutil.which("pg_dump")
    if program is None:
        raise StoreError("pg_dump is not here: apt-get install postgresql-client, or copy the database where it runs")
    plain = url.set(drivername="postgresql", password=None).render_as_string(hide_password=False)
    environment = {**os.environ, **({"PGPASSWORD": url.password} if url.password else {})}
    command = [program, "--format=custom", "--no-owner", f"--file={target}", f"--dbname={plain}"]
    try:
        done = subprocess.run(  # noqa: S603 - PostgreSQL's own program
            command, capture_output=True, check=False, timeout=SECONDS, env=environment
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise StoreError(f"pg_dump did not end well: {error.__class__.__name__}") from None
    if done.returncode:
        secrets = secrets_of(url.render_as_string(hide_password=False))
        said = secrets.without(done.stderr.decode(errors="replace").strip())[-SHOWN:]
        raise StoreError(f"pg_dump ended with {done.returncode}: {said}")
