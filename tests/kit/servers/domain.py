"""A company as Active Directory holds it, for tests: every special character, 2,500 people, groups in groups."""

import base64
from collections.abc import Iterable, Mapping

from ldap3.utils.dn import escape_rdn

from syncd.testing.sample import ldif_text
from tests.kit.servers.samba import SUFFIX

COMPANY = f"OU=Company,{SUFFIX}"
STRANGE = f"OU=Strange,{COMPANY}"
MANY = f"OU=Many,{COMPANY}"
GROUPS = f"OU=Groups,{SUFFIX}"
CHILD = f"DC=child,{SUFFIX}"
READER = f"CN=syncd reader,CN=Users,{SUFFIX}"
READER_UPN = "reader@ad.example.com"
READER_PASSWORD = "Read-only-1"
COUNT = 2500
NAMES = (
    "Smith, John",
    "C++ team",
    'the "best"',
    "back\\slash",
    "#1",
    " in front",
    "a=b",
    "in/out",
    "<angle>",
    "semi;colon",
    "star*(x)",
    "张伟",
    "🙂 smile",
)
NEVER, PAST, FUTURE = 0x7FFFFFFFFFFFFFFF, 131_000_000_000_000_000, 200_000_000_000_000_000
# By number of a person in MANY: the state of the account.
STATES: Mapping[int, Mapping[str, str]] = {
    10: {"userAccountControl": "514"},
    11: {"accountExpires": str(PAST)},
    12: {"accountExpires": "0"},
    13: {"accountExpires": str(NEVER)},
    14: {"accountExpires": str(FUTURE)},
    15: {"userAccountControl": "66048"},  # the password never expires
}
DISABLED = (10, 11)
PHOTO = b"\xff\xd8\xff\xe0" + bytes(range(256)) * 3
# A GUID whose bytes happen to be text.
TEXT_GUID, TEXT_GUID_KEY = "abcdefghijklmnop", "64636261-6665-6867-696a-6b6c6d6e6f70"


def many(number: int) -> str:
    """Give the DN of a person of MANY."""
    return f"CN=u{number},{MANY}"


def strange(name: str) -> str:
    """Give the DN of the person in the department of a strange name, who has the same name."""
    return f"CN={escape_rdn(name)},{strange_unit(name)}"


def strange_unit(name: str) -> str:
    """Give the DN of the department of a strange name."""
    return f"OU={escape_rdn(name)},{STRANGE}"


def group(name: str) -> str:
    """Give the DN of a group."""
    return f"CN={escape_rdn(name)},{GROUPS}"


def domain_ldif() -> bytes:
    """Give all of it as LDIF."""
    return (
        ldif_text([*_units(), *_people(), *_groups()]).removeprefix(b"version: 1\n")
        + _photo()
        + _reader()
        + _memberships()
    )


OUTER = 'all 全体, "of" (us)* \\ 1'
MEMBERS: Mapping[str, tuple[str, ...]] = {
    OUTER: (group("middle"), many(0)),
    "middle": (group("inner"), many(1), strange("Smith, John")),
    "inner": (group("middle"), many(2), strange("star*(x)")),
    "big": tuple(map(many, range(2000))),
}
INSIDE = (many(0), many(1), many(2), strange("Smith, John"), strange("star*(x)"))
Entry = tuple[str, Mapping[str, Iterable[str]]]


def _units() -> Iterable[Entry]:
    for dn in (COMPANY, STRANGE, MANY, GROUPS, *map(strange_unit, NAMES)):
        yield dn, {"objectClass": ("organizationalUnit",)}


def _people() -> Iterable[Entry]:
    for number, name in enumerate(NAMES):
        yield _person(strange(name), f"strange{number}", displayName=name)
    yield _person(f"CN=guid,{STRANGE}", "guid", objectGUID=TEXT_GUID)
    for number in range(COUNT):
        yield _person(many(number), f"u{number:05}", mobile=f"139{number:08}", **STATES.get(number, {}))


def _person(dn: str, account: str, **values: str) -> Entry:
    usual = {"sAMAccountName": account, "userPrincipalName": f"{account}@ad.example.com", "userAccountControl": "512"}
    return dn, {"objectClass": ("user",), **{name: (value,) for name, value in {**usual, **values}.items()}}


def _groups() -> Iterable[Entry]:
    """Give a ring of two groups inside one with a strange name, and a group of 2,000."""
    for name in MEMBERS:
        yield group(name), {"objectClass": ("group",), "sAMAccountName": (f"group {name[:3]}",)}


def _memberships() -> bytes:
    """Give what makes members of people and groups, once all of them are there."""
    changes = (
        f"\ndn:: {_base64(group(name))}\nchangetype: modify\nadd: member\n"
        + "".join(f"member:: {_base64(one)}\n" for one in members)
        for name, members in MEMBERS.items()
    )
    return "".join(changes).encode()


def _photo() -> bytes:
    value = base64.b64encode(PHOTO).decode()
    return f"\ndn: CN=photo,{STRANGE}\nobjectClass: user\nsAMAccountName: photo\nthumbnailPhoto:: {value}\n".encode()


def _base64(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


def _reader() -> bytes:
    password = base64.b64encode(f'"{READER_PASSWORD}"'.encode("utf-16-le")).decode()
    return (
        f"\ndn: {READER}\nobjectClass: user\nsAMAccountName: reader\nuserPrincipalName: {READER_UPN}\n"
        f"userAccountControl: 512\nunicodePwd:: {password}\n"
    ).encode()
