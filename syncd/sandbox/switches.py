"""Settings that are switched while the sandbox runs: structs of JSON values, each field with a description."""

import difflib
from typing import TypeVar

import msgspec
from msgspec import Meta

from syncd.errors import SyncdError

Switches = TypeVar("Switches", bound=msgspec.Struct)


class BadQuirk(SyncdError):
    """A quirk, or another switch of the sandbox, that does not exist or cannot have that value."""


def meanings(kind: type[msgspec.Struct]) -> dict[str, str]:
    """Give what each switch means, by its name."""
    found: dict[str, str] = {}
    for field in msgspec.structs.fields(kind):
        metas = (one for one in field.type.__metadata__ if isinstance(one, Meta))
        found[field.name] = next((one.description for one in metas if one.description), "")
    return found


def replaced(switches: Switches, changes: object, noun: str, *, strict: bool = True) -> Switches:
    """Give the switches with changes; raises `BadQuirk` with the name and what it may be. `noun` says what one is."""
    if not isinstance(changes, dict):
        raise BadQuirk(f"{noun} values are changed by a JSON object of names and values")
    names = switches.__struct_fields__
    for name in changes:
        if name not in names:
            near = difflib.get_close_matches(name, names, 1)
            hint = f"; did you mean {near[0]}?" if near else f"; there are {', '.join(names)}"
            raise BadQuirk(f"there is no {noun} {name}{hint}")
    try:
        return msgspec.convert({**msgspec.structs.asdict(switches), **changes}, type(switches), strict=strict)
    except msgspec.ValidationError as error:
        raise BadQuirk(f"a {noun} cannot be set: {error}") from None
