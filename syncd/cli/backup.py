"""db backup: a copy of the store."""

import time
from pathlib import Path
from typing import Annotated

import typer

from syncd.cli.session import configured
from syncd.cli.terminal import ConfigOption, JsonOption, print_json, print_text, spoken
from syncd.shadow import schema
from syncd.shadow.backup import backup


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
