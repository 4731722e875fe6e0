"""What a proxy can do to the answers of a directory server: lists in ranges, small pages, faults in the middle."""

from collections.abc import Callable, Iterator
from typing import Literal

from syncd.directory.ber import elements, encoded
from syncd.directory.ldap_answers import (
    CONTROLS,
    DONE,
    ENTRY,
    ENUMERATED,
    EXTENDED,
    INTEGER,
    OCTETS,
    PAGED_RESULTS,
    REFERENCE,
    REFERRALS,
    SEQUENCE,
    SET,
    Message,
    result,
)
from tests.kit.servers.ldap_proxy import Changes, Cut

SEARCH = 0x63
NO_SUCH_OBJECT = 32


class Ranges(Changes):
    """Gives at most so many values of an attribute at once, as Active Directory does (MS-ADTS 3.1.1.3.1.3.3).

    With `then` as `nothing` no second range comes, as if the group had been made anew meanwhile; as `later` one comes
    that begins later than was asked for.
    """

    def __init__(self, size: int = 1500, then: Literal["", "nothing", "later"] = "") -> None:
        self._size, self._then = size, then
        self.given: list[str] = []

    def answer(self, message: Message) -> Iterator[bytes]:
        """Cut long lists of values."""
        if message.kind != ENTRY:
            yield message.data
            return
        name, attributes = _parts(message)
        changed = [part for one in attributes for part in self._cut(*_attribute(one))]
        yield _content(message, encoded(ENTRY, encoded(OCTETS, name), encoded(SEQUENCE, *changed)))

    def _cut(self, name: str, values: list[bytes]) -> Iterator[bytes]:
        bare, _, limits = name.partition(";range=")
        first = int(limits.partition("-")[0]) if limits else 0
        if first and self._then == "nothing":
            return
        if first and self._then == "later":
            yield _made(f"{bare};range={first + 1}-*", values[1:])
            return
        if len(values) <= self._size:
            yield _made(name, values)
            return
        ranged = f"{bare};range={first}-{first + self._size - 1}"
        self.given.append(ranged)
        yield _made(bare, [])
        yield _made(ranged, values[: self._size])


class Hides(Changes):
    """Leaves an attribute out, as a server does for who may not read it."""

    def __init__(self, name: str) -> None:
        self._name = name.lower()

    def answer(self, message: Message) -> Iterator[bytes]:
        """Give entries without it."""
        if message.kind != ENTRY:
            yield message.data
            return
        name, attributes = _parts(message)
        kept = [encoded(SEQUENCE, one) for one in attributes if _attribute(one)[0].lower() != self._name]
        yield _content(message, encoded(ENTRY, encoded(OCTETS, name), encoded(SEQUENCE, *kept)))


class Counts(Changes):
    """Counts requests, in `count`."""

    def __init__(self) -> None:
        self.count = 0

    def request(self, message: Message) -> bytes:
        """Count one."""
        self.count += 1
        return message.data


class SmallPages(Changes):
    """Gives no page of more than so many entries, whatever is asked for (MaxPageSize)."""

    def __init__(self, size: int = 1000) -> None:
        self._size = size

    def request(self, message: Message) -> bytes:
        """Ask for a smaller page."""
        if message.kind != SEARCH or message.stop == len(message.data):
            return message.data
        control = next(elements(message.data, message.stop, len(message.data)))
        parts = [message.data[start:stop] for _, start, stop in elements(message.data, *control[1:])]
        return message.data[: message.stop] + encoded(CONTROLS, *map(self._smaller, parts))

    def _smaller(self, control: bytes) -> bytes:
        inner = list(elements(control, 0, len(control)))
        if control[inner[0][1] : inner[0][2]] != PAGED_RESULTS:
            return encoded(SEQUENCE, control)
        value = next(elements(control, *inner[-1][1:]))
        size, cookie = elements(control, *value[1:])
        asked = int.from_bytes(control[size[1] : size[2]], "big")
        number = min(asked, self._size).to_bytes(4, "big")
        smaller = encoded(SEQUENCE, encoded(INTEGER, number), self._cookie(control[cookie[1] : cookie[2]]))
        return encoded(SEQUENCE, control[: inner[-2][2]], encoded(OCTETS, smaller))

    def _cookie(self, cookie: bytes) -> bytes:
        """Return the cookie that the server gets."""
        return encoded(OCTETS, cookie)


class Restarts(SmallPages):
    """Begins each search anew with every page, so that it never comes to its end; its pages may be empty."""

    def __init__(self, size: int = 100, *, are_empty: bool = False) -> None:
        super().__init__(size)
        self._are_empty = are_empty

    def answer(self, message: Message) -> Iterator[bytes]:
        """Pass answers on, or none but the ends of pages that name a cookie."""
        is_page = message.stop < len(message.data)
        if message.kind != ENTRY or not self._are_empty or is_page:
            yield message.data

    def _cookie(self, cookie: bytes) -> bytes:
        del cookie
        return encoded(OCTETS, b"")


class Fault(Changes):
    """Does something once the given page of a search has so many entries; `pages` are counted from one."""

    def __init__(self, page: int, entries: int = 0) -> None:
        self._page, self._entries = page, entries
        self._pages, self._count = 1, 0

    def answer(self, message: Message) -> Iterator[bytes]:
        """Count, and let the fault happen in its place."""
        is_entry, is_end = message.kind == ENTRY, message.kind == DONE and message.stop < len(message.data)
        if self._pages == self._page and (is_end or (is_entry and self._count == self._entries > 0)):
            yield from self.happen(message)
        else:
            yield message.data
        self._count += is_entry
        if is_end:
            self._pages, self._count = self._pages + 1, 0

    def happen(self, message: Message) -> Iterator[bytes]:
        """Give what comes in place of this message."""
        raise NotImplementedError


class CutInEntry(Fault):
    """Closes the connection in the middle of an entry."""

    def happen(self, message: Message) -> Iterator[bytes]:
        """Send half of it."""
        whole = encoded(SEQUENCE, message.data)
        raise Cut(whole[: len(whole) // 2])


class NoCookie(Fault):
    """Ends a page as if the server did not page."""

    def happen(self, message: Message) -> Iterator[bytes]:
        """Leave the control out."""
        yield message.data[: message.stop]


class Swallows(Fault):
    """Never sends the end of a page."""

    def happen(self, message: Message) -> Iterator[bytes]:
        """Give nothing."""
        del message
        yield from ()


class Ends(Fault):
    """Ends a page with another result code, such as busy."""

    def __init__(self, page: int, code: int) -> None:
        super().__init__(page)
        self._code = code

    def happen(self, message: Message) -> Iterator[bytes]:
        """Give the code, with the control of a page that goes on."""
        ended = encoded(DONE, encoded(ENUMERATED, bytes((self._code,))), encoded(OCTETS), encoded(OCTETS))
        yield _content(message, ended) + message.data[message.stop :]


class Unavailable(Changes):
    """Takes every bind, and answers every search that it is unavailable."""

    def __init__(self) -> None:
        self.asked = 0

    def answer(self, message: Message) -> Iterator[bytes]:
        """Give the code, and no entry."""
        if message.kind == DONE:
            self.asked += 1
            ended = encoded(DONE, encoded(ENUMERATED, bytes((52,))), encoded(OCTETS), encoded(OCTETS))
            yield _content(message, ended)
        elif message.kind not in (ENTRY, REFERENCE):
            yield message.data


class Disconnects(Fault):
    """Says that it ends the connection, and does (RFC 4511, 4.4.1)."""

    def happen(self, message: Message) -> Iterator[bytes]:
        """Give the notice instead of the page's end."""
        del message
        parts = (encoded(ENUMERATED, bytes((52,))), encoded(OCTETS), encoded(OCTETS, b"shutting down"))
        notice = encoded(EXTENDED, *parts, encoded(0x8A, b"1.3.6.1.4.1.1466.20036"))
        raise Cut(encoded(SEQUENCE, encoded(INTEGER, b"\0"), notice))


class Refers(Fault):
    """Refers to another server at the end of a page."""

    def __init__(self, page: int, url: str) -> None:
        super().__init__(page)
        self._url = url

    def happen(self, message: Message) -> Iterator[bytes]:
        """Give a reference, and then the page's end."""
        yield _content(message, encoded(REFERENCE, encoded(OCTETS, self._url.encode())))
        yield message.data


class Forest(Changes):
    """Lets a group have a member in a child domain, to which the server refers as a controller of its parent does."""

    def __init__(self, group: str, member: str, child: str) -> None:
        self._group, self._member = group.encode(), member.encode()
        self._url = f"ldaps://child.example.com/{child}".encode()

    def answer(self, message: Message) -> Iterator[bytes]:
        """Add the member, and the referrals at the ends of searches."""
        if message.kind == ENTRY:
            yield self._with_member(message)
            return
        is_paged = message.kind == DONE and message.stop < len(message.data)
        if is_paged:
            yield _content(message, encoded(REFERENCE, encoded(OCTETS, self._url)))
        if message.kind == DONE and result(message).code == NO_SUCH_OBJECT:
            parts = (encoded(ENUMERATED, bytes((10,))), encoded(OCTETS), encoded(OCTETS))
            yield _content(message, encoded(DONE, *parts, encoded(REFERRALS, encoded(OCTETS, self._url))))
        else:
            yield message.data

    def _with_member(self, message: Message) -> bytes:
        name, attributes = _parts(message)
        if name != self._group:
            return message.data
        held = dict(map(_attribute, attributes))
        held["member"] = [*held.get("member", []), self._member]
        made = (_made(one, values) for one, values in held.items())
        return _content(message, encoded(ENTRY, encoded(OCTETS, name), encoded(SEQUENCE, *made)))


def _content(message: Message, operation: bytes) -> bytes:
    """Give the content of a message with the number of another one, without controls."""
    (_, start, stop), *_ = elements(message.data, 0, len(message.data))
    return encoded(INTEGER, message.data[start:stop]) + operation


def _parts(message: Message) -> tuple[bytes, list[bytes]]:
    """Give the name of an entry, and each attribute's content."""
    data = message.data
    name, attributes = elements(data, message.start, message.stop)
    return data[name[1] : name[2]], [data[start:stop] for _, start, stop in elements(data, *attributes[1:])]


def _attribute(content: bytes) -> tuple[str, list[bytes]]:
    name, values = elements(content, 0, len(content))
    return content[name[1] : name[2]].decode(), [
        content[start:stop] for _, start, stop in elements(content, *values[1:])
    ]


def _made(name: str, values: list[bytes]) -> bytes:
    held = encoded(SET, *(encoded(OCTETS, one) for one in values))
    return encoded(SEQUENCE, encoded(OCTETS, name.encode()), held)


class Meanwhile(Changes):
    """Lets something happen in the directory once, just before the first request that has this text in it."""

    def __init__(self, text: str, happens: Callable[[], None]) -> None:
        self._text, self._happens, self.has_happened = text.encode(), happens, False

    def request(self, message: Message) -> bytes:
        """Let it happen, and pass the request on."""
        if not self.has_happened and self._text in message.data:
            self.has_happened = True
            self._happens()
        return message.data
