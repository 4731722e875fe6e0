"""The sources, as the configuration wants them."""

from collections.abc import Iterator, Mapping
from pathlib import Path

import msgspec

from syncd.app.bindings import PREFIX
from syncd.app.draw_up import COUNTS
from syncd.app.ports import Source
from syncd.bootstrap.decisions import initial_password, rules
from syncd.config.settings import Settings
from syncd.config.source_settings import CsvFile as CsvSettings
from syncd.config.source_settings import CsvSource, LdapSource, LdifSource
from syncd.directory.reading import AUTO, Scope, Selection, TreeSettings
from syncd.mapping.rules import PRESENCE_ATTRIBUTES
from syncd.mapping.templates import EVERY_ATTRIBUTE
from syncd.plan.certificate import Counts

INITIAL = "platform.initial_password"


class Reads(msgspec.Struct, frozen=True):
    """The attributes of people and of departments that a source is asked for, by the setting that names them."""

    people: Mapping[str, frozenset[str]]
    departments: Mapping[str, frozenset[str]] = {}


def sources(settings: Settings, facts: Mapping[str, str]) -> Iterator[Source]:
    """Make the sources, each with the key attribute that the store remembers."""
    for name, chosen in settings.source.items():
        reads = _added(settings, name) if chosen.role == "enrich" else _read(settings, name)
        if isinstance(chosen, CsvSource):
            written = settings.written_mapping(name) | _filled(facts.get(COUNTS + name))
            yield _csv_reader(name, chosen, reads if chosen.role == "enrich" else _only(reads, written))
        elif isinstance(chosen, LdifSource):
            from syncd.directory.ldif_source import LdifSource as LdifReader  # noqa: PLC0415 - slow to load, often not needed

            yield LdifReader(_tree(name, chosen, facts), Path(chosen.path))
        else:
            yield _ldap_reader(_tree(name, chosen, facts), chosen, reads)


def _read(settings: Settings, name: str) -> Reads:
    """Give what is read of an authority: what its mapping names, and what enrich sources are joined by."""
    compiled, password = rules(settings, name), initial_password(settings)
    joined = compiled.joined | {one for one, _ in (password.joined() if password else ())}
    people = {f"mapping.user.{field}": names for field, names in compiled.user_reads().items()}
    people |= {f"source.{one}.join.other": frozenset({settings.joins[one].other}) for one in sorted(joined)}
    if password:
        people[INITIAL] = password.attributes()
    return Reads(people, {f"mapping.department.{field}": one for field, one in compiled.department_reads().items()})


def _added(settings: Settings, name: str) -> Reads:
    """Give what is read of an enrich source: what the mapping of any authority names, and what it is joined by."""
    people: dict[str, frozenset[str]] = {f"source.{name}.join.this": frozenset({settings.joins[name].this})}
    named = [pair for one in settings.authorities for pair in rules(settings, one).user_joins().items()]
    if password := initial_password(settings):
        named.append((INITIAL, password.joined()))
    for field, joined in named:
        setting = field if field == INITIAL else f"mapping.user.{field}"
        people[setting] = people.get(setting, frozenset()) | {one for source, one in joined if source == name}
    return Reads(people)


def _only(reads: Reads, written: frozenset[str]) -> Reads:
    """Leave out what only defaults of the mapping name, which were made for other directories."""

    def those(names: Mapping[str, frozenset[str]]) -> dict[str, frozenset[str]]:
        return {one: read for one, read in names.items() if one in written or not one.startswith("mapping.")}

    return Reads(those(reads.people), those(reads.departments))


def _tree(name: str, chosen: LdapSource | LdifSource, facts: Mapping[str, str]) -> TreeSettings:
    departments = chosen.departments
    return TreeSettings(
        name=name,
        users=_people(chosen),
        departments=Selection(departments.filter, departments.base or chosen.base, Scope(departments.scope))
        if departments
        else None,
        exclude=chosen.exclude,
        key=facts.get(f"{PREFIX}key.{name}", AUTO) if chosen.key == AUTO else chosen.key,
        include_base=departments.include_base if departments else False,
    )


def _people(chosen: LdapSource | LdifSource) -> Selection:
    users = chosen.users
    return Selection(users.filter, users.base or chosen.base, Scope(users.scope), users.members_of)


def _filled(counts: str | None) -> frozenset[str]:
    """Give the keys of the mapping whose fields had values at the last good read; nothing before there was one."""
    filled = msgspec.json.decode(counts, type=Counts).filled if counts else {}
    return frozenset(f"mapping.user.{field}" for field, people in filled.items() if people)


def _csv_reader(name: str, chosen: CsvSource, reads: Reads) -> Source:
    from syncd.directory.csv_source import CsvFile  # noqa: PLC0415 - slow to load, often not needed
    from syncd.directory.csv_source import CsvSource as CsvReader  # noqa: PLC0415 - slow to load, often not needed
    from syncd.directory.csv_table import Form  # noqa: PLC0415 - slow to load, often not needed

    def file(kind: str, table: CsvSettings, reads: Mapping[str, frozenset[str]]) -> CsvFile:
        key = table.key or chosen.key or (chosen.join.this if chosen.join else "")
        setting = f"source.{name}.{kind}.key" if table.key else f"source.{name}.key"
        columns = {one: field for field, names in reads.items() for one in sorted(names - {EVERY_ATTRIBUTE})}
        form = Form(table.encoding, table.delimiter)
        return CsvFile(Path(table.path), key, {key: setting, **columns}, form, chosen.proof == "none")

    departments = file("departments", chosen.departments, reads.departments) if chosen.departments else None
    return CsvReader(name, file("users", chosen.users, reads.people), departments)


def _ldap_reader(tree: TreeSettings, chosen: LdapSource, reads: Reads) -> Source:
    # The library takes a fifth of a second to load, and most commands never read a directory.
    from syncd.directory.ldap_connection import LdapSettings  # noqa: PLC0415
    from syncd.directory.ldap_source import LdapSource as LdapReader  # noqa: PLC0415

    connection = LdapSettings(
        urls=chosen.urls,
        bind_dn=chosen.bind_dn,
        bind_password=chosen.bind_password.get_secret_value(),
        start_tls=chosen.start_tls,
        ca_file=chosen.ca_file,
        insecure=chosen.insecure,
        connect_timeout=chosen.connect_timeout,
        read_timeout=chosen.read_timeout,
        page_size=chosen.page_size,
    )
    people = PRESENCE_ATTRIBUTES.union(*reads.people.values())
    return LdapReader(tree, connection, people, frozenset[str]().union(*reads.departments.values()))
