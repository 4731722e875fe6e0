"""unlink: let an object of the platform be nobody's."""

import time
from typing import Annotated

import typer

from syncd.app.linking import unlink
from syncd.bootstrap.actors import acting
from syncd.cli.linked import SourceOption, linked_form
from syncd.cli.session import deciding
from syncd.cli.terminal import ConfigOption, JsonOption, print_json, print_text, spoken
from syncd.plan.relinking import Linked


def unlink_command(
    key: Annotated[str, typer.Argument(help="The key of the entry.")],
    source: SourceOption = "",
    config: ConfigOption = None,
    json: JsonOption = False,
) -> None:
    """Undo a link: the object stays on the platform as it is, and nothing of it is changed any more.

    Example: `syncd unlink 5f0d51e2-5b1c-103e-9a0b`
    """
    with deciding(config) as (_, store):
        gone = unlink(store, key, acting(), time.time(), source)
    if json:
        print_json({"unlinked": linked_form(Linked(gone))})
    else:
        words, entry = spoken(), gone.locator or gone.key
        print_text(words.say("link.gone", kind=words.word("kind", gone.kind), id=gone.platform_id, entry=entry) + "\n")
