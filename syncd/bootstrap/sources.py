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
from syncd.mapping.rules import Compiled, Rule
from syncd.mapping.templates import EVERY_ATTRIBUTE
from syncd.plan.certificate import Counts


def sources(settings: Settings, facts: Mapping[str, str]) -> Iterator[Source]:
    """Make the sources, each with the key attribute that the store remembers."""
    password = initial_password(settings)
    for name, chosen in settings.source.items():
        compiled = rules(settings.mapping_of(name))
        if isinstance(chosen, CsvSource):
            wanted = settings.written_mapping(name) | _filled(facts.get(COUNTS + name))
            yield _csv_reader(name, chosen, compiled, password, wanted)
        elif isinstance(chosen, LdifSource):
            from syncd.directory.ldif_source import LdifSource as LdifReader  # noqa: PLC0415 - slow to load, often not needed

            yield LdifReader(_tree(name, chosen, facts), Path(chosen.path))
        else:
            people = compiled.user_attributes() | (password.attributes() if password else frozenset())
            yield _ldap_reader(_tree(name, chosen, facts), chosen, people, compiled.department_attributes())


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


def _csv_reader(
    name: str, chosen: CsvSource, compiled: Compiled, password: Rule | None, wanted: frozenset[str]
) -> Source:
    from syncd.directory.csv_source import CsvFile  # noqa: PLC0415 - slow to load, often not needed
    from syncd.directory.csv_source import CsvSource as CsvReader  # noqa: PLC0415 - slow to load, often not needed
    from syncd.directory.csv_table import Form  # noqa: PLC0415 - slow to load, often not needed

    def file(kind: str, table: CsvSettings, reads: Mapping[str, frozenset[str]]) -> CsvFile:
        key = table.key or chosen.key
        setting = f"source.{name}.{kind}.key" if table.key else f"source.{name}.key"
        columns = {one: field for field, names in reads.items() for one in sorted(names - {EVERY_ATTRIBUTE})}
        form = Form(table.encoding, table.delimiter)
        return CsvFile(Path(table.path), key, {**columns, key: setting}, form, chosen.proof == "none")

    reads = {f"mapping.user.{field}": names for field, names in compiled.user_reads().items()}
    users = {setting: names for setting, names in reads.items() if setting in wanted}
    if password:
        users["platform.initial_password"] = password.attributes()
    reads = {f"mapping.department.{field}": names for field, names in compiled.department_reads().items()}
    units = {setting: names for setting, names in reads.items() if setting in wanted}
    departments = file("departments", chosen.departments, units) if chosen.departments else None
    return CsvReader(name, file("users", chosen.users, users), departments)


def _ldap_reader(tree: TreeSettings, chosen: LdapSource, people: frozenset[str], departments: frozenset[str]) -> Source:
    # The library takes a fifth of a second to load, and most commands never read a directory.
    from syncd.directory.ldap_connection import LdapSettings  # noqa: PLC0415
    from syncd.directory.ldap_source import LdapSource as LdapReader  # noqa: PLC0415

    connection = LdapSettings(
        urls=chosen.urls,
        bind_dn=chosen.bind_dn,
        bind_password=chosen.bind_password.get_secret_value(),
        kerberos=chosen.kerberos,
        start_tls=chosen.start_tls,
        ca_file=chosen.ca_file,
        insecure=chosen.insecure,
        connect_timeout=chosen.connect_timeout,
        read_timeout=chosen.read_timeout,
        page_size=chosen.page_size,
    )
    return LdapReader(tree, connection, people, departments)
