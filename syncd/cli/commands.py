"""The commands by name; the module of one is loaded once it is asked for."""

import importlib
from collections.abc import Mapping
from typing import Any, ClassVar

import msgspec
import typer
from typer.core import TyperCommand, TyperGroup
from typer.main import get_group


class Command(msgspec.Struct, frozen=True):
    """Where a command is, as `module:name`, and what the list of commands says of it."""

    place: str
    help: str
    is_hidden: bool = False


COMMANDS: Mapping[str, Command] = {
    "init": Command(
        "init:init_command",
        "Write a commented configuration, after asking for what no flag says. It writes nothing to the platform yet.",
    ),
    "check": Command(
        "check:check_command", "Prove configuration, directory, mapping, platform and store, a line each."
    ),
    "plan": Command("running:plan_command", "The dry run: what `reconcile` would do, without a writing call."),
    "reconcile": Command(
        "running:reconcile_command",
        "Read both sides, plan, and apply what no guard holds; then the faces, where any is mapped.",
    ),
    "apply": Command("running:apply_command", "Carry out the operations of a plan file that a fresh plan has too."),
    "approve": Command("approve:approve_command", "Let the operations of a held plan pass at the next run."),
    "status": Command("status:status_command", "How things stand: last run, held plans, what is linked."),
    "history": Command("history:history_command", "The latest runs, newest first."),
    "show": Command("show:show_command", "A run with its plan and outcomes, a held plan, or a plan file."),
    "export": Command("export:export_command", "The shadow with its links, a JSON object a line."),
    "revert": Command(
        "reverting:revert_command",
        "Undo a run: fields, departments and links as they were before it, as far as nobody has changed them since.",
    ),
    "explain": Command(
        "explaining:explain_command",
        "Everything about one user or department: what the directory says, what is wanted and there, "
        "what follows and why.",
    ),
    "link": Command(
        "linking:link_command",
        "Say which object of the platform an entry is; nothing is written there, the next plan shows what follows.",
    ),
    "unlink": Command(
        "unlinking:unlink_command",
        "Undo a link: the object stays on the platform as it is, and nothing of it is changed any more.",
    ),
    "leavers": Command(
        "leavers:leavers_command", "List who is in grace: who is removed when, and why, unless they return."
    ),
    "keep": Command(
        "keep:keep_command",
        "Stop the clock for somebody in grace: they stay as they are, for good or until the end of a day.",
    ),
    "let-go": Command(
        "keep:let_go_command", "End the grace of somebody: the next run removes them, unless a guard holds that."
    ),
    "forget": Command(
        "forget:forget_command",
        "Take everything out of the store that tells of one person who is gone.",
    ),
    "password": Command(
        "password:password_command",
        "Give one linked user a new random password, which the handover file takes (platform.handover).",
    ),
    "events": Command("events:events", "What the platform has told, and what became of it."),
    "audit": Command("audit:audit", "What people decided, and whether the log of it is whole."),
    "face": Command("face:face", "Pictures of faces."),
    "db": Command("database:database", "The store's schema: upgrade it, or say which it is."),
    "error": Command(
        "telling:error_command",
        "What a code means, and what to do: an exit code, a code of the platform, an error, a guard, a finding.",
    ),
    "listen": Command(
        "listening:listen_command",
        "Receive the platform's events into the inbox and ingest them, until SIGTERM (exit 0) or Ctrl-C.",
    ),
    "serve": Command(
        "listening:serve_command",
        "Be the daemon, until SIGTERM (exit 0): passes at their times, events received, ingested and followed.",
    ),
    "receive": Command(
        "listening:receive_command",
        "Receive events for the daemon that began this; it is no command for people.",
        is_hidden=True,
    ),
    "sandbox": Command(
        "sandbox:sandbox_command", "Serve a faithful emulation of the whole platform, to test a client against."
    ),
    "demo": Command(
        "demo:demo_command",
        "Show the main job in a minute: a sandbox, a throwaway directory, the sample company, and a day of changes.",
    ),
}


class Commands(TyperGroup):
    """Lists the commands by a table, so that nobody waits for the libraries of those that were not asked for."""

    table: ClassVar[Mapping[str, Command]] = COMMANDS

    def __init__(self, **given: Any) -> None:  # noqa: ANN401 - the library's signature
        super().__init__(**given)
        for name, one in self.table.items():
            self.add_command(TyperCommand(name, help=one.help, hidden=one.is_hidden))

    def resolve_command(self, ctx: Any, args: list[str]) -> tuple[str | None, Any, list[str]]:  # noqa: ANN401 - likewise
        """Find the command that is meant, and load it."""
        name, _, rest = super().resolve_command(ctx, args)
        return name, loaded(name, self.table) if name else None, rest


def loaded(name: str, table: Mapping[str, Command] = COMMANDS) -> Any:  # noqa: ANN401 - a command of Typer's own Click, which it does not export
    """Load a command; `name` is one of the table."""
    module, _, attribute = table[name].place.partition(":")
    found = getattr(importlib.import_module(f"syncd.cli.{module}"), attribute)
    holder = typer.Typer()
    if isinstance(found, typer.Typer):
        holder.add_typer(found, name=name)
    else:
        holder.command(name, hidden=table[name].is_hidden)(found)
    return get_group(holder).commands[name]
