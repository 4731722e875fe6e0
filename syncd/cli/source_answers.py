"""What `init` writes of a source: from flags, and from whoever is there to be asked."""

import sys
from collections.abc import Mapping
from typing import Any

import typer

from syncd.cli.terminal import spoken
from syncd.errors import ConfigurationError

Answers = dict[str, Any]


def source_answers(kind: str, flags: Mapping[str, str], urls: list[str]) -> Answers:
    """Give what `sample` takes, by table, for a type of source; raises `ConfigurationError` where nobody is there."""
    if kind in ("ldap", "ldif"):
        return {"source": _tree(kind, flags, urls)}
    return {"csv": _csv, "sql": _sql, "http": _http}[kind](flags)


def ask(question: str, flag: str, default: str) -> str:
    """Ask whoever sits there; raises `ConfigurationError` with the flag where nobody does."""
    if not sys.stdin.isatty():
        raise ConfigurationError(f"{flag} is missing, and there is nobody to ask")
    answer: str = typer.prompt(question, default=default or None)
    return answer


def _tree(kind: str, flags: Mapping[str, str], urls: list[str]) -> Answers:
    answers: Answers = {"type": kind}
    if kind == "ldap":
        answers["urls"] = urls or [ask(spoken().say("init.ldap_url"), "--url", "ldaps://dc1.example.org")]
        answers |= {name: flags[name] for name in ("bind_dn", "bind_password_file") if flags[name]}
    else:
        answers["path"] = flags["path"] or ask(spoken().say("init.ldif_path"), "--path", "company.ldif")
    answers["base"] = flags["base"] or ask(spoken().say("init.base"), "--base", "dc=example,dc=org")
    return answers


def _csv(flags: Mapping[str, str]) -> Answers:
    users = {"path": flags["path"] or ask(spoken().say("init.csv_path"), "--path", "people.csv")}
    return _table("csv", flags, {}, users, "path")


def _sql(flags: Mapping[str, str]) -> Answers:
    url = flags["url_file"] or ask(spoken().say("init.sql_url_file"), "--url-file", "hr-url")
    users = {"query": flags["query"] or ask(spoken().say("init.sql_query"), "--query", "SELECT * FROM people")}
    return _table("sql", flags, {"url_file": url}, users, "query")


def _http(flags: Mapping[str, str]) -> Answers:
    url = flags["url_file"] or ask(spoken().say("init.http_url_file"), "--url-file", "hr-url")
    users = {"path": flags["path"] or ask(spoken().say("init.http_path"), "--path", "/people")}
    items = {"items": flags["items"]} if flags["items"] else {}
    answers = _table("http", flags, {"url_file": url}, {**users, **items}, "path")
    if answers["departments"]:
        answers["departments"] |= items
    return answers


def _table(kind: str, flags: Mapping[str, str], source: Answers, users: Answers, place: str) -> Answers:
    """Answer with a mapping too: columns have no names that everybody knows, so these wait to be replaced."""
    column = flags["key"] or ask(spoken().say("init.key"), "--key", "id")
    fields = {name: name for name in ("account", "name", "phone", "email", "position")}
    departments = flags["departments"]
    return {
        "source": {"type": kind, **source, "key": column},
        "users": users,
        "departments": {place: departments, "key": "department"} if departments else {},
        "user": {**fields, "department": "department" if departments else "@path:department"},
        "department": {"name": "name", "parent": "parent"},
    }
