"""db: the commands that keep the store in order."""

import time
from pathlib import Path
from typing import Annotated

import typer

from syncd.cli.rebinding import rebind_command
from syncd.cli.rebuilding import rebuild_command
from syncd.cli.session import configured
from syncd.cli.terminal import ConfigOption, JsonOption, print_json, print_text, spoken
from syncd.shadow import schema
from syncd.shadow.backup import backup

database = typer.Typer(help="The store's schema: upgrade it, or say which it is.", no_args_is_help=True)


@database.command("upgrade")
def upgrade_command(config: ConfigOption = None, json: JsonOption = False) -> None:
    """Bring the store's schema to the version that this program knows.

    Example: `syncd db upgrade`, after a new version was installed
    """
    url = configured(config).settings.store.url.get_secret_value()
    schema.upgrade(url)
    found = schema.current(url)
    print_json(_versions(found)) if json else print_text(spoken().say("store.schema", schema=found) + "\n")


@database.command("current")
def current_command(config: ConfigOption = None, json: JsonOption = False) -> None:
    """Say which version the store's schema has, and which one this program knows.

    Example: `syncd db current --json | jq -r .schema`
    """
    found = schema.current(configured(config).settings.store.url.get_secret_value())
    words = spoken()
    told = words.say("store.schemas", schema=found or words.say("store.no_schema"), known=schema.head())
    print_json(_versions(found)) if json else print_text(told + "\n")


@database.command("backup")
def backup_command(
    config: ConfigOption = None,
    out: Annotated[Path | None, typer.Option("--out", help="The file to write; else one beside the store.")] = None,
    json: JsonOption = False,
) -> None:
    """Copy the store as it is at this moment, while others may use it, to a file that only you read.

    An SQLite copy is a store of its own: put it where store.url points. One of PostgreSQL is for pg_restore.

    Example: `syncd db backup --out /var/backups/syncd.db`
    """
    url = configured(config).settings.store.url.get_secret_value()
    stamp = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime())
    path = schema.sqlite_path(url)
    target = out or (path.with_name(f"{path.stem}-{stamp}{path.suffix}") if path else Path(f"syncd-{stamp}.dump"))
    backup(url, target)
    size = target.stat().st_size
    told = spoken().say("store.backup", file=target, bytes=size)
    print_json({"file": str(target), "bytes": size}) if json else print_text(told + "\n")


def _versions(found: str) -> dict[str, str | None]:
    return {"schema": found or None, "known": schema.head()}


database.command("rebind")(rebind_command)
database.command("rebuild")(rebuild_command)
