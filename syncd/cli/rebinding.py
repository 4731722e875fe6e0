"""db rebind: a store belongs to another company, owner or directory from now on."""

import sys
from typing import Annotated

import typer

from syncd.app.rebind import Rebinding, compare, rebind
from syncd.app.stopping import Stop, unless_stopped
from syncd.bootstrap import client, decisions, sources
from syncd.cli.session import ConfigOption, JsonOption, leave, note, opened, print_json, print_text, run_until_stopped
from syncd.errors import ConfigurationError

YES = ("y", "yes")


def rebind_command(
    config: ConfigOption = None,
    yes: Annotated[bool, typer.Option("--yes", help="Nobody is asked.")] = False,
    json: JsonOption = False,
) -> None:
    """Let the store belong to what configuration, directory and platform say now: the deliberate way after a move.

    Links stay: they hold as long as keys and platform ids are the same. Where the directory's keys have changed,
    `syncd link --by account` follows. The next plan is held as the first of a store. Make a copy before.

    Example: `syncd db backup && syncd db rebind && syncd plan`
    """
    with opened(config) as (loaded, store):
        settings = loaded.settings

        async def work(stop: Stop) -> Rebinding:
            async with client(settings) as platform:
                everything = tuple(sources(settings, {}))
                return await unless_stopped(stop, compare(everything, platform, store, decisions(loaded).policy))

        found, signalled = run_until_stopped(work)
        if found.changes:
            _permitted(found, yes=yes)
            rebind(store, found)
    changes = {name: {"before": before, "after": after} for name, (before, after) in found.changes.items()}
    if json:
        print_json({"changes": changes})
    elif changes:
        print_text(f"{len(changes)} bindings are changed; the next plan is held as the first of a store: syncd plan\n")
    else:
        print_text("the store belongs to this configuration, directory and platform already\n")
    leave(signalled)


def _permitted(found: Rebinding, *, yes: bool) -> None:
    """Say what changes, and go on only where somebody wants it."""
    for name, (before, after) in found.changes.items():
        note(f"{name.replace('.', ' of source ')}: {before} -> {after}")
    if yes:
        return
    if not sys.stdin.isatty():
        raise ConfigurationError("db rebind wants --yes where there is nobody to ask; nothing was changed")
    typer.echo("Let the store belong to the new ones? [y/N] ", nl=False, err=True)
    if sys.stdin.readline().strip().lower() not in YES:
        raise ConfigurationError("nothing was changed")
