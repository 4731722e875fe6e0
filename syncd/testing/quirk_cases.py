"""Platforms that behave otherwise: every quirk alone, and those that go together; printed as the tests take them.

`python -m syncd.testing.quirk_cases` prints a line for each case, in the form of SYNCD_TEST_QUIRKS.
"""

import sys
import typing
from collections.abc import Iterator, Mapping

import msgspec

from syncd.sandbox.quirks import Quirks

Case = Mapping[str, object]
ONE_BY_ONE: Mapping[str, list[object]] = {
    "token_dies_after": [0.3],
    "trimmed": [["account", "email", "name", "position"]],
    "lower_case": [["account"], ["email"], ["name"]],
    "digits_only": [["phone"]],
    "width_folded": [["name", "position"]],
    "bmp_only": [["name"], ["name", "position"]],
    "cut": [{"name": 4}, {"position": 10}, {"name": 6, "position": 5, "email": 22}],
    "empty_ignored": [["position"], ["email"], ["phone"], ["email", "phone", "position"]],
    "mail_code": [None, 71099],
}
TOGETHER: tuple[Case, ...] = (
    {
        "admin_field": "isAdmin",
        "event_admin_field": "admin",
        "first_is_admin": True,
        "root": "0",
        "empty_fields": "null",
        "extra_fields": True,
        "field_errors": "[]",
        "codes_as_text": True,
        "reasons": True,
        "numeric_ids": True,
        "echo": True,
        "ignores_ids": True,
        "one_token": True,
        "trimmed": ["name", "position"],
        "lower_case": ["account", "email"],
        "digits_only": ["phone"],
        "bmp_only": ["name"],
        "cut": {"position": 10},
        "department_names": "unique",
        "error_status": 400,
    },
    {
        "admin_field": "none",
        "event_admin_field": "none",
        "root": "missing",
        "empty_fields": "missing",
        "field_errors": "missing",
        "existing_id": "answered",
        "removed_ids": "refused",
        "list_seconds": False,
        "volatile_times": False,
        "width_folded": ["name", "position"],
        "empty_ignored": ["position"],
        "mail_code": None,
        "body": "json",
        "case_matters": True,
        "used_objects": "refused",
        "token_dies_after": 0.3,
    },
)


def alone() -> Iterator[Case]:
    """Give every value of every quirk but the usual one."""
    usual = Quirks()
    for field in msgspec.structs.fields(Quirks):
        for value in ONE_BY_ONE.get(field.name) or _values(field.type):
            if value != getattr(usual, field.name):
                yield {field.name: value}


def together() -> tuple[Case, ...]:
    """Give the quirks that go together, as many as can."""
    return TOGETHER


def as_text(case: Case) -> str:
    """Give a case as SYNCD_TEST_QUIRKS has it: `root=0;cut=name:4,position:10`."""
    return ";".join(f"{name}={_text(value)}" for name, value in case.items()) or "usual"


def from_text(text: str) -> dict[str, str]:
    """Give the quirks that a text names, each value as a command line has it."""
    return dict(one.partition("=")[::2] for one in text.split(";") if one)


def _text(value: object) -> str:
    if isinstance(value, list):
        return ",".join(value)
    if isinstance(value, dict):
        return ",".join(f"{name}:{limit}" for name, limit in value.items())
    return value if isinstance(value, str) else msgspec.json.encode(value).decode()


def _values(kind: object) -> list[object]:
    """Give the values of a quirk that has few."""
    inner = typing.get_args(kind)[0]
    values = [True, False] if inner is bool else list(typing.get_args(inner))
    if not values:
        raise NotImplementedError(f"a quirk with values such as {inner} needs cases of its own in ONE_BY_ONE")
    return values


if __name__ == "__main__":
    # Some of those tests let a call take seconds, and nobody could work with a token that ends before an answer comes.
    for one in (*alone(), *together()):
        longer = {"token_dies_after": 5.0} if "token_dies_after" in one else {}
        sys.stdout.write(as_text({**one, **longer}) + "\n")
