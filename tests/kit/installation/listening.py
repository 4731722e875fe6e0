"""`syncd listen` as a process of its own, on a free port."""

import re
import signal
import time
from pathlib import Path
from types import TracebackType
from typing import Self

from tests.kit.installation.callbacks import SETTINGS, Sender
from tests.kit.installation.site import Site
from tests.kit.waiting import DEADLINE_SECONDS

LISTENER = '[listener]\nbind = "127.0.0.1:0"\n'


def configure(site: Site, store_url: str = "", listener: str = LISTENER) -> None:
    """Give an installation the keys of callbacks, and a store elsewhere than beside its configuration."""
    store = f'[store]\nurl = "{store_url}"\n' if store_url else ""
    site.configure(tail=f"{SETTINGS}{listener}{store}")


class ListenProcess:
    """A running `syncd listen`, or `serve`; what is left of it is killed in the end."""

    def __init__(self, site: Site, name: str = "listen", command: str = "listen") -> None:
        self._out = site.folder / f"{name}.out"
        self.process = site.start(command, out=self._out.name)
        self.url = self._url()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, _kind: type[BaseException] | None, _error: object, _trace: TracebackType | None) -> None:
        self.process.kill()
        self.process.wait()

    def _url(self) -> str:
        until = time.monotonic() + DEADLINE_SECONDS
        while time.monotonic() < until and self.process.poll() is None:
            if found := re.search(r"events are received at (\S+);", self.said):
                return found[1]
            time.sleep(0.02)
        self.process.kill()
        self.process.wait()
        raise AssertionError(f"it does not listen: {self.said}")

    @property
    def said(self) -> str:
        """Give what it has said so far."""
        return self._out.read_text(encoding="utf-8")

    def stop(self, number: signal.Signals = signal.SIGTERM) -> int:
        """Ask it to stop, and give its exit code."""
        self.process.send_signal(number)
        return self.process.wait(DEADLINE_SECONDS)

    @property
    def resident(self) -> int:
        """Give how many bytes of memory it has."""
        status = Path(f"/proc/{self.process.pid}/status").read_text(encoding="ascii")
        found = re.search(r"VmRSS:\s+(\d+) kB", status)
        assert found is not None
        return int(found[1]) << 10

    def sender(self) -> Sender:
        """Give somebody who sends to it."""
        return Sender(self.url)
