"""approve, init, demo: the commands around the runs."""

import time
from pathlib import Path
from typing import Annotated

import msgspec
import typer

from syncd.app.approve import approve, revoke
from syncd.app.records import Approval
from syncd.cli.files import write_private
from syncd.cli.session import opened, who
from syncd.cli.source_answers import ask, source_answers
from syncd.cli.terminal import ConfigOption, JsonOption, note, print_json, print_text, spoken
from syncd.config.sample import sample
from syncd.config.source_types import SOURCE_TYPES
from syncd.errors import ConfigurationError
from syncd.report.run_form import iso


def approve_command(
    fingerprint: Annotated[str, typer.Argument(help="The fingerprint of a held plan.")] = "",
    config: ConfigOption = None,
    reason: Annotated[str, typer.Option("--reason", help="Why; kept with the approval.")] = "",
    list_: Annotated[bool, typer.Option("--list", help="Name the approvals that are open.")] = False,
    revoke_: Annotated[str, typer.Option("--revoke", metavar="FINGERPRINT", help="Take an approval back.")] = "",
    json: JsonOption = False,
) -> None:
    """Let the operations of a held plan pass at the next run.

    Examples: `syncd approve 3f2a9c0d1b7e4a55 --reason "new office"`, `syncd approve --list`
    """
    if sum((bool(fingerprint), list_, bool(revoke_))) != 1:
        raise ConfigurationError("approve wants one of: a fingerprint, --list, --revoke FINGERPRINT")
    with opened(config) as (loaded, store):
        now = time.time()
        if fingerprint:
            count = approve(store, Approval(fingerprint, (), who(), reason, now))
            message = spoken().say("approve.done", count=count, fingerprint=fingerprint)
        elif revoke_:
            count = revoke(store, revoke_)
            message = spoken().say("approve.revoked", count=count, fingerprint=revoke_)
        else:
            with store.reading() as work:
                found = work.approvals.all(now - loaded.settings.policy.approval_life)
            _list(found, json=json)
            return
    print_json({"operations": count}) if json else print_text(message + "\n")


def _list(found: tuple[Approval, ...], *, json: bool) -> None:
    if json:
        print_json([{**msgspec.structs.asdict(one), "at": iso(one.at)} for one in found])
        return
    words = spoken()
    lines = [
        words.say(
            "approve.line",
            fingerprint=one.fingerprint,
            count=len(one.operations),
            who=one.who,
            at=iso(one.at),
            reason=one.reason or words.say("approve.no_reason"),
        )
        for one in found
    ]
    print_text("\n".join(lines or [words.say("approve.none")]) + "\n")


def init_command(
    out: Annotated[Path, typer.Option("--out", help="The file to write.")] = Path("syncd.toml"),
    source: Annotated[str, typer.Option("--source", help="ldap, ldif, csv, sql or http")] = "",
    url: Annotated[list[str] | None, typer.Option("--url", help="ldap: a server; may be said again.")] = None,
    url_file: Annotated[str, typer.Option("--url-file", help="sql, http: the file with the URL, a secret")] = "",
    query: Annotated[str, typer.Option("--query", help="sql: the SELECT that gives people")] = "",
    path: Annotated[str, typer.Option("--path", help="ldif, csv: the file; http: below the URL")] = "",
    items: Annotated[str, typer.Option("--items", help="http: where an answer has the list, as /data/list")] = "",
    departments: Annotated[
        str, typer.Option("--departments", help="csv, sql, http: the file, SELECT or path of departments, if any")
    ] = "",
    key: Annotated[str, typer.Option("--key", help="csv, sql, http: the column with what never changes")] = "",
    base: Annotated[str, typer.Option("--base", help="ldap, ldif: where people and departments stand.")] = "",
    bind_dn: Annotated[str, typer.Option("--bind-dn", help="ldap: who reads; empty: anonymous")] = "",
    bind_password_file: Annotated[str, typer.Option("--bind-password-file", help="ldap: its password")] = "",
    platform_url: Annotated[str, typer.Option("--platform-url", help="Where the platform is.")] = "",
    appkey: Annotated[str, typer.Option("--appkey", help="From the platform's settings page.")] = "",
    appsecret_file: Annotated[str, typer.Option("--appsecret-file", help="The file with the appsecret.")] = "",
    json: JsonOption = False,
) -> None:
    """Write a commented configuration, after asking for what no flag says. It writes nothing to the platform yet.

    Example: `syncd init --source ldap --url ldaps://dc1.example.org --base dc=example,dc=org --appkey K`
    """
    if out.exists():
        raise ConfigurationError(f"{out} is there already; move it away, or write elsewhere with --out")
    words, types = spoken(), ", ".join(SOURCE_TYPES)
    kind = source or ask(words.say("init.source", types=types), "--source", "ldap")
    if kind not in SOURCE_TYPES:
        raise ConfigurationError(f"--source {kind} is not known; it is one of {types}")
    flags = {"url_file": url_file, "query": query, "path": path, "items": items, "departments": departments, "key": key}
    flags |= {"base": base, "bind_dn": bind_dn, "bind_password_file": bind_password_file}
    answers = source_answers(kind, flags, url or [])
    platform = {"url": platform_url} if platform_url else {}
    platform["appkey"] = appkey or ask(words.say("init.appkey"), "--appkey", "")
    question = words.say("init.appsecret_file")
    platform["appsecret_file"] = appsecret_file or ask(question, "--appsecret-file", "appsecret")
    write_private(out, sample(kind, {**answers, "platform": platform}).encode())
    if json:
        print_json({"configuration": str(out), "source": kind, "read_only": True})
    note(words.say("init.written", file=out))


def demo_command(
    folder: Annotated[Path | None, typer.Option("--folder", help="Work here, and leave everything for a look.")] = None,
    ldif: Annotated[bool, typer.Option("--ldif", help="Read an LDIF file even where slapd is there.")] = False,
) -> None:
    """Show the main job in a minute: a sandbox, a throwaway directory, the sample company, and a day of changes.

    Example: `syncd demo --folder /tmp/syncd-demo`
    """
    from syncd.cli.demo import show_demo  # noqa: PLC0415 - a server is no matter of the other commands

    show_demo(folder, ldif=ldif)
