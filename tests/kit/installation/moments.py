"""Moments at which a test stops or kills a command, and calls that are slow enough to be in flight then."""

from syncd.sandbox.api import PREFIX
from syncd.sandbox.faults import Fault, Faults, Order
from tests.kit.installation.calls import Caller
from tests.kit.installation.site import Site
from tests.kit.waiting import comes


def wait_for_calls(site: Site, count: int) -> None:
    """Wait until the platform has carried out or refused so many changes."""
    assert comes(lambda: len(site.sandbox.calls) >= count), f"{len(site.sandbox.calls)} of {count} calls were made"


def wait_for_words(site: Site, words: str) -> None:
    """Wait until a command that was started has said this."""
    out = site.folder / "out"
    assert comes(lambda: words in out.read_text(encoding="utf-8")), out.read_text(encoding="utf-8")


class SlowCalls(Faults):
    """Makes calls whose path ends with `path` take some seconds each, once the platform has seen `quick` changes."""

    def __init__(self, site: Site, path: str, seconds: float, quick: int = 0) -> None:
        super().__init__()
        self._site, self._path = site, path
        self._latency, self._quick = Order(Fault.LATENCY, seconds=seconds), quick
        site.sandbox.faults = self

    def due(self, path: str) -> list[Order]:
        """Return the faults of a call."""
        is_slow = path.endswith(self._path) and len(self._site.sandbox.calls) >= self._quick
        return [*super().due(path), *([self._latency] if is_slow else [])]

    def end(self) -> None:
        """Make later calls quick."""
        self._site.sandbox.faults = Faults()

    def land(self) -> None:
        """Make later calls quick, and wait until those in flight are carried out, even if their sender was killed."""
        # Calls that are as slow as each other are carried out in the order in which they come.
        Caller(self._site.sandbox, self._site.url).ask("POST", f"{PREFIX}/api/open/nothing{self._path}")
        self.end()
