"""A throwaway MariaDB server for tests: a port of its own, its own folder, ended by its process id."""

import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from pathlib import Path
from types import TracebackType
from typing import Self

from syncd.errors import SyncdError

START_SECONDS = 30.0
PLACES = ("/usr/sbin", "/usr/local/sbin", "/usr/libexec")
OWNER = "mysql"
PASSWORD = "throwaway"  # noqa: S105 - of a server that lives for a moment


def find_mariadb() -> str | None:
    """Give the server's program, or nothing where this machine has none."""
    return shutil.which("mariadbd", path=os.pathsep.join([os.environ.get("PATH", ""), *PLACES]))


class MariaDB:
    """A server on 127.0.0.1; a context manager. `url` names its one database, whose user may do everything in it."""

    def __init__(self) -> None:
        program = find_mariadb()
        if program is None:
            raise SyncdError("mariadbd is not on this machine; on Debian: apt-get install mariadb-server")
        self._program = program
        self._folder = Path(tempfile.mkdtemp(prefix="syncd-mariadb-"))
        self._process: subprocess.Popen[bytes] | None = None
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.url = f"mariadb://hr:{PASSWORD}@127.0.0.1:{self.port}/hr"

    def __enter__(self) -> Self:
        try:
            self._make()
            self._start()
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _make(self) -> None:
        if self._user():
            shutil.chown(self._folder, OWNER)
        installer = shutil.which("mariadb-install-db") or "mysql_install_db"
        subprocess.run(  # noqa: S603 - found above
            [installer, "--no-defaults", f"--datadir={self._folder}/data", *self._user(), "--skip-test-db"],
            check=True,
            capture_output=True,
        )
        (self._folder / "init.sql").write_text(
            "CREATE DATABASE hr CHARACTER SET utf8mb4;\n"
            f"CREATE USER hr@'127.0.0.1' IDENTIFIED BY '{PASSWORD}';\n"
            "GRANT ALL ON hr.* TO hr@'127.0.0.1';\n"
            "GRANT CONNECTION ADMIN, PROCESS ON *.* TO hr@'127.0.0.1';\n"
        )
        (self._folder / "init.sql").chmod(0o644)

    def _start(self) -> None:
        with (self._folder / "log").open("ab") as log:
            self._process = subprocess.Popen(  # noqa: S603 - found above
                [
                    self._program,
                    "--no-defaults",
                    f"--datadir={self._folder}/data",
                    f"--socket={self._folder}/socket",
                    f"--pid-file={self._folder}/pid",
                    f"--init-file={self._folder}/init.sql",
                    "--bind-address=127.0.0.1",
                    f"--port={self.port}",
                    "--skip-name-resolve",
                    "--innodb-flush-log-at-trx-commit=0",
                    *self._user(),
                ],
                stdout=log,
                stderr=log,
            )
        end = time.monotonic() + START_SECONDS
        while time.monotonic() < end and self._process.poll() is None:
            try:
                socket.create_connection(("127.0.0.1", self.port), 0.2).close()
            except OSError:
                time.sleep(0.05)
            else:
                return
        raise SyncdError(f"mariadbd did not start: {(self._folder / 'log').read_text(errors='replace')[-500:]}")

    @staticmethod
    def _user() -> list[str]:
        """Give who runs it, for it refuses to run as root."""
        return [f"--user={OWNER}"] if os.geteuid() == 0 else []

    def close(self) -> None:
        """End the server and remove its folder."""
        if self._process is not None and self._process.poll() is None:
            self._process.send_signal(signal.SIGKILL)
            self._process.wait(START_SECONDS)
        shutil.rmtree(self._folder, ignore_errors=True)
