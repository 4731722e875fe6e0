"""A throwaway MariaDB server for tests: a port of its own, its own folder, ended by its process id."""

import os
import shutil
import signal
import subprocess
from collections.abc import Sequence

from syncd.errors import SyncdError
from syncd.testing.throwaway import Throwaway, free_ports

PLACES = ("/usr/sbin", "/usr/local/sbin", "/usr/libexec")
OWNER = "mysql"
TEMPORARY = "temporary"
PASSWORD = "throwaway"


def find_mariadb() -> str | None:
    """Give the server's program, or nothing where this machine has none."""
    return shutil.which("mariadbd", path=os.pathsep.join([os.environ.get("PATH", ""), *PLACES]))


class MariaDB(Throwaway):
    """A server on 127.0.0.1; a context manager. `url` names its one database, whose user may do everything in it."""

    ended_by = signal.SIGKILL  # it takes seconds to end well, and nobody wants its data

    def __init__(self) -> None:
        program = find_mariadb()
        if program is None:
            raise SyncdError("mariadbd is not on this machine; on Debian: apt-get install mariadb-server")
        super().__init__("mariadbd")
        self._program = program
        (self.port,) = free_ports(1)
        self.url = f"mariadb://hr:{PASSWORD}@127.0.0.1:{self.port}/hr"

    def _make(self) -> None:
        # A server that starts removes the temporary tables of every other one with the same folder for them.
        (self._folder / TEMPORARY).mkdir()
        if self._user():
            for folder in (self._folder, self._folder / TEMPORARY):
                shutil.chown(folder, OWNER)
        installer = shutil.which("mariadb-install-db") or "mysql_install_db"
        made = subprocess.run(  # noqa: S603 - found above
            [installer, "--no-defaults", f"--datadir={self._folder}/data", *self._user(), "--skip-test-db"],
            check=False,
            capture_output=True,
            env=os.environ | {"TMPDIR": str(self._folder / TEMPORARY)},
        )
        if made.returncode:
            said = (made.stderr + made.stdout).decode(errors="replace")[:2000]
            raise SyncdError(f"mariadb-install-db ended with {made.returncode}: {said}")
        (self._folder / "init.sql").write_text(
            "CREATE DATABASE hr CHARACTER SET utf8mb4;\n"
            f"CREATE USER hr@'127.0.0.1' IDENTIFIED BY '{PASSWORD}';\n"
            "GRANT ALL ON hr.* TO hr@'127.0.0.1';\n"
            "GRANT CONNECTION ADMIN, PROCESS ON *.* TO hr@'127.0.0.1';\n"
        )
        (self._folder / "init.sql").chmod(0o644)

    def _command(self) -> list[str]:
        return [
            self._program,
            "--no-defaults",
            f"--datadir={self._folder}/data",
            f"--tmpdir={self._folder / TEMPORARY}",
            f"--socket={self._folder}/socket",
            f"--pid-file={self._folder}/pid",
            f"--init-file={self._folder}/init.sql",
            "--bind-address=127.0.0.1",
            f"--port={self.port}",
            "--skip-name-resolve",
            "--innodb-flush-log-at-trx-commit=0",
            *self._user(),
        ]

    def _places(self) -> Sequence[tuple[str, int]]:
        return (("127.0.0.1", self.port),)

    @staticmethod
    def _user() -> list[str]:
        """Give who runs it, for it refuses to run as root."""
        return [f"--user={OWNER}"] if os.geteuid() == 0 else []
