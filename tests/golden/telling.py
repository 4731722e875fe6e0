"""A story: commands and changes one after the other, told as text in which nothing varies from run to run."""

import json
import re
from collections.abc import Mapping
from pathlib import Path

import msgspec

from syncd.testing.company import Company, Person
from tests.kit.installation.site import SOURCE, Site

VARYING = (
    (re.compile(r"http://127\.0\.0\.1:\d+"), "URL"),
    (re.compile(r"\d{8}T\d{6}Z-[0-9a-f]+"), "RUN"),
    (re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:\d\d)?"), "MOMENT"),
    (re.compile(r"\d{4}-\d\d-\d\d"), "DAY"),
    (re.compile(r"\b\d+(\.\d+)? ?(ms|s|seconds|秒|毫秒)(?![a-z])"), "DURATION"),
    (re.compile(r"\b\d+(\.\d+)?/s"), "RATE"),
    (re.compile(r"(\d+(\.\d+)?) (KiB|MiB)"), "SIZE"),
    (re.compile(r'"(pid|oldest_seconds|time_stamp|received_at|seconds)": ?[\d.]+'), r'"\1": NUMBER'),
    (re.compile(r"by \w+@[\w.-]+"), "by WHO"),
    (re.compile(r'"(who|user|host|started_by|login_user|person)": ?"[^"]*"'), r'"\1": "WHO"'),
    (re.compile(r'"uid": ?-?\d+'), '"uid": NUMBER'),
    (re.compile(r"\"wait_seconds\": [\d.]+"), '"wait_seconds": NUMBER'),
)
LAST, FINGERPRINT = "{last run}", "{fingerprint}"


class Story:
    """One installation whose story is told; `lines` is what was told so far."""

    def __init__(self, site: Site, company: Company) -> None:
        self.site, self.company = site, company
        self.lines: list[str] = []
        self._calls = 0
        site.employ(company)

    def configure(self, tail: str = "", source: str = SOURCE, platform: str = "") -> None:
        """Write the configuration, with limits that hold nothing unless it says others."""
        self.site.configure(source, tail, platform)
        self._tell("configuration", [line for line in (*tail.splitlines(), *platform.splitlines()) if line])

    def employ(self, company: Company, what: str) -> None:
        """Let the directory hold this company."""
        self.company = company
        self.site.employ(company)
        self._tell(f"directory: {what}", [])

    def edit(self, what: str, call: str, **arguments: object) -> None:
        """Let somebody make a call on the platform by hand."""
        answer = self.site.sandbox.company.calls[call](dict(arguments))
        self._calls = len(self.site.sandbox.calls)
        self._tell(f"platform: {what}", [f"{call} {sorted(arguments)}" if answer is not None else call])

    def run(self, *arguments: str, **environ: str) -> str:
        """Run a command and tell how it ended, what it wrote, and what it called; return its output."""
        words = [self._meant(word) for word in arguments]
        result = self.site.run(*words, **environ)
        said = [f"exit {result.code}", *_marked("out", result.out), *_marked("err", result.err), *self._called()]
        self._tell(f"$ syncd {' '.join(arguments)}", said)
        return result.out

    def settle(self) -> None:
        """Approve and carry out whatever is planned."""
        self.run("reconcile", "--approve", FINGERPRINT)

    def id_of(self, account: str) -> str:
        """Return the id of a user on the platform."""
        users = dict(self.site.sandbox.company.state.users)
        return next(key for key, user in users.items() if user["account"] == account)

    def _meant(self, word: str) -> str:
        if word == FINGERPRINT:
            return self.site.fingerprint()
        if word == LAST:
            return str(self.site.run("history", "--json").json[0]["run"])
        return word

    def _called(self) -> list[str]:
        """Tell the calls since the last time, in order of their text: some of them are made at once."""
        calls = self.site.sandbox.calls[self._calls :]
        self._calls = len(self.site.sandbox.calls)
        return sorted(f"call {path} {_shown(arguments)} {code}" for path, arguments, code in calls)

    def _tell(self, head: str, lines: list[str]) -> None:
        folder = str(self.site.folder)
        found = (
            "\n".join((f"## {head}", *lines)).replace(folder, "FOLDER").replace(folder.replace("_", "\\_"), "FOLDER")
        )
        for pattern, name in VARYING:
            found = pattern.sub(name, found)
        self.lines += [*found.splitlines(), ""]


def _marked(name: str, text: str) -> list[str]:
    return [f"{name} {line}".rstrip() for line in text.splitlines()]


def _shown(arguments: object) -> str:
    if not isinstance(arguments, Mapping):
        return str(arguments)
    shown = {key: "PASSWORD" if key == "password" else value for key, value in arguments.items()}
    return json.dumps(shown, ensure_ascii=False, sort_keys=True)


def without(company: Company, *keys: str) -> Company:
    """Return a company without these people."""
    return msgspec.structs.replace(company, people={k: v for k, v in company.people.items() if k not in keys})


def changed(company: Company, key: str, **fields: str) -> Company:
    """Return a company in which somebody has other values."""
    return with_person(company, key, msgspec.structs.replace(company.people[key], **fields))


def with_person(company: Company, key: str, person: Person) -> Company:
    """Return a company with somebody more, or somebody else for a key."""
    return msgspec.structs.replace(company, people={**company.people, key: person})


def difference(told: str, kept: str) -> str:
    """Return what differs between a story and how it was kept."""
    import difflib  # noqa: PLC0415 - only where they differ

    return "\n".join(difflib.unified_diff(kept.splitlines(), told.splitlines(), "kept", "told", lineterm="", n=2))


DATA = Path(__file__).with_name("data")
