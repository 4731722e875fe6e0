"""Moments at which a test stops or kills a command."""

from tests.kit.installation.site import Site
from tests.kit.waiting import comes


def wait_for_calls(site: Site, count: int) -> None:
    """Wait until the platform has carried out or refused so many changes."""
    assert comes(lambda: len(site.sandbox.calls) >= count), f"{len(site.sandbox.calls)} of {count} calls were made"


def wait_for_words(site: Site, words: str) -> None:
    """Wait until a command that was started has said this."""
    out = site.folder / "out"
    assert comes(lambda: words in out.read_text(encoding="utf-8")), out.read_text(encoding="utf-8")
