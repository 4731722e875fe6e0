"""What a source gives: entries, and the certificate of the read that gave them."""

from collections.abc import Callable, Mapping
from enum import StrEnum

import msgspec


# Made by the hundred thousand and never in a ring: the garbage collector need not look at them.
class Entry(msgspec.Struct, frozen=True, gc=False):
    """One object as a source gave it.

    `key` is the immutable identifier as text (DESIGN 6, derived ids), `locator` the DN or row that a person
    would look for, `attributes` the values by lower-case attribute name. `path` holds the parsed, normalised
    RDNs of a DN from the entry up to the naming context; it is empty where the source has no tree.
    """

    key: str
    locator: str
    attributes: Mapping[str, tuple[str | bytes, ...]]
    path: tuple[str, ...] = ()


class Grade(StrEnum):
    """How far a read can be trusted (DESIGN 6, certificate)."""

    WHOLE = "whole"
    UNPROVEN = "unproven"
    BROKEN = "broken"


class Certificate(msgspec.Struct, frozen=True):
    """The grade of a read, what proves it, and what speaks against it, in sentences for the administrator."""

    grade: Grade
    proofs: tuple[str, ...] = ()
    doubts: tuple[str, ...] = ()

    def noting(self, notes: tuple[str, ...]) -> "Certificate":
        """Return the certificate with notes that people should read and that change no grade."""
        if self.doubts:
            return Certificate(self.grade, self.proofs, (*self.doubts, *notes))
        return Certificate(self.grade, (*self.proofs, *notes))

    def reworded(self, change: Callable[[str], str]) -> "Certificate":
        """Return the certificate with each of its sentences changed."""
        return Certificate(self.grade, tuple(map(change, self.proofs)), tuple(map(change, self.doubts)))


class Unreadable(msgspec.Struct, frozen=True):
    """An entry that the read saw and could not use: it has no key of its own, or another entry has the same.

    Nobody knows whether it means one of `other_keys`, so these are present as well.
    """

    locator: str
    reason: str
    message: str
    key: str = ""
    other_keys: tuple[str, ...] = ()


class Finding(msgspec.Struct, frozen=True):
    """What is odd about an entry that can be used all the same, in a sentence for the administrator."""

    locator: str
    reason: str
    message: str
    key: str = ""


class Changes(msgspec.Struct, frozen=True):
    """What is new or changed in a source since it was last looked at; entries may also be as they were.

    `whole_read_due` says that there is more to know than that: somebody is gone, or changes may have been missed.
    """

    source: str
    users: tuple[Entry, ...] = ()
    departments: tuple[Entry, ...] = ()
    whole_read_due: bool = False
    rooms: tuple[Entry, ...] = ()


class Snapshot(msgspec.Struct, frozen=True):
    """One read of one source: people, departments, rooms, what could not be used, and how far to trust it all.

    `naming_context` is the server's one that holds the base, `naming_contexts` has all that it has.
    `department_key_attribute` is empty where departments have their keys in the same attribute as people.
    `rooms` is `None` where the source is not asked for rooms. `absent_levels` has the places above entries, as parsed
    DNs, at which the source shows no entry of any kind: a department that the reader may not see, or one that was
    renamed between two searches. `known_paths` has the keys by which the store knows departments that are made of
    paths, where it knows them by another spelling than the path's own. `guessed_encodings` has what the files of
    people, departments and rooms were taken for, by these words, where nobody named it.
    `answered_names` has, for names that the mapping asks for, those under which the server answers, in lower case.
    """

    source: str
    certificate: Certificate
    users: tuple[Entry, ...] = ()
    departments: tuple[Entry, ...] = ()
    unreadable: tuple[Unreadable, ...] = ()
    key_attribute: str = ""
    department_key_attribute: str = ""
    naming_context: str = ""
    naming_contexts: tuple[str, ...] = ()
    rooms: tuple[Entry, ...] | None = None
    absent_levels: frozenset[tuple[str, ...]] = frozenset()
    known_paths: Mapping[str, str] = {}
    guessed_encodings: Mapping[str, str] = {}
    findings: tuple[Finding, ...] = ()
    answered_names: Mapping[str, str] = {}

    def reworded(self, change: Callable[[str], str]) -> "Snapshot":
        """Return the read with each sentence about it changed; what was read stays as it is."""
        return msgspec.structs.replace(
            self,
            certificate=self.certificate.reworded(change),
            unreadable=tuple(msgspec.structs.replace(one, message=change(one.message)) for one in self.unreadable),
            findings=tuple(msgspec.structs.replace(one, message=change(one.message)) for one in self.findings),
        )
