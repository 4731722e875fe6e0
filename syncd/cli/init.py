"""init: write a configuration."""

from pathlib import Path
from typing import Annotated

import typer

from syncd.cli.files import write_private
from syncd.cli.source_answers import ask, source_answers
from syncd.cli.terminal import JsonOption, note, print_json, spoken
from syncd.config.sample import sample
from syncd.config.source_types import SOURCE_TYPES
from syncd.errors import ConfigurationError


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
