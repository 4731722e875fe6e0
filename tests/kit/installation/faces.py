"""Pictures of people in a directory, and their faces on the platform."""

from collections.abc import Mapping
from functools import cache

from ldap3 import MODIFY_REPLACE

from syncd.testing.company import Company
from syncd.testing.likenesses import likeness, pictured
from syncd.testing.slapd import Slapd
from tests.kit.installation.site import Site

drawn = cache(likeness)


def accounts(company: Company) -> list[str]:
    """Return everybody's account, in order."""
    return sorted(person.account for person in company.people.values())


def employ_with_pictures(site: Site, company: Company, pictures: Mapping[str, bytes]) -> None:
    """Write a directory with a company and these pictures, by account."""
    (site.folder / "company.ldif").write_bytes(pictured(company.ldif(), pictures))


def change_picture(server: Slapd, account: str, content: bytes | None) -> None:
    """Put another picture, or none, into the entry of a directory server."""
    with server.connection() as connection:
        connection.search("dc=example,dc=com", f"(uid={account})", attributes=["1.1"])
        name = connection.entries[0].entry_dn
        connection.modify(name, {"jpegPhoto": [(MODIFY_REPLACE, [content] if content else [])]})  # type: ignore[no-untyped-call]


def faces(site: Site) -> dict[str, str]:
    """Return the hash of the face of everybody who has one on the platform, by account."""
    state = site.sandbox.company.state
    users = list(state.users.values())
    return {user["account"]: state.faces[user["id"]] for user in users if user["id"] in state.faces}


def face_calls(site: Site) -> int:
    """Count the calls that were about faces."""
    return sum(call[0].endswith("Face") for call in site.sandbox.calls)
