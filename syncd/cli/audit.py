"""audit: what people decided, and whether the log of it is whole."""

import datetime as dt
from typing import Annotated
from zoneinfo import ZoneInfo

import msgspec
import typer

from syncd.app.auditing import Head, prove, records_since
from syncd.cli.session import opened
from syncd.cli.terminal import ConfigOption, JsonOption, leave, print_bytes, print_json, print_text, spoken
from syncd.errors import ConfigurationError
from syncd.report.audit import audit_form, audit_line, proof_form, proof_text

audit = typer.Typer(help="What people decided, and whether the log of it is whole.", no_args_is_help=True)


@audit.command("list")
def list_command(
    config: ConfigOption = None,
    since: Annotated[str, typer.Option("--since", metavar="TIME", help="A day or a time, as 2027-01-31T08:00.")] = "",
    json: JsonOption = False,
) -> None:
    """Who approved, kept, linked, reverted or changed the configuration, oldest first; as JSON an object a line.

    Examples: `syncd audit list --since 2027-01-31`, `syncd audit list --json | jq -r .action`
    """
    with opened(config) as (loaded, store):
        found = records_since(store, _moment(since, loaded.settings.schedule.timezone) if since else None)
    if json:
        print_bytes(b"".join(msgspec.json.encode(audit_form(one)) + b"\n" for one in found))
        return
    words = spoken()
    print_text("\n".join([audit_line(one, words) for one in found] or [words.say("audit.none")]) + "\n")


@audit.command("verify")
def verify_command(
    config: ConfigOption = None,
    head: Annotated[
        list[str] | None,
        typer.Option("--head", metavar="NUMBER:HASH", help="A head that was noted elsewhere; it must be in the log."),
    ] = None,
    json: JsonOption = False,
) -> None:
    """Prove that no record was changed, taken out or put in between; exit 1 names the first that does not fit.

    An end that was cut is seen where the head of then is known: keep what this prints somewhere else.

    Example: `syncd audit verify --head 17:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08`
    """
    heads = [Head.of(one) for one in head or ()]
    with opened(config) as (_, store):
        proof = prove(store, heads)
    print_json(proof_form(proof)) if json else print_text(proof_text(proof, spoken()) + "\n")
    leave(1 if proof.fault else 0)


def _moment(text: str, timezone: str) -> float:
    """Return a time as seconds since the epoch; one without a zone is of the configuration's."""
    try:
        found = dt.datetime.fromisoformat(text)
        return (found if found.tzinfo else found.replace(tzinfo=ZoneInfo(timezone))).timestamp()
    except (ValueError, OverflowError):
        raise ConfigurationError(f"--since {text} is no time; write it as 2027-01-31 or 2027-01-31T08:00") from None
