"""Derived ids, operation ids and fingerprints (DESIGN 6, derived ids and approval)."""

import hashlib
from collections.abc import Iterable, Mapping

import msgspec

from syncd.model.objects import Kind
from syncd.plan.values import Action, Change

DIGITS = 32
"""Hex digits of an operation's id and of a fingerprint: 128 bits, for whom nobody finds two plans with one name."""
FORMER_DIGITS = 16
"""What former versions kept of the same hash of an operation, and of their fingerprint."""


def derived_id(owner: str, kind: Kind, identity: tuple[str, str], generation: int = 0) -> str:
    """Give the platform id of the object that we make for a key: 32 upper-case hex digits.

    `identity` is (namespace, key). The owner's hash comes first, so that what is ours is known without a store.
    """
    namespace, key = identity
    rest = "\0".join((str(kind), namespace, key, str(generation)))
    return (owner_prefix(owner) + hashlib.sha256(rest.encode()).hexdigest()[:24]).upper()


def owner_prefix(owner: str) -> str:
    """Give the eight hex digits, in upper case, that every id derived by this owner begins with."""
    return hashlib.sha256(owner.encode()).hexdigest()[:8].upper()


def is_owned(platform_id: str, owner: str) -> bool:
    """Tell whether an id is one that this owner derives, in whatever letter case the platform shows it."""
    return platform_id[:8].upper() == owner_prefix(owner)


def operation_id(kind: Kind, platform_id: str, action: Action, changes: Mapping[str, Change]) -> str:
    """Give an operation's id: a hash of kind, platform id, action, before and after."""
    content = [
        str(kind),
        platform_id,
        str(action),
        [[field, changes[field].before, changes[field].after] for field in sorted(changes)],
    ]
    return hashlib.sha256(msgspec.json.encode(content)).hexdigest()[:DIGITS]


def fingerprint(operation_ids: Iterable[str]) -> str:
    """Give the fingerprint of a plan: a hash of its sorted operation ids, without dates and names."""
    return hashlib.sha256("\n".join(sorted(operation_ids)).encode()).hexdigest()[:DIGITS]


def former_id(operation_id: str) -> str:
    """Return the id that former versions gave the same operation."""
    return operation_id[:FORMER_DIGITS]


def former_fingerprint(operation_ids: Iterable[str]) -> str:
    """Return the fingerprint that former versions gave a plan of these operations."""
    return fingerprint(former_id(one) for one in operation_ids)[:FORMER_DIGITS]


def recognized(operation_ids: Iterable[str], known: frozenset[str]) -> frozenset[str]:
    """Return the operations that are among the known ones, some of which may bear the id of former versions."""
    return frozenset(one for one in operation_ids if one in known or former_id(one) in known)
