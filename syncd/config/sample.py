"""The commented configuration that `syncd init` writes, and the JSON Schema, both made of the declarations."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from syncd.config.mapping_settings import DepartmentMapping, UserMapping
from syncd.config.sections import (
    Admin,
    Adopt,
    Callback,
    Limits,
    Listener,
    Log,
    Notify,
    Platform,
    Policy,
    Retention,
    Schedule,
    Store,
)
from syncd.config.settings import Settings
from syncd.config.source_settings import CsvFile, DepartmentChoice, UserChoice
from syncd.config.source_types import SOURCE_TYPES
from syncd.config.table_settings import HttpList, SqlQuery
from syncd.config.values import DURATIONS, shown_size

TABLES: Mapping[str, tuple[type[BaseModel], type[BaseModel]]] = {
    "ldap": (UserChoice, DepartmentChoice),
    "ldif": (UserChoice, DepartmentChoice),
    "csv": (CsvFile, CsvFile),
    "sql": (SqlQuery, SqlQuery),
    "http": (HttpList, HttpList),
}
COLUMN = 56
Answers = Mapping[str, Any]


def json_schema() -> dict[str, Any]:
    """Give the JSON Schema of the configuration."""
    return Settings.model_json_schema()


def sample(kind: str, answers: Mapping[str, Answers]) -> str:
    """Give a commented configuration with one source of a kind.

    `answers` has the values to write, by table (`source`, `users`, `departments`, `user`, `department`, `platform`,
    `policy`, `limits`, `log`) and key; what has no answer stands there as a comment with its default. A table that has
    required keys and no answers is a comment too.
    """
    name = kind
    users, departments = TABLES[kind]
    tables: list[tuple[str, type[BaseModel], str]] = [
        (f"source.{name}", SOURCE_TYPES[kind], "source"),
        (f"source.{name}.users", users, "users"),
        (f"source.{name}.departments", departments, "departments"),
        ("mapping.user", UserMapping, "user"),
        ("mapping.department", DepartmentMapping, "department"),
        ("platform", Platform, "platform"),
        ("platform.callback", Callback, "callback"),
        ("store", Store, "store"),
        ("adopt", Adopt, "adopt"),
        ("policy", Policy, "policy"),
        ("limits", Limits, "limits"),
        ("listener", Listener, "listener"),
        ("admin", Admin, "admin"),
        ("schedule", Schedule, "schedule"),
        ("notify", Notify, "notify"),
        ("retention", Retention, "retention"),
        ("log", Log, "log"),
    ]
    text = [_HEAD]
    for path, model, table in tables:
        own = {**_FIXED.get(table, {}), **answers.get(table, {})}
        is_open = table == "departments" and not own and _has_required(model)
        text.append(f"\n# [{path}]" if is_open else f"\n[{path}]")
        text += _lines(model, own)
    return "\n".join([*text, ""])


_HEAD = """# syncd: a company's directory kept equal on the meeting platform.
# A key that begins with # has its default. Secrets can stand in files: bind_password_file, url_file, appsecret_file.
# While platform.read_only is true nothing is ever written; look at `syncd plan`, then set it to false."""
_FIXED: Mapping[str, Answers] = {"platform": {"read_only": True}}


def _lines(model: type[BaseModel], answers: Answers) -> Iterator[str]:
    for name, field in sorted(model.model_fields.items(), key=lambda pair: pair[0] != "type"):
        if name in answers or f"{name}_file" in answers:
            written = name if name in answers else f"{name}_file"
            yield _with_comment(f"{written} = {_toml(answers[written])}", field)
        elif not _is_table(field) and name != "role":
            yield _with_comment(f"# {name} = {_toml(_shown(name, field))}", field)


def _shown(name: str, field: FieldInfo) -> object:
    """Give what stands in a comment: the default, or what a table that may be left out looks like."""
    default = "" if field.is_required() else field.get_default(call_default_factory=True)
    if default is None:
        return {
            key: "…" for one in getattr(field.annotation, "__args__", ()) for key in getattr(one, "model_fields", ())
        }
    if name == "max_body" and isinstance(default, int):
        return shown_size(default)
    is_duration = any(getattr(one, "func", None) in DURATIONS for one in field.metadata)
    return _duration(int(default)) if is_duration else _plain(default)


def _has_required(model: type[BaseModel]) -> bool:
    """Tell whether a table without answers would be a mistake."""
    return any(field.is_required() for field in model.model_fields.values())


def _with_comment(pair: str, field: FieldInfo) -> str:
    return f"{pair:<{COLUMN}} # {field.description}" if field.description else pair


def _is_table(field: FieldInfo) -> bool:
    if field.is_required():
        return isinstance(field.annotation, type) and issubclass(field.annotation, BaseModel)
    default = field.get_default(call_default_factory=True)
    is_model = isinstance(default, BaseModel) and type(default).__name__ != "Limit"
    return is_model or (default is None and field.description is None)


def _plain(value: object) -> object:
    if isinstance(value, BaseModel):
        return {name: one for name, one in value.model_dump().items() if one not in (None, 0)}
    return value if isinstance(value, bool | int | float | str | tuple | list | dict) else ""


def _duration(seconds: int) -> str:
    for unit, size in (("d", 86400), ("h", 3600), ("m", 60)):
        if seconds % size == 0:
            return f"{seconds // size}{unit}"
    return f"{seconds}s"


def _toml(value: object) -> str:
    if isinstance(value, dict):
        return "{" + ", ".join(f"{name} = {_toml(one)}" for name, one in value.items()) + "}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(_toml(one) for one in value) + "]"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return json.dumps(value, ensure_ascii=False)
