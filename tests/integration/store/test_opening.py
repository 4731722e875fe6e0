"""A store is made, opened and kept to one run, also where things go wrong."""

import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from syncd.errors import ConfigurationError, RunInProgress, StoreError
from syncd.model.links import Link
from syncd.model.objects import Department, Kind
from syncd.shadow.locking import Lock
from syncd.shadow.schema import current, shown, upgrade
from syncd.shadow.store import open_store
from tests.kit.lock_holders import end_lock_holder


def test_who_holds_the_lock_is_named_with_the_time(store_url: str) -> None:
    """Who is kept out is told which process holds the lock, on which host and since when (DESIGN 6, leader)."""
    upgrade(store_url)
    first, second = open_store(store_url), open_store(store_url)
    with first.lock(), pytest.raises(RunInProgress, match=rf"syncd {os.getpid()} on .+ since 20\d\d-.+Z\)"):
        second.lock().__enter__()
    first.close()
    second.close()


def test_a_run_whose_lock_was_lost_still_ends_as_it_ended(empty_postgresql: str) -> None:
    """A run whose lock was lost still ends as it ended, and the next one may begin (I6)."""
    upgrade(empty_postgresql)
    store = open_store(empty_postgresql)
    with store.lock():
        end_lock_holder(empty_postgresql, Lock.RUN)
    with store.lock():
        pass
    store.close()


def test_many_may_make_the_same_store_at_once(tmp_path: Path) -> None:
    """Many processes may make the same store at once; its files are private, and in the end there is one."""
    program = "import sys; from syncd.shadow.store import open_store; open_store(sys.argv[1]).close()"
    url = f"sqlite:///{tmp_path / 'syncd.db'}"
    started = [
        subprocess.Popen([sys.executable, "-c", program, url], stderr=subprocess.PIPE)  # noqa: S603 - our own program
        for _ in range(4)
    ]
    assert [one.communicate()[1] for one in started] == [b""] * 4
    # Of two that close at the same moment neither is the last, so SQLite leaves its -wal and -shm to the next one.
    assert {one.name for one in tmp_path.iterdir()} <= {"syncd.db", "syncd.db-wal", "syncd.db-shm"}
    assert {stat.S_IMODE(one.stat().st_mode) for one in tmp_path.iterdir()} == {0o600}
    open_store(url).close()
    assert [one.name for one in tmp_path.iterdir()] == ["syncd.db"]


def test_a_missing_file_is_left_missing_where_nothing_may_be_made(tmp_path: Path) -> None:
    """A missing file is left missing where nothing may be made, and it is said what makes it (DESIGN 6, store)."""
    with pytest.raises(StoreError, match="there is no file yet; `syncd db upgrade` makes it"):
        open_store(f"sqlite:///{tmp_path / 'syncd.db'}", migrate_sqlite=False)
    assert current(f"sqlite:///{tmp_path / 'syncd.db'}") == ""
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("url", ["sqlite://", "sqlite:///:memory:"])
def test_a_store_in_memory_is_a_mistake_in_the_configuration(
    url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A store in memory is a mistake in the configuration, and no file is made of its name."""
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ConfigurationError, match="an SQLite store is a file"):
        open_store(url)
    assert list(tmp_path.iterdir()) == []


def test_no_error_of_the_store_shows_values(store_url: str) -> None:
    """No error of the store shows values, neither in its message nor in that of its cause (I8)."""
    upgrade(store_url)
    store = open_store(store_url)
    links = [Link(Kind.DEPARTMENT, "ldap", key, "D1", said=Department("Geheimdienst")) for key in ("a", "b")]
    with pytest.raises(StoreError, match="nothing was changed") as caught, store.unit_of_work() as work:
        work.links.put(links)
    assert "Geheimdienst" not in f"{caught.value} {caught.value.__cause__}"
    store.close()


def test_a_store_is_shown_without_its_password_and_query() -> None:
    """A store is shown without its password and its query."""
    assert (
        shown("postgresql+psycopg://syncd:p%40ss@db/syncd?sslpassword=x") == "postgresql+psycopg://syncd:***@db/syncd"
    )
    assert shown("sqlite:////var/lib/syncd/syncd.db") == "sqlite:////var/lib/syncd/syncd.db"
