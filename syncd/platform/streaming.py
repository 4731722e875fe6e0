"""Lists decoded while they arrive: what is kept is the records, never the whole text.

The platform answers a list call with the whole company. The text around the list is walked until `"value": [`; from
there blocks of whole records are cut off and decoded. A cut is right if and only if the block is valid JSON: a `},{`
inside a text or a nested list leaves it open, and an earlier cut is tried. What follows the last cut is decoded with
the text around the list, so that a body that ends early is an error, never a short list.
"""

import re
from collections.abc import Iterable, Iterator
from typing import Generic, TypeVar

import msgspec

from syncd.model.json_text import BOM, decoded, without_lone_surrogates
from syncd.wire.envelope import Answer, Envelope, Listed

Record = TypeVar("Record")
BLOCK = 256 * 1024  # bytes that are worth a block of their own
TRIES = 12  # cuts of one block, each twice as far back: thousands of nested records are skipped
AROUND = 1024 * 1024  # bytes that may stand before a list
SPACES = b" \t\r\n"
TEXT = rb'"[^"\\]*(?:\\.[^"\\]*)*"'
KEY = re.compile(rb"[ \t\r\n]*(%s)[ \t\r\n]*:[ \t\r\n]*" % TEXT, re.DOTALL)
PLAIN = re.compile(rb'%s|[^"\[\]{},\s]+' % TEXT, re.DOTALL)
NESTED = re.compile(rb'%s|["\[\]{}]' % TEXT, re.DOTALL)
TOO_DEEP = msgspec.ValidationError("it is nested deeper than any answer of the document")
ELEMENTS = re.compile(rb'%s|[",\[\]{}]' % TEXT, re.DOTALL)
ID = re.compile(rb'"id"[ \t\r\n]*:[ \t\r\n]*"?([^"\\,\[{}\s]{1,128})')
SHOWN = 200
MORE = re.compile(rb"[ \t\r\n]*,")


class Unreadable(msgspec.Struct, frozen=True):
    """A record that is not of its kind: its id, as far as it can be seen, and what is wrong with it."""

    id: str
    why: str


class ListStream(Generic[Record]):
    """The records of one answer, as its text comes in: `feed` each chunk, then `close`.

    Both raise `msgspec.DecodeError` where the text is not JSON; `close` also where it is not whole. Records that were
    given before are then worth nothing. A record that is not of the kind is left out, and named in `unreadable`.
    """

    def __init__(self, kind: type[Record], block: int = BLOCK) -> None:
        self._block = self._wanted = block
        self._records = msgspec.json.Decoder(list[kind])  # type: ignore[valid-type]
        self._shell = msgspec.json.Decoder(Listed[kind])  # type: ignore[valid-type]
        self._head: bytes | None = None
        self._chunks: list[bytes] = []
        self._length = 0
        self._kind = kind
        self.unreadable: list[Unreadable] = []

    @property
    def held(self) -> int:
        """Give how many bytes of text are kept for now."""
        return self._length

    def feed(self, chunk: bytes) -> list[Record]:
        """Take the next part of the text, and give the records that are whole by now."""
        self._chunks.append(chunk)
        self._length += len(chunk)
        if self._head is None:
            self._look_for_list()
        return self._cut() if self._length >= self._wanted and self._head is not None else []

    def close(self) -> tuple[Answer, list[Record]]:
        """Give the answer, and the records that `feed` has not given.

        Where the answer bears an error code, there are none. Raises `msgspec.ValidationError` for a success without a
        list.
        """
        text = (self._head or b"") + b"".join(self._chunks)
        text = text.removeprefix(BOM)
        try:
            found = self._shell.decode(without_lone_surrogates(text))
        except (msgspec.ValidationError, UnicodeDecodeError, RecursionError):
            return self._apart(text)
        if found.value is None and found.is_success:
            raise msgspec.ValidationError("the value is missing or null where a list is wanted")
        return found, found.value or []

    def _look_for_list(self) -> None:
        text = b"".join(self._chunks)
        self._chunks = [text]
        start = list_start(text)
        if start is not None:
            self._head, self._chunks = text[:start], [text[start:]]
            self._length -= start
        elif self._length > AROUND:
            raise msgspec.DecodeError(f"no list within the first {AROUND} bytes")

    def _cut(self) -> list[Record]:
        text = b"".join(self._chunks)
        for end in _cuts(text):
            try:
                records = self._records.decode(b"[%b]" % without_lone_surrogates(text[:end]))
            except (msgspec.ValidationError, UnicodeDecodeError, RecursionError):
                apart = _elements(text[:end])
                if apart is None:
                    continue
                records = self._each(apart)
            except msgspec.DecodeError:
                continue
            self._keep(text[end:].lstrip(SPACES)[1:], self._block)
            return records
        self._keep(text, 2 * len(text))
        return []

    def _apart(self, text: bytes) -> tuple[Answer, list[Record]]:
        """Give the answer and each record that can be read, of a text that cannot be read at once."""
        start = list_start(text)
        end = _list_end(text, start) if start is not None else None
        envelope = decoded(text if end is None else text[:start] + text[end:], Envelope)
        if not envelope.is_success:
            return envelope, []
        if start is None or end is None or (apart := _elements(text[start:end])) is None:
            raise msgspec.ValidationError("the value is none where a list is wanted")
        return envelope, self._each(apart)

    def _each(self, texts: Iterable[bytes]) -> list[Record]:
        """Give the records that can be read, one by one, and note the others; raises where a text is no JSON."""
        found = []
        for text in texts:
            try:
                found.append(msgspec.json.decode(without_lone_surrogates(text), type=self._kind))
            except (msgspec.ValidationError, UnicodeDecodeError, RecursionError) as error:
                why = TOO_DEEP.args[0] if isinstance(error, RecursionError) else str(error)
                self.unreadable.append(Unreadable(id_of(text), why[:SHOWN]))
        return found

    def _keep(self, rest: bytes, wanted: int) -> None:
        self._chunks, self._length, self._wanted = [rest], len(rest), wanted


def list_start(text: bytes) -> int | None:
    """Give where the first record of the envelope's list may stand; nothing if the list is not there, or not yet."""
    position = len(text) - len(text.removeprefix(BOM).lstrip(SPACES))
    if text[position : position + 1] != b"{":
        return None
    while key := KEY.match(text, position + 1):
        start = key.end()
        if text[start : start + 1] == b"[" and _is_value(key[1]):
            return start + 1
        end = _value_end(text, start)
        comma = MORE.match(text, end) if end is not None else None
        if comma is None:
            return None
        position = comma.end() - 1
    return None


def _is_value(key: bytes) -> bool:
    try:
        return decoded(key, str) == "value"
    except msgspec.DecodeError:
        return False


def _value_end(text: bytes, start: int) -> int | None:
    """Give where a value ends; nothing if that is not to be seen yet."""
    if text[start : start + 1] not in (b"{", b"["):
        plain = PLAIN.match(text, start)
        return plain.end() if plain else None
    depth = 0
    for token in NESTED.finditer(text, start):
        match token[0]:
            case b"{" | b"[":
                depth += 1
            case b"}" | b"]":
                depth -= 1
            case b'"':
                return None
        if depth == 0:
            return token.end()
    return None


def _list_end(text: bytes, start: int) -> int | None:
    """Give where the bracket stands that ends the list whose first record may stand at `start`."""
    depth = 1
    for token in NESTED.finditer(text, start):
        match token[0]:
            case b"{" | b"[":
                depth += 1
            case b"}" | b"]":
                depth -= 1
            case b'"':
                return None
        if depth == 0:
            return token.start()
    return None


def _elements(text: bytes) -> list[bytes] | None:
    """Cut the inner text of a list into its elements, however deep they are nested; nothing where one is not whole."""
    found: list[bytes] = []
    start, depth = 0, 0
    for token in ELEMENTS.finditer(text):
        match token[0]:
            case b"{" | b"[":
                depth += 1
            case b"}" | b"]":
                depth -= 1
            case b"," if depth == 0:
                found.append(text[start : token.start()])
                start = token.end()
            case b'"':
                return None
        if depth < 0:
            return None
    return [*found, text[start:]] if depth == 0 and (found or text.strip(SPACES)) else None if depth else found


def id_of(text: bytes) -> str:
    """Give the id of a record that cannot be read as a whole, "" where it cannot be seen."""
    found = ID.search(text)
    return found[1].decode(errors="replace") if found else ""


def _cuts(text: bytes) -> Iterator[int]:
    """Give places before a comma between two objects, from the end, each step twice as long as the one before."""
    position, seen, wanted = len(text), 0, 1
    while wanted < 2**TRIES and (position := text.rfind(b"{", 0, position)) >= 0:
        end = _object_end(text, position)
        seen += end is not None
        if end is not None and seen == wanted:
            wanted *= 2
            yield end


def _object_end(text: bytes, opening: int) -> int | None:
    """Give where the object before this one ends, if a comma stands between them and nothing else."""
    comma = _before(text, opening)
    if text[comma - 1 : comma] != b",":
        return None
    end = _before(text, comma - 1)
    return end if text[end - 1 : end] == b"}" else None


def _before(text: bytes, end: int) -> int:
    """Give the end of what is not a space before here."""
    while end and text[end - 1] in SPACES:
        end -= 1
    return end
