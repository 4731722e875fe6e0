"""db: the commands that keep the store in order."""

from collections.abc import Mapping

import typer

from syncd.cli.commands import Command, Commands

DATABASE_COMMANDS: Mapping[str, Command] = {
    "upgrade": Command("schema:upgrade_command", "Bring the store's schema to the version that this program knows."),
    "current": Command(
        "schema:current_command", "Say which version the store's schema has, and which one this program knows."
    ),
    "backup": Command(
        "backup:backup_command",
        "Copy the store as it is at this moment, while others may use it, to a file that only you read.",
    ),
    "rebind": Command(
        "rebinding:rebind_command",
        "Let the store belong to what configuration, directory and platform say now: the deliberate way after a move.",
    ),
    "rebuild": Command(
        "rebuilding:rebuild_command",
        "Make a new store in place of a lost one, from the platform and the directory; nothing is written there.",
    ),
}


class DatabaseCommands(Commands):
    """The commands below db."""

    table = DATABASE_COMMANDS


database = typer.Typer(
    cls=DatabaseCommands, help="The store's schema: upgrade it, or say which it is.", no_args_is_help=True
)
