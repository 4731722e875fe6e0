"""What decides scope or values, and its fingerprint (DESIGN 6, guards: configuration)."""

import hashlib
from collections.abc import Mapping

import msgspec

from syncd.config.settings import Settings
from syncd.config.source_types import AnySource

SOURCE_KEYS = frozenset(
    {"type", "role", "namespace", "base", "key", "exclude", "root_department", "users", "departments"}
)

NO_SCOPE = {"csv": {"path"}, "http": {"total", "more", "success"}}
"""What of a table decides nothing: where a file is, and what only proves that a list is whole."""

UNLESS_WRITTEN: Mapping[str, Mapping[str, object]] = {
    "ldif": {"key": ""},
    "csv": {"header_row": 1},
    "http": {"start": 1, "step": "page"},
}
"""Keys of tables that came later, with their defaults: who does not write one has the scope of before."""


def scope(settings: Settings) -> dict[str, str]:
    """Give what decides scope or values, key by key: sources without addresses, secrets and tuning; mapping; policy."""
    chosen: dict[str, object] = {
        "source": {name: _source(name, one) for name, one in settings.source.items()},
        "mapping": {name: _mapping(settings, name) for name in settings.authorities},
        "platform": {"owner": settings.platform.owner, "root_department": settings.platform.root_department},
        "adopt": settings.adopt.model_dump(),
        "policy": settings.policy.model_dump(exclude={"approval_life", "approver"}),
    }
    if settings.policy.approver == "other":
        # Who may not approve a change must not let it pass by higher limits either.
        chosen["policy"] = settings.policy.model_dump(exclude={"approval_life"})
        chosen["limits"] = settings.limits.model_dump()
    if len(settings.authorities) > 1:
        chosen["precedence"] = list(settings.authorities)
    return dict(sorted(_flat(chosen, "")))


def _source(name: str, source: AnySource) -> dict[str, object]:
    later = UNLESS_WRITTEN.get(source.type, {})
    # Whether the default is written or left out is no change.
    chosen = source.model_copy(update={"namespace": ""}) if source.namespace == name else source
    tables = {name: getattr(source, name) for name in ("users", "departments", "rooms")}
    left_out = {
        name: {*NO_SCOPE.get(source.type, ()), *(key for key, default in later.items() if getattr(one, key) == default)}
        for name, one in tables.items()
        if one is not None
    }
    return chosen.model_dump(
        include={*SOURCE_KEYS, *(("join",) if source.join else ()), *(("rooms",) if source.rooms else ())},
        exclude=left_out,
    )


def _mapping(settings: Settings, name: str) -> dict[str, object]:
    """Give the mapping of a source, with rooms only where they are managed: who has none has the scope of before."""
    mapping = settings.mapping_of(name)
    return mapping.model_dump(exclude=None if mapping.room else {"room"})


def fingerprint(settings: Settings) -> str:
    """Give a hash of what decides scope or values."""
    return hashlib.sha256(msgspec.json.encode(scope(settings))).hexdigest()[:16]


def _flat(value: object, above: str) -> list[tuple[str, str]]:
    if isinstance(value, Mapping) and value:
        return [pair for name, part in value.items() for pair in _flat(part, f"{above}.{name}" if above else str(name))]
    return [(above, msgspec.json.encode(value).decode())]
