"""`syncd serve` as a process of its own, and what it logs."""

import json
import signal
from typing import Any, Self

from tests.kit.installation.site import Site
from tests.kit.waiting import DEADLINE_SECONDS, comes


class Daemon:
    """A running `syncd serve` of an installation; a context manager, at whose end it is killed."""

    def __init__(self, site: Site, name: str = "daemon", **environ: str) -> None:
        self._out = site.folder / f"{name}.out"
        self.process = site.start("serve", out=self._out.name, **environ)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.process.kill()
        self.process.wait()

    @property
    def said(self) -> str:
        """Return all that it has said so far."""
        return self._out.read_text(encoding="utf-8")

    def lines(self, action: str) -> list[dict[str, Any]]:
        """Return the log lines of an action."""
        logged = (json.loads(line) for line in self.said.splitlines() if line.startswith("{"))
        return [line for line in logged if line["action"] == action]

    def says(self, action: str, times: int = 1) -> bool:
        """Return whether so many log lines of an action come."""
        return comes(lambda: len(self.lines(action)) >= times)

    def stop(self, number: signal.Signals = signal.SIGTERM) -> int:
        """Ask it to stop, and return its exit code."""
        self.process.send_signal(number)
        return self.process.wait(DEADLINE_SECONDS)
