"""A sample company, and a day of changes in it, for the demo and for tests.

64 people with Chinese and Latin names in 16 departments on three levels; every entry has its entryUUID.
"""

import base64
import importlib.resources
from collections.abc import Iterable, Mapping
from pathlib import Path

from ldap3 import MODIFY_REPLACE, Connection

from syncd.directory.ldif import Record, records
from syncd.report.messages import Words

SUFFIX = "dc=example,dc=com"
PEOPLE = f"ou=people,{SUFFIX}"
FORMER_NAME, NEW_NAME = "质量组", "质量保证组"
PARENT = f"ou=研发中心,{PEOPLE}"
JOINER = "eva.lindqvist"
JOINER_UUID = "0b9fd2c4-70f4-4c0a-9a6c-5f0f2f6f9e11"


def sample_ldif() -> bytes:
    """Give the sample company as LDIF."""
    return importlib.resources.files("syncd.testing").joinpath("sample.ldif").read_bytes()


def people(content: bytes) -> list[Record]:
    """Give the people of an LDIF text who have a phone, in its order."""
    return [one for one in records(content, "sample.ldif") if "uid" in one.attributes and "mobile" in one.attributes]


class Day:
    """One day: a joiner, a leaver, a mover, a renamed department, and two people who swap phones."""

    def __init__(self, content: bytes) -> None:
        phoned = people(content)
        self.leaver, self.mover, self.one, self.other = phoned[3], phoned[7], phoned[11], phoned[12]
        self.home = f"ou=财务部,{PEOPLE}"
        self.joiner: Mapping[str, tuple[str, ...]] = {
            "objectclass": ("inetOrgPerson",),
            "uid": (JOINER,),
            "cn": ("Eva Lindqvist",),
            "sn": ("Lindqvist",),
            "givenname": ("Eva",),
            "displayname": ("Eva Lindqvist",),
            "mail": (f"{JOINER}@example.com",),
        }

    def sentences(self, words: Words) -> list[str]:
        """Say what happens."""
        return [
            words.say("day.joins", who="Eva Lindqvist", place="财务部"),
            words.say("day.leaves", who=_name(self.leaver)),
            words.say("day.moves", who=_name(self.mover), place="财务部"),
            words.say("day.renamed", former=FORMER_NAME, name=NEW_NAME),
            words.say("day.swap", one=_name(self.one), other=_name(self.other)),
        ]

    def on_server(self, connection: Connection) -> None:
        """Make the changes on a directory server; the connection must raise its errors."""
        attributes = {name: list(values) for name, values in self.joiner.items()}
        connection.add(f"uid={JOINER},{self.home}", attributes=attributes)  # type: ignore[no-untyped-call]
        connection.delete(self.leaver.dn)  # type: ignore[no-untyped-call]
        connection.modify_dn(self.mover.dn, self.mover.dn.split(",", 1)[0], new_superior=self.home)
        for person, phone in ((self.one, _phone(self.other)), (self.other, _phone(self.one))):
            connection.modify(person.dn, {"mobile": [(MODIFY_REPLACE, [phone])]})  # type: ignore[no-untyped-call]
        connection.modify_dn(f"ou={FORMER_NAME},{PARENT}", f"ou={NEW_NAME}")

    def in_file(self, path: Path, content: bytes) -> None:
        """Write the company as it is after the day."""
        phones = {self.one.dn: _phone(self.other), self.other.dn: _phone(self.one)}
        former, new = f"ou={FORMER_NAME},{PARENT}", f"ou={NEW_NAME},{PARENT}"
        entries = [(f"uid={JOINER},{self.home}", {**self.joiner, "entryuuid": (JOINER_UUID,)})]
        for record in records(content, path.name):
            if record.dn == self.leaver.dn:
                continue
            dn = f"{self.mover.dn.split(',', 1)[0]},{self.home}" if record.dn == self.mover.dn else record.dn
            attributes = {name: tuple(map(str, values)) for name, values in record.attributes.items()}
            if record.dn in phones:
                attributes["mobile"] = (phones[record.dn],)
            if record.dn == former:
                attributes["ou"] = (NEW_NAME,)
            entries.append((new.join(dn.rsplit(former, 1)) if dn.endswith(former) else dn, attributes))
        path.write_bytes(ldif_text(entries))


def ldif_text(entries: Iterable[tuple[str, Mapping[str, Iterable[str]]]]) -> bytes:
    """Give entries as LDIF (RFC 2849), every value that is not plain ASCII in base64."""
    lines = ["version: 1"]
    for dn, attributes in entries:
        lines += ["", _line("dn", dn)]
        lines += [_line(name, value) for name, values in attributes.items() for value in values]
    return ("\n".join(lines) + "\n").encode()


def _line(name: str, value: str) -> str:
    is_plain = value.isascii() and value.isprintable() and value[:1] not in (" ", ":", "<") and not value.endswith(" ")
    return f"{name}: {value}" if is_plain else f"{name}:: {base64.b64encode(value.encode()).decode()}"


def _name(record: Record) -> str:
    return str(record.attributes["displayname"][0])


def _phone(record: Record) -> str:
    return str(record.attributes["mobile"][0])
