"""What `init` writes of a source: from flags, and from whoever is there to be asked."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from syncd.cli.questions import beside, optional, required, secret_file
from syncd.cli.terminal import spoken
from syncd.config.addresses import is_server
from syncd.config.source_types import SOURCE_TYPES
from syncd.errors import SourceBroken
from syncd.model import dn

Answers = dict[str, Any]
ACTIVE_DIRECTORY = "active directory"
KINDS: Mapping[str, str] = {
    **{kind: kind for kind in SOURCE_TYPES},
    **dict.fromkeys(("openldap", "389", "389-ds", "389ds", "directory", "ldaps"), "ldap"),
    **dict.fromkeys(("ad", ACTIVE_DIRECTORY, "active-directory", "activedirectory", "windows"), ACTIVE_DIRECTORY),
    **dict.fromkeys(("excel", "xlsx", "spreadsheet", "table"), "csv"),
    **dict.fromkeys(("database", "db", "postgresql", "postgres", "mysql", "mariadb", "sqlite", "oracle"), "sql"),
    **dict.fromkeys(("https", "rest", "api", "web"), "http"),
}
"""What people call a type of source, in lower case, and the type that it is."""
OF_ACTIVE_DIRECTORY: Mapping[str, Answers] = {
    "users": {"filter": "(&(objectCategory=person)(objectClass=user))"},
    "user": {"account": "sAMAccountName", "phone": ["mobile", "telephoneNumber"]},
}
BIND_PASSWORD = "bind_password"  # noqa: S105 - the name of a file


def source_kind(text: str) -> str:
    """Return the type of source that a word means; raises `ValueError` where it means none."""
    found = KINDS.get(" ".join(text.lower().split()))
    if found is None:
        raise ValueError(spoken().say("init.no_kind", answer=text, types=", ".join(SOURCE_TYPES)))
    return found


def source_answers(kind: str, flags: Mapping[str, str], urls: list[str], out: Path) -> Answers:
    """Return what `sample` takes, by table, for a type of source; files are named as the configuration `out` has to.

    Raises `ConfigurationError` where nobody is there to ask, or a flag cannot be used.
    """
    if kind in ("ldap", ACTIVE_DIRECTORY):
        more = OF_ACTIVE_DIRECTORY if kind == ACTIVE_DIRECTORY else {}
        return {"source": _server(flags, urls, out), **more}
    if kind == "ldif":
        path = required(flags["path"], spoken().say("init.ldif_path"), "--path", "company.ldif")
        return {"source": {"type": kind, "path": beside(path, out), "base": _base(flags)}}
    return {"csv": _csv, "sql": _sql, "http": _http}[kind](flags, out)


def _server(flags: Mapping[str, str], urls: list[str], out: Path) -> Answers:
    words = spoken()
    asked = urls or [""]
    question = words.say("init.ldap_url")
    answers: Answers = {
        "type": "ldap",
        "urls": [required(url, question, "--url", "ldaps://dc1.example.org", _server_url) for url in asked],
    }
    answers["base"] = _base(flags)
    if reader := optional(flags["bind_dn"], words.say("init.bind_dn"), "--bind-dn", "", _reader):
        answers["bind_dn"] = reader
        file = beside(flags["bind_password_file"], out) or BIND_PASSWORD
        answers["bind_password_file"] = file
        secret_file(out.parent / file, words.say("init.bind_password", who=reader))
    elif flags["bind_password_file"]:
        answers["bind_password_file"] = beside(flags["bind_password_file"], out)
    return answers


def _base(flags: Mapping[str, str]) -> str:
    return required(flags["base"], spoken().say("init.base"), "--base", "dc=example,dc=org", _dn)


def _server_url(text: str) -> str:
    if not is_server(text):
        raise ValueError(spoken().say("init.no_server_url", answer=text))
    return text


def _dn(text: str) -> str:
    try:
        dn.parse(text)
    except SourceBroken as error:
        raise ValueError(spoken().say("init.no_dn", answer=text, why=error)) from None
    return text


def _reader(text: str) -> str:
    """Take a DN, or another name that Active Directory takes for a simple bind (MS-ADTS, 5.1.1.1.1)."""
    return text if "@" in text or "\\" in text else _dn(text)


def _csv(flags: Mapping[str, str], out: Path) -> Answers:
    path = required(flags["path"], spoken().say("init.csv_path"), "--path", "people.csv")
    departments = beside(flags["departments"], out)
    return _table("csv", {**flags, "departments": departments}, {}, {"path": beside(path, out)}, "path")


def _sql(flags: Mapping[str, str], out: Path) -> Answers:
    url = required(flags["url_file"], spoken().say("init.sql_url_file"), "--url-file", "hr-url")
    query = required(flags["query"], spoken().say("init.sql_query"), "--query", "SELECT * FROM people")
    return _table("sql", flags, {"url_file": beside(url, out)}, {"query": query}, "query")


def _http(flags: Mapping[str, str], out: Path) -> Answers:
    url = required(flags["url_file"], spoken().say("init.http_url_file"), "--url-file", "hr-url")
    users = {"path": required(flags["path"], spoken().say("init.http_path"), "--path", "/people")}
    items = {"items": flags["items"]} if flags["items"] else {}
    answers = _table("http", flags, {"url_file": beside(url, out)}, {**users, **items}, "path")
    if answers["departments"]:
        answers["departments"] |= items
    return answers


def _table(kind: str, flags: Mapping[str, str], source: Answers, users: Answers, place: str) -> Answers:
    """Answer with a mapping too: columns have no names that everybody knows, so these wait to be replaced."""
    column = required(flags["key"], spoken().say("init.key"), "--key", "id")
    fields = {name: name for name in ("account", "name", "phone", "email", "position")}
    departments = flags["departments"]
    return {
        "source": {"type": kind, **source, "key": column},
        "users": users,
        "departments": {place: departments, "key": "department"} if departments else {},
        "user": {**fields, "department": "department" if departments else "@path:department"},
        "department": {"name": "name", "parent": "parent"},
    }
