"""db rebind: a store belongs to another company, owner or directory from now on."""

from typing import Annotated

import typer

from syncd.app.rebind import Rebinding, compare, rebind
from syncd.app.stopping import Stop, unless_stopped
from syncd.bootstrap.decisions import decisions
from syncd.bootstrap.platforms import client
from syncd.bootstrap.sources import sources
from syncd.cli.session import ConfigOption, JsonOption, leave, opened, print_json, print_text, run_until_stopped


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
    with opened(config) as (loaded, store):
        settings = loaded.settings

        async def work(stop: Stop) -> Rebinding:
            async with client(settings) as platform:
                everything = tuple(sources(settings, {}))
                return await unless_stopped(stop, compare(everything, platform, store, decisions(loaded).policy))

        found, signalled = run_until_stopped(work)
        if found.changes and not dry_run:
            rebind(store, found)
    if json:
        changes = {name: {"before": before, "after": after} for name, (before, after) in found.changes.items()}
        print_json({"changes": changes})
    else:
        print_text("\n".join(_lines(found, is_done=not dry_run)) + "\n")
    leave(signalled)


def _lines(found: Rebinding, *, is_done: bool) -> list[str]:
    if not found.changes:
        return ["the store belongs to this configuration, directory and platform already"]
    lines = [
        f"{name.replace('.', ' of source ')}: {before} -> {after}" for name, (before, after) in found.changes.items()
    ]
    end = "the next plan is held as the first of a store: syncd plan" if is_done else "nothing is changed yet"
    return [*lines, end]
