"""What link and unlink share: the option for the source, and the JSON of a link."""

from typing import Annotated

import msgspec
import typer

from syncd.plan.relinking import Linked

SourceOption = Annotated[str, typer.Option("--source", help="The source, where several have the key.")]
NAMES = frozenset({"kind", "source", "key", "locator", "platform_id", "ownership"})


def linked_form(one: Linked) -> dict[str, str | None]:
    """Return a link as JSON has it, with the key that the object had before."""
    shown = {name: str(value) for name, value in msgspec.structs.asdict(one.link).items() if name in NAMES}
    return {**shown, "former_key": one.former.key if one.former else None}
