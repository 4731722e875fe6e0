"""One search whose changes the server tells as they happen: refreshAndPersist (RFC 4533, 1.3.2)."""

import contextlib
import socket
import threading
from collections.abc import Callable

import msgspec
from ldap3 import Connection
from ldap3.protocol.controls import build_control

from syncd.directory.ber import Malformed
from syncd.directory.ldap_answers import DONE, ENTRY, INTERMEDIATE, Message, result
from syncd.directory.ldap_connection import LdapSettings, broken, connected
from syncd.directory.ldap_paging import SUCCESS, Directory, Search, description
from syncd.directory.ldap_stream import Ended
from syncd.directory.read_meter import OVERHEAD
from syncd.directory.reading import Found
from syncd.directory.sync_protocol import (
    REFRESH_REQUIRED,
    SYNC_REQUEST,
    State,
    Step,
    done_of,
    request_value,
    state_of,
    step_of,
)
from syncd.errors import ConfigurationError, SourceBroken, SyncdError

UNAVAILABLE = 12  # unavailableCriticalExtension (RFC 4511, 4.1.9): not for this part of the directory
FIRST_PAUSE, LONGEST_PAUSE = 1.0, 300.0  # seconds between two attempts
# A connection on which nothing comes for hours is the rule here, so the system has to notice that the server is gone.
KEEPALIVE = {socket.TCP_KEEPIDLE: 30, socket.TCP_KEEPINTVL: 10, socket.TCP_KEEPCNT: 3}


class Taken(msgspec.Struct, frozen=True):
    """What came since it was last taken; `deletes` says that entries were deleted, or are out of sight."""

    entries: tuple[Found, ...] = ()
    deletes: bool = False


class Following:
    """Follows one search in a thread of its own, again and again where the connection ends; `wake` is called there.

    `is_refused` says that the server does not tell of changes there, though it can.
    """

    def __init__(self, search: Search, connection: LdapSettings, wake: Callable[[], None]) -> None:
        self._search, self._connection, self._wake = search, connection, wake
        self._lock = threading.Lock()
        self._entries: list[Found] = []
        self._kept = 0  # bytes that they came with
        self._deletes = False
        self._cookie: bytes | None = None
        self._refreshed = False
        self.is_refused = False
        self._fault: SyncdError | None = None
        self._socket: socket.socket | None = None
        self._ends = threading.Event()
        self._thread = threading.Thread(target=self._run, name=f"following {search.source}", daemon=True)

    def begin(self) -> None:
        """Begin to follow."""
        self._thread.start()

    def end(self) -> None:
        """Follow no more; the connection is closed a moment later."""
        self._ends.set()
        with self._lock, contextlib.suppress(OSError):
            if self._socket is not None:
                self._socket.shutdown(socket.SHUT_RDWR)

    def take(self) -> Taken:
        """Take what came; raises the fault that it is interrupted by, for as long as it is."""
        with self._lock:
            if self._fault is not None:
                raise self._fault
            taken = Taken(tuple(self._entries), self._deletes)
            self._entries, self._deletes, self._kept = [], False, 0
            return taken

    def _run(self) -> None:
        pause = FIRST_PAUSE
        while not self._ends.is_set():
            self._refreshed = False
            try:
                with connected(self._search.source, self._connection) as (connection, _):
                    self._follow(connection)
            except SyncdError as error:
                self._interrupted(error)
                self._pass_over()
            except Exception as error:  # noqa: BLE001 - a thread that ends would let every later change go unnoticed
                self._interrupted(SourceBroken(f"source {self._search.source}: {type(error).__name__}: {error}"))
            pause = FIRST_PAUSE if self._refreshed else min(pause * 2, LONGEST_PAUSE)
            # Servers count refused passwords, and lock accounts for them.
            self._ends.wait(LONGEST_PAUSE if isinstance(self._fault, ConfigurationError) else pause)

    def _pass_over(self) -> None:
        """Let the next server be tried first: this one may answer the bind, and no search."""
        first, *others = self._connection.urls
        self._connection = msgspec.structs.replace(self._connection, urls=(*others, first))

    def _interrupted(self, error: SyncdError) -> None:
        with self._lock:
            self._fault, self._socket = error, None
        if not self._ends.is_set():
            self._wake()

    def _follow(self, connection: Connection) -> None:
        """Ask for what changed since the last cookie, then for changes as they come; ends where to begin anew."""
        directory = Directory(connection, self._search.source)
        value = request_value(self._cookie)
        control = build_control(SYNC_REQUEST, criticality=True, value=value, encode_control_value=False)
        number = directory.ask(self._search, control)
        self._without_end(connection.socket)
        try:
            while (message := directory.answer(number)).kind != DONE:
                self._came(directory, message)
            self._ended(message)
        except (Malformed, Ended, OSError) as error:
            raise broken(self._search.source, self._search.base, error) from error

    def _without_end(self, opened: socket.socket) -> None:
        opened.settimeout(None)
        opened.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        for option, seconds in KEEPALIVE.items():
            opened.setsockopt(socket.IPPROTO_TCP, option, seconds)
        with self._lock:
            self._socket = opened
        if self._ends.is_set():
            opened.shutdown(socket.SHUT_RDWR)

    def _came(self, directory: Directory, message: Message) -> None:
        if message.kind == ENTRY:
            state, cookie = state_of(message)
            found = () if state in (State.PRESENT, State.DELETE) else (directory.found(message, self._search.base),)
            self._keep(found, Step(cookie, deletes=state is State.DELETE), len(message.data) + OVERHEAD)
        elif message.kind == INTERMEDIATE:
            step = step_of(message)
            self._keep((), step)
            if step.refreshed:
                self._begun()

    def _keep(self, found: tuple[Found, ...], step: Step, size: int = 0) -> None:
        with self._lock:
            self._entries += found
            self._deletes = self._deletes or step.deletes
            self._kept += size
            if self._kept > self._connection.limits.largest_read:
                # More than anybody can take: a whole read finds out what has changed.
                self._entries, self._deletes, self._kept = [], True, 0
            if step.cookie is not None:
                self._cookie = step.cookie
        # Until the refresh is done entries come by the thousand, and nobody has to look at each.
        if self._refreshed and (found or step.deletes):
            self._wake()

    def _begun(self) -> None:
        with self._lock:
            self._refreshed, self._fault = True, None
        self._wake()

    def _ended(self, message: Message) -> None:
        """Say why a server that was to go on ended; a cookie that it does not know any more is forgotten."""
        how = result(message)
        if how.code != SUCCESS:
            # A server that was put back to what it held before does not know it either, and says so in its own way.
            self._cookie = None
        if how.code == REFRESH_REQUIRED:
            return
        self.is_refused = how.code == UNAVAILABLE
        self._keep((), done_of(message))
        name = description(how.code)
        raise SourceBroken(
            f"source {self._search.source}: the server ended the following of {self._search.base} with {name}"
        )
