"""init: write a configuration."""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

import typer

from syncd.cli.files import write_private
from syncd.cli.questions import beside, optional, required, secret_file
from syncd.cli.source_answers import ACTIVE_DIRECTORY, source_answers, source_kind
from syncd.cli.terminal import JsonOption, note, print_json, spoken
from syncd.config.addresses import is_web
from syncd.config.sample import sample
from syncd.config.sections import Platform
from syncd.config.source_types import SOURCE_TYPES
from syncd.errors import ConfigurationError

NONE = frozenset({"-", "no", "none", "无", "不要"})
PLATFORM_URL: str = Platform.model_fields["url"].default


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
    handover: Annotated[
        str, typer.Option("--handover", help="The file that takes account and password of new users.")
    ] = "",
    store_url: Annotated[str, typer.Option("--store-url", help="The store; else syncd.db beside the file.")] = "",
    callback_token_file: Annotated[
        str, typer.Option("--callback-token-file", help="The file with the token of callbacks.")
    ] = "",
    callback_aes_key_file: Annotated[
        str, typer.Option("--callback-aes-key-file", help="The file with their aes_key.")
    ] = "",
    json: JsonOption = False,
) -> None:
    """Write a commented configuration, after asking for what no flag says. It writes nothing to the platform yet.

    Example: `syncd init --source ldap --url ldaps://dc1.example.org --base dc=example,dc=org --appkey K`
    """
    if out.exists():
        raise ConfigurationError(f"{out} is there already; move it away, or write elsewhere with --out")
    words, types = spoken(), ", ".join(SOURCE_TYPES)
    kind = required(source, words.say("init.source", types=types), "--source", "ldap", source_kind)
    flags = {"url_file": url_file, "query": query, "path": path, "items": items, "departments": departments, "key": key}
    flags |= {"base": base, "bind_dn": bind_dn, "bind_password_file": bind_password_file}
    answers = source_answers(kind, flags, url or [], out)
    flags = {"url": platform_url, "appkey": appkey, "appsecret_file": appsecret_file, "handover": handover}
    answers["platform"] = _platform(flags, out)
    answers["store"] = {"url": store_url} if store_url else {}
    callback = {"token_file": callback_token_file, "aes_key_file": callback_aes_key_file}
    answers["callback"] = {name: beside(file, out) for name, file in callback.items() if file}
    written = "ldap" if kind == ACTIVE_DIRECTORY else kind
    write_private(out, sample(written, answers).encode())
    if json:
        print_json({"configuration": str(out), "source": written, "read_only": True})
    note(words.say("init.written", file=out))
    if not answers["platform"].get("handover"):
        note(words.say("init.no_handover"))


def _platform(flags: Mapping[str, str], out: Path) -> dict[str, str]:
    words = spoken()
    url = optional(flags["url"], words.say("init.platform_url"), "--platform-url", PLATFORM_URL, _web_url)
    answers = {"url": url} if url and url != PLATFORM_URL else {}
    answers["appkey"] = required(flags["appkey"], words.say("init.appkey"), "--appkey")
    file = required(flags["appsecret_file"], words.say("init.appsecret_file"), "--appsecret-file", "appsecret")
    answers["appsecret_file"] = beside(file, out)
    secret_file(out.parent / answers["appsecret_file"], words.say("init.appsecret"))
    if handover := optional(flags["handover"], words.say("init.handover"), "--handover", "handover.csv", _unless_none):
        answers["handover"] = beside(handover, out)
    return answers


def _unless_none(text: str) -> str:
    return "" if text.lower() in NONE else text


def _web_url(text: str) -> str:
    if not is_web(text):
        raise ValueError(spoken().say("init.no_web_url", answer=text))
    return text
