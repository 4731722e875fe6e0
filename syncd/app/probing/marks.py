"""By what the probe's own objects are known: ids, accounts and names that nobody else has."""

import hashlib

import msgspec

from syncd.app.probing.values import Record

WORD = "platform-probe"
SHORT = 12


class Marks(msgspec.Struct, frozen=True):
    """The marks of one owner's probes; `run` sets those of one run apart (ms since the epoch).

    Ids begin with 16 hex digits of a hash of owner and a fixed word, so that leftovers of any run are known. They are
    not those of the owner's own derived ids: no other command takes them for an object of its own. Phones begin with
    12, which no Chinese mobile number does, mails are at example.com (RFC 2606): no message reaches anybody.
    """

    stem: str
    run: int

    @classmethod
    def of(cls, owner: str, run: int) -> "Marks":
        """Give the marks of an owner's probe that begins now."""
        return cls(hashlib.sha256(f"{owner}\0{WORD}".encode()).hexdigest()[:16].upper(), run)

    def id(self, number: int) -> str:
        """Give an id that no run before has used: 32 upper-case hex digits."""
        return f"{self.stem}{self.run:012X}{number:04X}"

    def account(self, letter: str) -> str:
        """Give an account, in lower case."""
        return f"p-{self._short}-{letter}"

    def name(self, letter: str) -> str:
        """Give a name for anything but a user's account."""
        return f"syncd probe {self._short} {letter}"

    def mail(self, letter: str) -> str:
        """Give a mail address that reaches nobody."""
        return f"p-{self._short}-{letter}@example.com"

    def phone(self, number: int) -> str:
        """Give a phone number that reaches nobody: 11 digits."""
        return f"12{(int(self.stem, 16) + number) % 10**9:09}"

    def is_ours(self, record: Record) -> bool:
        """Tell whether an object is of a probe of this owner, by its id, or by its mark where ids are not taken."""
        begins = (
            ("id", self.stem),
            ("account", self.account("")),
            ("name", self.name("")),
            ("subject", self.name("")),
        )
        return any(str(record.get(field) or "").startswith(begin) for field, begin in begins)

    @property
    def _short(self) -> str:
        return self.stem[:SHORT].lower()
