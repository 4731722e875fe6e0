"""Looking at the audit log, proving it, and handing its new records to whoever is to have them elsewhere."""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence

import msgspec

from syncd.app.records import AUDIT_HEAD
from syncd.app.store_ports import Store
from syncd.errors import ConfigurationError
from syncd.model.audit import AuditFault, AuditRecord, first_fault

HEAD = re.compile(r"([1-9][0-9]{0,17}):([0-9a-f]{64})")
AT_ONCE = 100
"""Records that are handed over at a time."""


class Head(msgspec.Struct, frozen=True):
    """The newest record at some time: how many there had been, and its hash."""

    number: int
    hash: str

    @classmethod
    def of(cls, text: str) -> "Head":
        """Read a head as `audit verify` prints it; raises `ConfigurationError`."""
        found = HEAD.fullmatch(text.strip().lower())
        if found is None:
            raise ConfigurationError(
                f"--head {text} is no head of the audit log; it looks like 17: and 64 hex digits of a hash, as "
                "`syncd audit verify` prints it"
            )
        return cls(int(found[1]), found[2])

    def __str__(self) -> str:
        """Return it as `of` reads it."""
        return f"{self.number}:{self.hash}"


class Proof(msgspec.Struct, frozen=True):
    """What a look at the whole chain showed: its first record that is there, its head, and the first fault."""

    first: int
    head: Head | None
    fault: AuditFault | None

    @property
    def count(self) -> int:
        """Return how many records there are."""
        return self.head.number - self.first + 1 if self.head else 0


def prove(store: Store, heads: Sequence[Head]) -> Proof:
    """Look at every record: whether it is as it was written, follows the one before it, and none is missing.

    `heads` are those that were noted elsewhere, each of which must be in the chain; the store notes one itself, which
    shows a cut end to whoever did not change that too. One from before the records that are there proves nothing, and
    counts as missing.
    """
    with store.reading() as work:
        noted = work.facts.all().get(AUDIT_HEAD, "")
        own = [Head.of(noted)] if HEAD.fullmatch(noted) else []
        seen = _Seen(work.audit.after(0), {one.number for one in (*own, *heads)})
        fault = first_fault(seen)
    proof = Proof(seen.first, seen.last, fault)
    # Another process may have added records since: the end is the one that was seen.
    missing = next(filter(None, (_missing(seen, one) for one in (*own, *heads))), None)
    return proof if fault else msgspec.structs.replace(proof, fault=missing)


class _Seen:
    """Records as they pass by."""

    def __init__(self, records: Iterable[AuditRecord], wanted: set[int]) -> None:
        self._records, self._wanted = records, wanted
        self.first = 1
        self.last: Head | None = None
        self.named: dict[int, AuditRecord] = {}

    def __iter__(self) -> Iterator[AuditRecord]:
        for one in self._records:
            self.first = one.number if self.last is None else self.first
            self.last = Head(one.number, one.hash)
            if one.number in self._wanted:
                self.named[one.number] = one
            yield one


def _missing(seen: _Seen, head: Head) -> AuditFault | None:
    last = seen.last.number if seen.last else 0
    if head.number > last:
        return AuditFault(last + 1, None, "cut")
    if head.number < seen.first:
        return AuditFault(head.number, None, "before")
    found = seen.named.get(head.number)
    return AuditFault(head.number, found.at, "another") if found is not None and found.hash != head.hash else None


def records_since(store: Store, moment: float | None) -> tuple[AuditRecord, ...]:
    """Return the records since a time, in seconds since the epoch, or all; oldest first."""
    with store.reading() as work:
        return tuple(work.audit.after(work.audit.since(moment) if moment is not None else 0))


class Outlet:
    """Hands new records over, in order, each at least once; `fact` remembers up to which."""

    def __init__(self, store: Store, fact: str, give: Callable[[tuple[AuditRecord, ...]], None]) -> None:
        self._store, self._fact, self._give = store, fact, give
        self._given: int | None = None

    def flow(self) -> None:
        """Hand over what is new; what `give` raises leaves it for the next time. Raises `StoreError`."""
        while new := self._new():
            self._give(new)
            with self._store.unit_of_work() as work:
                work.facts.put({self._fact: str(new[-1].number)})
                work.commit()
            self._given = new[-1].number

    def _new(self) -> tuple[AuditRecord, ...]:
        with self._store.reading() as work:
            head = work.audit.head()
            if head is None or head[0] == self._given:
                return ()
            noted = work.facts.all().get(self._fact, "")
            given = int(noted) if noted.isdecimal() else 0
            self._given = given
            return tuple(work.audit.after(given, AT_ONCE))
