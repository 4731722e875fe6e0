"""link: which entry is which object."""

from collections.abc import Iterator
from typing import Annotated, Literal

import typer

from syncd.app.linking import link, link_by
from syncd.app.world import World
from syncd.bootstrap.actors import acting
from syncd.cli.linked import SourceOption, linked_form
from syncd.cli.reading import look
from syncd.cli.session import deciding
from syncd.cli.terminal import ConfigOption, JsonOption, leave, print_json, print_text, spoken
from syncd.plan.relinking import Linked, Relinking
from syncd.report.messages import Words


def link_command(
    key: Annotated[str, typer.Argument(help="The entry's key, as plan and explain show it.")] = "",
    platform_id: Annotated[str, typer.Argument(metavar="ID", help="The object's id on the platform.")] = "",
    by: Annotated[
        Literal["account", "email", "phone"] | None,
        typer.Option("--by", help="Link every entry that matches one user by this; departments by their path."),
    ] = None,
    source: SourceOption = "",
    config: ConfigOption = None,
    json: JsonOption = False,
) -> None:
    """Say which object of the platform an entry is; nothing is written there, the next plan shows what follows.

    For a person under a new key, an adoption that is ambiguous, or after the keys of the whole directory have changed.

    Examples: `syncd link 5f0d51e2-5b1c-103e-9a0b 3F2A9C0D1B7E4A55`, `syncd link --by account`
    """
    if bool(by) == bool(key) or (key and not platform_id):
        raise typer.BadParameter("it takes KEY and ID, or --by account, email or phone")
    actor = acting()
    with deciding(config) as (loaded, store):

        async def linking(everything: World) -> Relinking:
            if by:
                return await link_by(everything, by, actor)
            return Relinking((await link(everything, key, platform_id, actor, source),))

        found, signalled = look(loaded, store, linking)
    if json:
        print_json({"linked": [linked_form(one) for one in found.links], "conflicts": found.conflicts})
    else:
        print_text("\n".join(_lines(found, spoken())) + "\n")
    leave(signalled)


def _lines(found: Relinking, words: Words) -> Iterator[str]:
    yield from (_line(one, words) for one in found.links)
    yield from (words.say("link.not", message=one.message) for one in found.conflicts)
    yield words.say("link.done", count=len(found.links))


def _line(one: Linked, words: Words) -> str:
    link, former = one.link, one.former
    return words.say(
        "link.is",
        kind=words.word("kind", link.kind),
        id=link.platform_id,
        entry=link.locator or link.key,
        former=words.say("link.former", entry=former.locator or former.key) if former else "",
    )
