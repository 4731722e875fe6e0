"""db rebind: a store belongs to another company, owner or directory from now on."""

import time
from collections.abc import Iterator
from typing import Annotated

import typer

from syncd.app.rebind import Rebinding, compare, rebind
from syncd.app.stopping import Stop, unless_stopped
from syncd.bootstrap.actors import acting
from syncd.bootstrap.decisions import decisions
from syncd.bootstrap.platforms import client
from syncd.bootstrap.sources import sources
from syncd.cli.session import deciding
from syncd.cli.stopping import run_until_stopped
from syncd.cli.terminal import ConfigOption, JsonOption, leave, print_json, print_text, spoken
from syncd.report.messages import Words


def rebind_command(
    config: ConfigOption = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show what would change, and change nothing.")] = False,
    json: JsonOption = False,
) -> None:
    """Let the store belong to what configuration, directory and platform say now: the deliberate way after a move.

    Links stay: they hold as long as keys and platform ids are the same. Where the directory's keys have changed,
    `syncd link --by account` follows. The next plan is held as the first of a store. Make a copy before.

    Example: `syncd db rebind --dry-run`, then `syncd db backup && syncd db rebind && syncd plan`
    """
    with deciding(config) as (loaded, store):
        settings = loaded.settings

        async def work(stop: Stop) -> Rebinding:
            async with client(settings) as platform:
                everything = tuple(sources(settings, {}))
                return await unless_stopped(stop, compare(everything, platform, store, decisions(loaded).policy))

        found, signalled = run_until_stopped(loaded, work)
        if found.changes and not dry_run:
            rebind(store, found, acting(), time.time())
    if json:
        changes = {name: {"before": before, "after": after} for name, (before, after) in found.changes.items()}
        print_json({"changes": changes})
    else:
        print_text("\n".join(_lines(found, spoken(), is_done=not dry_run)) + "\n")
    leave(signalled)


def _lines(found: Rebinding, words: Words, *, is_done: bool) -> Iterator[str]:
    if not found.changes:
        yield words.say("rebind.same")
        return
    for name, (before, after) in found.changes.items():
        yield words.say("rebind.fact", fact=_fact(name, words), before=before, after=after)
    yield words.say("rebind.done" if is_done else "rebind.not_yet")


def _fact(name: str, words: Words) -> str:
    """Give the name of a fact, and the source that it is about."""
    code, _, source = name.partition(".")
    fact = words.word("fact", code)
    return words.say("rebind.of_source", fact=fact, source=source) if source else fact
