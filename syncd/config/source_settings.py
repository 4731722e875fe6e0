"""The keys of `[source.NAME]`, for each type of source."""

from typing import Annotated, Literal, Protocol, Self

from pydantic import AfterValidator, Field, field_validator, model_validator

from syncd.config.addresses import clear_password_host, is_server
from syncd.config.mapping_settings import SourceMapping
from syncd.config.values import (
    NO_SECRET,
    Delimiter,
    DistinguishedNames,
    Duration,
    Encoding,
    Excluded,
    Required,
    Secret,
    Size,
    Switch,
    Table,
    Texts,
    Whole,
)


class Choice(Table):
    """Which entries are meant."""

    filter: Required = Field(description="which entries are meant (RFC 4515)")
    base: DistinguishedNames = Field((), description="searched instead of the source's base")
    scope: Literal["base", "one", "sub"] = Field("sub", description="how deep below the base")


class UserChoice(Choice):
    """Which entries are people."""

    filter: Required = Field("(objectClass=inetOrgPerson)", description="which entries are people (RFC 4515)")
    members_of: DistinguishedNames = Field((), description="DNs of groups: only their members, nested ones included")


class DepartmentChoice(Choice):
    """Which entries are departments."""

    filter: Required = Field("(objectClass=organizationalUnit)", description="which entries are departments (RFC 4515)")
    include_base: Switch = Field(default=False, description="is the base entry itself a department?")


class RoomChoice(Choice):
    """Which entries are rooms."""


class Expect(Table):
    """How much a read must show at least to count as whole."""

    users: Whole = Field(0, ge=0)
    departments: Whole = Field(0, ge=0)
    rooms: Whole = Field(0, ge=0)


class Join(Table):
    """By what the entries of an enrich source are joined to those of the authorities."""

    this: Required = Field(description="its own attribute")
    other: Required = Field(description="the authority's attribute")


NOT_OF_ENRICH = {
    "namespace": "it makes no ids",
    "root_department": "nobody of it hangs anywhere",
    "mapping": "the mapping of the authorities names its attributes",
    "departments": "it only adds attributes to people",
    "rooms": "it only adds attributes to those of the authorities",
}


class Source(Table):
    """What every kind of source has."""

    role: Literal["authority", "enrich"] = Field(
        "authority", description="authority: decides who exists; enrich: only adds attributes, as NAME.attribute"
    )
    join: Join | None = Field(None, description="enrich only: {this = its own attribute, other = the authority's}")
    namespace: str = Field("", description="part of the derived ids; default: the name; fixed at the first run")
    root_department: str = Field("", description="where it hangs; default platform.root_department")
    expect: Expect = Field(Expect(), description="at least so many, else the read is unproven")
    canary: Texts = Field((), description="keys or accounts that must be seen, else the read is unproven")
    proof: Literal["auto", "none"] = Field("auto", description='"none": it can never prove itself whole')
    largest_read: Size = Field(4 << 30, description="no read of it is larger; each entry counts 1 KiB more than it has")
    longest_read: Duration = Field(4 * 3600.0, gt=0, description="within which every read of it has ended")
    mapping: SourceMapping = Field(SourceMapping(), description="single keys of [mapping] for this source only")

    @model_validator(mode="after")
    def _fits_its_role(self) -> "Source":
        if self.role == "authority":
            if self.join:
                raise ValueError('join belongs to role = "enrich"; an authority is joined to nothing')
            return self
        if not self.join:
            raise ValueError('role = "enrich" needs join = {this = "its attribute", other = "the authority\'s"}')
        for name, why in NOT_OF_ENRICH.items():
            if getattr(self, name, None) and name in self.model_fields_set:
                raise ValueError(f'{name} does not belong to role = "enrich": {why}')
        return self

    @model_validator(mode="after")
    def _asks_for_what_it_expects(self) -> "Source":
        if self.expect.rooms and not getattr(self, "rooms", None):
            raise ValueError("expect.rooms is written, and the source is not asked for rooms; write .rooms for it")
        return self


class TreeSource(Source):
    """What a source has whose entries stand in a tree of DNs."""

    key: Required = Field("auto", description="the attribute with the immutable key; auto: found, then remembered")
    exclude: Excluded = Field((), description="DNs of subtrees that are not read; URLs of referrals without people")
    users: UserChoice = UserChoice()
    departments: DepartmentChoice | None = None
    rooms: RoomChoice | None = None


class LdapSource(TreeSource):
    """A directory server."""

    type: Literal["ldap"]
    urls: Texts = Field(min_length=1, description="in order, with fail-over")
    bind_dn: str = Field("", description="who reads; empty: anonymous")
    bind_password: Secret = Field(NO_SECRET, description="or bind_password_file")
    kerberos: Switch = Field(default=False, description='sign in by a ticket; wants pip install "syncd[kerberos]"')
    start_tls: Switch = Field(default=False, description="encrypt ldap:// connections by StartTLS")
    ca_file: str = Field("", description="PEM; empty: the system's")
    insecure: Switch = Field(default=False, description="certificates unchecked, or a password in clear")
    base: DistinguishedNames = Field(min_length=1, description="where the search begins; one DN or a list")
    page_size: Whole = Field(1000, ge=1, le=100_000, description="entries a page")
    incremental: Literal["auto", "off"] = Field("auto", description="auto: changes between whole reads too")
    connect_timeout: Duration = Field(10.0, description="how long a server may take to accept")
    read_timeout: Duration = Field(120.0, description="how long a server may take to answer a page")

    @field_validator("urls")
    @classmethod
    def _are_servers(cls, urls: tuple[str, ...]) -> tuple[str, ...]:
        for url in urls:
            if not is_server(url):
                raise ValueError(f"{url} is not a server's URL; it looks like ldaps://dc1.example.org, or with a port")
        return urls

    @model_validator(mode="after")
    def _signs_in_one_way(self) -> "LdapSource":
        if self.kerberos and self.bind_password.get_secret_value():
            raise ValueError("kerberos = true signs in by a ticket; leave bind_password out")
        return self

    @model_validator(mode="after")
    def _keeps_the_password(self) -> "LdapSource":
        if self.bind_password.get_secret_value() and not (self.start_tls or self.insecure):
            for url in self.urls:
                if host := clear_password_host(url):
                    raise ValueError(
                        f"the password would travel in clear to {host}; use ldaps:// or start_tls = true "
                        "(insecure = true allows it)"
                    )
        return self


OWN_KEY = "the attribute with the immutable key, where it is not the source's"
DN = "dn"


def _no_dn(key: str) -> str:
    """Refuse the DN as a key of people and rooms."""
    if key.strip().lower() == DN:
        raise ValueError(
            "a DN is no key, because who is renamed or moved would be removed and made anew; name an attribute that "
            'never changes (departments alone may have key = "dn")'
        )
    return key


AttributeKey = Annotated[str, AfterValidator(_no_dn)]


class LdifUserChoice(UserChoice):
    """Which entries of a file are people."""

    key: AttributeKey = Field("", description=OWN_KEY)


class LdifDepartmentChoice(DepartmentChoice):
    """Which entries of a file are departments."""

    key: str = Field("", description=f'{OWN_KEY}; "{DN}": their DN, so that a renamed one is another department')


class LdifRoomChoice(RoomChoice):
    """Which entries of a file are rooms."""

    key: AttributeKey = Field("", description=OWN_KEY)


class LdifSource(TreeSource):
    """A file with entries."""

    type: Literal["ldif"]
    path: Required = Field(description="the file")
    base: DistinguishedNames = Field(min_length=1, description="only entries at or below; one DN or a list")
    users: LdifUserChoice = LdifUserChoice()
    departments: LdifDepartmentChoice | None = None
    rooms: LdifRoomChoice | None = None

    @field_validator("key")
    @classmethod
    def _is_no_dn(cls, key: str) -> str:
        return _no_dn(key)

    def key_of(self, table: "HasKey | None") -> str:
        """Return the attribute with the keys of a table."""
        own = table.key.strip() if table else ""
        return DN if own.lower() == DN else own or self.key


class CsvFile(Table):
    """A file with a row that names the columns: CSV, or an Excel workbook (.xlsx)."""

    path: Required = Field(description="the file: CSV, or an Excel workbook (.xlsx)")
    key: str = Field("", description="the column with the immutable key, where the source names no other")
    encoding: Encoding = Field("auto", description="auto: UTF-8 with or without a mark, else GB18030")
    delimiter: Delimiter = Field("auto", description='auto: the one of , ; | and "\\t" that the header has')
    header_row: Whole = Field(1, ge=1, description="the row (of CSV: the line) with the names; above it is passed over")


class HasKey(Protocol):
    """A table that may name its own key."""

    @property
    def key(self) -> str:
        """Give the column, or empty text."""


class TableSource(Source):
    """What a source has whose entries are rows: each table may have a key of its own."""

    key: str = Field("", description="the column with the immutable key, in each table that names none")

    @model_validator(mode="after")
    def _has_tables(self) -> Self:
        tables = [name for name in ("users", "departments", "rooms") if getattr(self, name)]
        if not tables:
            raise ValueError(
                "nothing is read of it; write .users, or .departments or .rooms for a source without people"
            )
        if self.expect.users and "users" not in tables:
            raise ValueError("expect.users is written, and the source is not asked for people; write .users for it")
        return self

    @model_validator(mode="after")
    def _has_keys(self) -> Self:
        for name in ("users", "departments", "rooms"):
            table = getattr(self, name)
            if table and not self.key_of(table):
                raise ValueError(f"{name} needs key, the column with what never changes, such as a staff number")
        return self

    def key_of(self, table: "HasKey") -> str:
        """Give the column with the keys of a table; an enrich source has that by which it is joined unless it says."""
        return (table.key or self.key).strip() or (self.join.this if self.join else "")

    def may_repeat(self, table: "HasKey") -> bool:
        """Tell whether rows need no key of their own: those of an enrich source that names none are only joined."""
        return self.join is not None and not (table.key or self.key).strip()


class CsvSource(TableSource):
    """CSV or Excel files: of people, departments and rooms, each where it has a file of its own."""

    type: Literal["csv"]
    users: CsvFile | None = None
    departments: CsvFile | None = None
    rooms: CsvFile | None = None
