"""What a store belongs to: one company, one owner, one directory (DESIGN 6, binding)."""

from collections.abc import Mapping

import msgspec

from syncd.errors import ConfigurationError
from syncd.model.source import Snapshot
from syncd.plan.rules import Policy

PREFIX = "binding."
MEANINGS = {
    "company": "the platform answers for company",
    "owner": "platform.owner is",
    "namespace": "the namespace of the source is",
    "key": "the key attribute of the source is",
    "department_key": "the key attribute of the departments of the source is",
    "naming_context": "the naming context of the source's server is",
}


class Bindings(msgspec.Struct, frozen=True):
    """The company of the credentials, and facts by name, such as `binding.key.ldap`."""

    company: str
    facts: Mapping[str, str]

    @classmethod
    def of(cls, company: str, policy: Policy, snapshots: tuple[Snapshot, ...]) -> "Bindings":
        """Give what this configuration and these reads say."""
        facts = {f"{PREFIX}company": company, f"{PREFIX}owner": policy.owner}
        for one in snapshots:
            facts[f"{PREFIX}namespace.{one.source}"] = policy.namespace_of(one.source)
            facts[f"{PREFIX}key.{one.source}"] = one.key_attribute.lower()
            facts[f"{PREFIX}department_key.{one.source}"] = one.department_key_attribute.lower()
            facts[f"{PREFIX}naming_context.{one.source}"] = one.naming_context.lower()
        return cls(company, {name: value for name, value in facts.items() if value})


def check_bindings(found: Bindings, known: Mapping[str, str]) -> None:
    """Raise `ConfigurationError` where the store belongs to something else; nothing was written then."""
    for name, value in found.facts.items():
        was = known.get(name, value)
        if was != value:
            what, _, source = name.removeprefix(PREFIX).partition(".")
            raise ConfigurationError(
                f"{MEANINGS[what]} {value}{f' (source {source})' if source else ''}, but this store belongs to {was}; "
                "use the store of that one, or another store; after a move: syncd db rebind"
            )
