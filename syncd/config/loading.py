"""Finding, reading and checking a configuration; every mistake is one line."""

import difflib
import json
import re
import tomllib
from collections.abc import Iterator, Mapping, MutableMapping
from pathlib import Path
from typing import Any

import msgspec
from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from syncd.config.permissions import changeable
from syncd.config.placing import settled
from syncd.config.scope import fingerprint
from syncd.config.settings import Settings
from syncd.config.source_types import SOURCE_TYPES
from syncd.config.toml_lines import doubled, line_numbers, line_of
from syncd.errors import ConfigurationError

DECLARED = "Cannot "  # begins what the parser says of a table or key that is there already
UTF8 = "utf-8-sig"  # some editors put a byte order mark first
VARIABLE = "SYNCD_CONFIG"
PREFIX = "SYNCD_"
SYSTEM_WIDE = Path("/etc/syncd/syncd.toml")
SECRETS = frozenset({"bind_password", "appsecret", "token", "aes_key", "client_secret", "password", "url"})
FORMS = {"dict_type": "a table", "model_type": "a table", "tuple_type": "a list"}
"""What TOML calls the forms that the checker has Python's names for."""
HEADERS = "headers"
SHOWN = 60
SWITCHES = {"true": True, "yes": True, "on": True, "false": False, "no": False, "off": False}
UNREAD = "unread"  # a mistake is noted; the empty text would be a second one
Location = tuple[str, ...]
_OF_UNIONS = re.compile(r"(?:str|tuple\[.*|dict\[.*|literal\[.*)\Z")


class Loaded(msgspec.Struct, frozen=True):
    """A configuration that can be used, where it stands, and the fingerprint of what decides scope and values.

    `secrets` has the keys whose secrets stand in the file itself, `files` the files that have a secret of their own.
    """

    settings: Settings
    path: Path
    fingerprint: str
    secrets: tuple[str, ...] = ()
    files: tuple[Path, ...] = ()


def find(given: Path | None, environ: Mapping[str, str], folder: Path) -> Path:
    """Give the configuration's file: `--config`, SYNCD_CONFIG, `./syncd.toml`, `/etc/syncd/syncd.toml`."""
    named = given or (Path(environ[VARIABLE]) if environ.get(VARIABLE) else None)
    if named is not None:
        return folder / named
    places = (folder / "syncd.toml", SYSTEM_WIDE)
    for place in places:
        if _may_be_there(place):
            return place
    looked = " and ".join(str(place) for place in places)
    raise ConfigurationError(f"there is no configuration: looked for {looked}; make one with `syncd init`, or name it")


def _may_be_there(place: Path) -> bool:
    """Tell whether a file is there; one that may not be looked at is, and reading it says why it cannot be read."""
    try:
        return place.exists()
    except OSError:
        return True


def load(given: Path | None, environ: Mapping[str, str], folder: Path) -> Loaded:
    """Read and check a configuration; raises `ConfigurationError` with every mistake in it, one a line."""
    path = find(given, environ, folder)
    try:
        text = path.read_text(encoding=UTF8)
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8"
        raise ConfigurationError(f"{path}: the configuration cannot be read: {reason}") from error
    if why := changeable(path):
        raise ConfigurationError(f"{path}: others may change the configuration, so it is not trusted: {why}")
    try:
        raw = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        twice = _written_twice(text) if str(error).startswith(DECLARED) else ()
        said = [f"{path.name}:{line}: {one}" for line, one in twice]
        raise ConfigurationError(*(said or [f"{path}: this is not TOML: {error}"])) from error
    secrets = tuple(".".join(location) for location in _secrets(raw, ()))
    reading = _Reading(path, line_numbers(text))
    reading.overlay(raw, environ)
    reading.read_secrets(raw, ())
    settings = reading.checked(raw)
    return Loaded(settled(settings, path.parent, environ), path, fingerprint(settings), secrets, tuple(reading.files))


def _written_twice(text: str) -> Iterator[tuple[int, str]]:
    """Yield the line and what is to be said of each table or key that a text has twice."""
    for again in doubled(text):
        name = ".".join(again.path)
        if again.is_table:
            said = f"[{name}] stands in line {again.first} already; a table stands once: put its keys there"
        else:
            said = f"{name} stands in line {again.first} already; keep one of them"
        yield again.second, said


class _Reading:
    """One file being read, and the mistakes found in it."""

    def __init__(self, path: Path, lines: dict[Location, int]) -> None:
        self._path = path
        self._lines = lines
        self._variables: dict[Location, str] = {}
        self._mistakes: list[tuple[int, str]] = []
        self.files: list[Path] = []

    def overlay(self, raw: dict[str, Any], environ: Mapping[str, str]) -> None:
        """Lay what the environment says over the file: SYNCD_PLATFORM__APPSECRET is platform.appsecret."""
        for variable in sorted(environ):
            location = tuple(variable.removeprefix(PREFIX).lower().split("__"))
            if variable.startswith(PREFIX) and len(location) > 1:
                self._variables[location] = variable
                _put(raw, location, environ[variable] if _is_secret(location) else _structure(environ[variable]))
                twin = _twin(location)
                if twin is not None and twin not in self._variables:
                    _drop(raw, twin)

    def read_secrets(self, table: MutableMapping[str, Any], above: Location) -> None:
        """Put the content of each `x_file` in the place of secret `x`."""
        for name in list(table):
            location = (*above, name)
            bare = name.removesuffix("_file")
            if isinstance(table[name], dict):
                self.read_secrets(table[name], location)
            elif bare != name and _is_secret((*above, bare)) and location != ("platform", "url_file"):
                named = table.pop(name)
                if bare in table:
                    self._add(location, f"{bare} and {name} are both written; keep one")
                else:
                    table[bare] = self._content(location, named)

    def _content(self, location: Location, name: object) -> str:
        if not isinstance(name, str):
            self._add(location, f"found {name!r}; the name of a file is wanted")
            return UNREAD
        try:
            content = (self._path.parent / name).read_text(encoding=UTF8).strip("\r\n")
        except (OSError, ValueError) as error:
            reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8"
            self._add(location, f"the file {name} cannot be read: {reason}")
            return UNREAD
        if why := changeable(self._path.parent / name):
            self._add(location, f"others may change the file {name}, so it is not trusted: {why}")
            return UNREAD
        self.files.append(self._path.parent / name)
        if not content.strip():
            self._add(location, f"the file {name} is empty; the secret is wanted in it")
            return UNREAD
        return content

    def checked(self, raw: dict[str, Any]) -> Settings:
        """Check everything; raises `ConfigurationError` with all mistakes."""
        try:
            settings = Settings.model_validate(raw)
        except ValidationError as error:
            again = self._reread(raw, error)
            if again:
                return self.checked(raw)
            for alternatives in _by_union(error.errors()):
                self._explain(alternatives)
            settings = None
        if self._mistakes or settings is None:
            raise ConfigurationError(*(message for _, message in sorted(self._mistakes)))
        return settings

    def _reread(self, raw: dict[str, Any], error: ValidationError) -> bool:
        """Read values of the environment, which are all text, as TOML values where text is not what is wanted."""
        found = False
        for detail in error.errors():
            location = _location(detail)
            if location in self._variables and isinstance(detail["input"], str):
                value = _unquoted(detail["input"])
                if value != detail["input"]:
                    _put(raw, location, value)
                    found = True
        return found

    def _explain(self, alternatives: list[ErrorDetails]) -> None:
        """Note one mistake: what each of the forms that a value may have says of it."""
        detail, *_ = alternatives
        location = _location(detail)
        kind = detail["type"]
        if kind == "extra_forbidden":
            self._add(location, f"unknown key{_nearest(location, _source_type(detail))}")
        elif kind == "missing":
            secret = f" (or {location[-1]}_file)" if _is_secret(location) else ""
            self._add(location, f"is missing{secret}")
        elif kind in ("union_tag_invalid", "union_tag_not_found"):
            self._add((*location, "type"), f"found {_shown(detail)}; allowed: {', '.join(SOURCE_TYPES)}")
        elif kind == "value_error":
            self._add(location, str(detail["ctx"]["error"]))
        elif location[-1] == "[key]":
            self._add(location[:-1], "a source's name has only a to z, 0 to 9 and _")
        else:
            first, *more = (_wanted(one) for one in alternatives)
            wanted = ", or ".join((first, *(one.partition(": ")[2] for one in more)))
            self._add(location, f"found {_shown(detail)}; {wanted}")

    def _add(self, location: Location, message: str) -> None:
        variable = self._variable_of(location)
        line = line_of(location, self._lines)
        where = variable or f"{self._path.name}:{line}" if line or variable else self._path.name
        key = f"{'.'.join(location)}: " if location else ""
        mistake = (line, f"{where}: {key}{message}")
        if mistake not in self._mistakes:
            self._mistakes.append(mistake)

    def _variable_of(self, location: Location) -> str | None:
        """Give the variable that a key comes from, or something in it where the file has no such key."""
        below = (name for place, name in self._variables.items() if place[: len(location)] == location)
        return self._variables.get(location) or (None if location in self._lines else next(below, None))


def _by_union(details: list[ErrorDetails]) -> Iterator[list[ErrorDetails]]:
    """Yield what is wrong, a mistake at a time: a value that may be a text or a table is wrong once.

    What is wrong inside a value tells which form was meant, so that the other forms are not spoken of.
    """
    groups: dict[tuple[int | str, ...], list[ErrorDetails]] = {}
    for detail in details:
        steps = detail["loc"]
        depth = next((place for place, step in enumerate(steps) if _OF_UNIONS.match(str(step))), None)
        groups.setdefault(steps if depth is None else steps[:depth], []).append(detail)
    for steps, alternatives in groups.items():
        inside = [one for one in alternatives if len(one["loc"]) > len(steps) + 1 or one["type"] == "value_error"]
        if inside:
            yield from ([one] for one in inside)
        else:
            yield alternatives


def _location(detail: ErrorDetails) -> Location:
    """Give the key that a mistake is about, without the steps that only the checker knows."""
    steps: list[str] = []
    for step in detail["loc"]:
        if isinstance(step, int):
            break
        is_tag = len(steps) == 2 and steps[0] == "source" and step in SOURCE_TYPES
        if not is_tag and not _OF_UNIONS.match(step):
            steps.append(step)
    return tuple(steps)


def _source_type(detail: ErrorDetails) -> str:
    """Give the type of the source that a mistake is in."""
    return next((str(step) for step in detail["loc"][2:3] if step in SOURCE_TYPES), "ldap")


def _nearest(location: Location, source_type: str) -> str:
    known = list(_known_keys(location[:-1], source_type))
    near = difflib.get_close_matches(location[-1], known, 1, 0.5)
    return f'; did you mean "{near[0]}"?' if near else f"; allowed: {', '.join(known)}" if known else ""


def _known_keys(table: Location, source_type: str) -> Iterator[str]:
    """Give the keys that a table may have; inside a source they are those of its type."""
    model: Any = Settings
    for depth, name in enumerate(table):
        if depth == 1 and table[0] == "source":
            model = SOURCE_TYPES[source_type]
            continue
        field = model.model_fields.get(name)
        model = next((one for one in _models(field.annotation) if field), None) if field else None
        if model is None:
            return
    for name in model.model_fields:
        yield name
        if name in SECRETS and table != ("platform",):
            yield f"{name}_file"


def _models(annotation: Any) -> Iterator[Any]:  # noqa: ANN401 - any annotation
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for part in getattr(annotation, "__args__", ()):
        yield from _models(part)


def _shown(detail: ErrorDetails) -> str:
    """Show what was found, unless it may be a secret."""
    if any(isinstance(step, str) and step.removesuffix("_file") in {*SECRETS, HEADERS} for step in detail["loc"]):
        return "something else"
    value = detail["input"]
    if isinstance(value, dict):
        return str(value.get("type", "no type")) if "union_tag" in detail["type"] else "a table"
    shown = repr(value) if isinstance(value, str) else str(value).lower() if isinstance(value, bool) else str(value)
    return shown if len(shown) <= SHOWN else shown[: SHOWN - 1] + "…"


def _wanted(detail: ErrorDetails) -> str:
    if form := FORMS.get(detail["type"]):
        return f"wanted: {form}"
    context = detail.get("ctx", {})
    if "expected" in context and detail["type"] in ("literal_error", "enum"):
        return f"allowed: {context['expected']}"
    message = detail["msg"].removeprefix("Input should be ").removeprefix("Value error, ")
    return f"wanted: {message[:1].lower()}{message[1:]}"


def _unquoted(text: str) -> object:
    """Read a value of the environment as TOML, and a switch in any of the forms that people give it."""
    return _as_toml(text, SWITCHES.get(text.strip().lower(), text))


def _structure(text: str) -> object:
    """Read a list or table of the environment, written as JSON or TOML; any other text is meant as it stands."""
    if not text.lstrip().startswith(("[", "{")):
        return text
    try:
        return json.loads(text)
    except ValueError:
        return _as_toml(text, text)


def _as_toml(text: str, otherwise: object) -> object:
    try:
        return tomllib.loads(f"value = {text}")["value"]
    except tomllib.TOMLDecodeError:
        return otherwise


def _put(raw: dict[str, Any], location: Location, value: object) -> None:
    table = raw
    for name in location[:-1]:
        table = table.setdefault(name, {})
        if not isinstance(table, dict):
            return
    table[location[-1]] = value


def _twin(location: Location) -> Location | None:
    """Give `x_file` for a secret `x`, and the other way round: the environment replaces either."""
    name = location[-1]
    bare = (*location[:-1], name.removesuffix("_file"))
    if bare != location:
        return bare if _is_secret(bare) else None
    return (*location[:-1], f"{name}_file") if _is_secret(location) else None


def _is_secret(location: Location) -> bool:
    """Tell whether a key has a secret: by its name, or as one of a source's `headers`."""
    return location[-1] in SECRETS or location[-2:-1] == (HEADERS,)


def _secrets(table: Mapping[str, Any], above: Location) -> Iterator[Location]:
    """Yield the keys whose secrets stand in the file; of a URL only one that may have a password or a token in it."""
    for name, value in table.items():
        location = (*above, name)
        if isinstance(value, dict):
            yield from _secrets(value, location)
        elif _is_secret(location) and isinstance(value, str) and value and (name != "url" or _has_secret(value)):
            yield location


def _has_secret(url: str) -> bool:
    """Whether a URL may have a password or a token in it."""
    return bool(re.search("[@?]", url))


def _drop(raw: dict[str, Any], location: Location) -> None:
    table: Any = raw
    for name in location[:-1]:
        table = table.get(name, {}) if isinstance(table, dict) else {}
    if isinstance(table, dict):
        table.pop(location[-1], None)
