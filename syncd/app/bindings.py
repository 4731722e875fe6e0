"""What a store belongs to: one company, one owner, one directory (DESIGN 6, binding)."""

from collections.abc import Iterator, Mapping

import msgspec

from syncd.errors import ConfigurationError
from syncd.model import dn
from syncd.model.source import Snapshot
from syncd.plan.rules import Policy

PREFIX = "binding."
CONTEXT = "naming_context"
MEANINGS = {
    "company": "the platform answers for company",
    "owner": "platform.owner is",
    "namespace": "the namespace of the source is",
    "key": "the key attribute of the source is",
    "department_key": "the key attribute of the departments of the source is",
    "naming_context": "the naming context of the source's server is",
}


class Bindings(msgspec.Struct, frozen=True):
    """The company of the credentials, and facts by name, such as `binding.key.ldap`.

    `also` has, by name, what else the store may have of it: a server's further naming contexts, of which an older
    version remembered the first.
    """

    company: str
    facts: Mapping[str, str]
    also: Mapping[str, tuple[str, ...]] = {}

    @classmethod
    def of(cls, company: str, policy: Policy, snapshots: tuple[Snapshot, ...]) -> "Bindings":
        """Give what this configuration and these reads say."""
        facts = {f"{PREFIX}company": company, f"{PREFIX}owner": policy.owner}
        also = {f"{PREFIX}{CONTEXT}.{one.source}": one.naming_contexts for one in snapshots}
        for one in snapshots:
            facts[f"{PREFIX}namespace.{one.source}"] = policy.namespace_of(one.source)
            facts[f"{PREFIX}key.{one.source}"] = one.key_attribute.lower()
            facts[f"{PREFIX}department_key.{one.source}"] = one.department_key_attribute.lower()
            facts[f"{PREFIX}naming_context.{one.source}"] = one.naming_context.lower()
        return cls(company, {name: value for name, value in facts.items() if value}, also)

    def _is_same(self, name: str, was: str) -> bool:
        """Whether what the store has is the same; naming contexts are compared as DNs."""
        value = self.facts[name]
        if was == value or not name.startswith(f"{PREFIX}{CONTEXT}."):
            return was == value
        return dn.place(was) in {dn.place(each) for each in (value, *self.also.get(name, ()))}

    def differing(self, known: Mapping[str, str]) -> Iterator[tuple[str, str]]:
        """Yield the names of what the store has otherwise, with what it has."""
        for name in self.facts:
            if (was := known.get(name)) is not None and not self._is_same(name, was):
                yield name, was


def check_bindings(found: Bindings, known: Mapping[str, str]) -> None:
    """Raise `ConfigurationError` where the store belongs to something else; nothing was written then."""
    for name, was in found.differing(known):
        what, _, source = name.removeprefix(PREFIX).partition(".")
        raise ConfigurationError(
            f"{MEANINGS[what]} {found.facts[name]}{f' (source {source})' if source else ''}, but this store belongs to "
            f"{was}; use the store of that one, or another store; after a move: syncd db rebind"
        )
