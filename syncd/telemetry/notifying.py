"""Handing a run over to people: a command that reads it on standard input, or a POST to a URL (DESIGN 4, notify)."""

import subprocess
from collections.abc import Callable, Sequence
from urllib.parse import urlsplit, urlunsplit

import httpx

from syncd.app.notification import Event, News, NotDelivered, Notifier
from syncd.containment.deadline import Connections, Deadline
from syncd.model.json_text import encoded
from syncd.model.secrets import without_patterns
from syncd.model.visible import visible

SECONDS = 30.0
SHOWN = 200
LOOKED_AT = 20_000  # bytes
Form = Callable[[News], object]
"""Gives the contract's JSON object of a run, or of a pass of faces."""


class CommandNotifier:
    """Runs a command, without a shell, with the run on its standard input; SYNCD_EVENT says what it is about."""

    def __init__(self, command: Sequence[str], form: Form, environment: dict[str, str]) -> None:
        self._command, self._form, self._environment = list(command), form, environment

    def tell(self, event: Event, news: News) -> None:
        """Run the command; raises `NotDelivered` where it cannot be run, fails, or takes longer than 30 seconds."""
        name = self._command[0]
        try:
            done = subprocess.run(  # noqa: S603 - the administrator's own command
                self._command,
                input=encoded(self._form(news)),
                stdout=subprocess.DEVNULL,
                stderr=subprocess.PIPE,
                check=False,
                timeout=SECONDS,
                env={**self._environment, "SYNCD_EVENT": str(event)},
            )
        except subprocess.TimeoutExpired:
            raise NotDelivered(f"notify.command {name} took longer than {SECONDS:.0f} seconds and was ended") from None
        except OSError as error:
            raise NotDelivered(f"notify.command {name} cannot be run: {error.strerror or error}") from None
        if done.returncode:
            # More than is shown is looked at: of a secret that is cut off before it is recognised a part would stay.
            said = visible(without_patterns(done.stderr[-LOOKED_AT:].decode(errors="replace").strip()))[-SHOWN:]
            raise NotDelivered(f"notify.command {name} ended with {done.returncode}{f': {said}' if said else ''}")


class HttpNotifier:
    """Posts the run to a URL; the header Syncd-Event says what it is about.

    It speaks to httpx's transport itself: the client would follow proxies of the environment and log the URL.
    """

    def __init__(self, url: str, form: Form) -> None:
        self._url, self._form = url, form

    def tell(self, event: Event, news: News) -> None:
        """Post it, and follow no redirect; raises `NotDelivered` for no answer in 30 seconds, and for any but a 2xx."""
        headers = {"content-type": "application/json", "syncd-event": str(event)}
        body = encoded(self._form(news))
        connections = Connections()
        patience = {"timeout": httpx.Timeout(SECONDS).as_dict(), "trace": connections.trace}
        try:
            with httpx.HTTPTransport() as transport, Deadline(SECONDS, connections.shut):
                request = httpx.Request("POST", self._url, content=body, headers=headers, extensions=patience)
                answer = transport.handle_request(request)
                answer.close()  # of what it says nothing is wanted, so nothing of it is read
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise NotDelivered(f"notify.url {_shown(self._url)} does not answer: {type(error).__name__}") from None
        if not answer.is_success:
            raise NotDelivered(f"notify.url {_shown(self._url)} answers HTTP {answer.status_code}, not 2xx")


class EveryNotifier:
    """Tells by several ways; one that fails keeps no other from it."""

    def __init__(self, ways: Sequence[Notifier]) -> None:
        self._ways = ways

    def tell(self, event: Event, news: News) -> None:
        """Tell by each; raises `NotDelivered` with what each of them said that failed."""
        faults = []
        for way in self._ways:
            try:
                way.tell(event, news)
            except NotDelivered as error:
                faults.append(str(error))
        if faults:
            raise NotDelivered("; ".join(faults))


def _shown(url: str) -> str:
    """Give a URL without what may be secret in it: user, query and path."""
    parts = urlsplit(url)
    return urlunsplit((parts.scheme, parts.hostname or "", "", "", ""))
