"""Settings to wired ports; the only module that names concrete classes."""

import datetime as dt
import os
import time
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import ExitStack, asynccontextmanager, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import msgspec

from syncd.app.bindings import PREFIX
from syncd.app.draw_up import COUNTS
from syncd.app.ingest import Ingest
from syncd.app.notification import Notification, Notifier
from syncd.app.passwords import InitialPasswords
from syncd.app.ports import Platform, Source
from syncd.app.pruning import Retention
from syncd.app.store_ports import Store as StorePort
from syncd.app.world import Decisions, World
from syncd.config.addresses import host_and_port
from syncd.config.loading import Loaded
from syncd.config.scope import scope
from syncd.config.settings import CsvFile as CsvSettings
from syncd.config.settings import CsvSource, KindLimits, LdapSource, LdifSource, Settings
from syncd.config.settings import Limit as LimitSettings
from syncd.config.settings import Mapping as MappingSettings
from syncd.directory.reading import AUTO, Scope, Selection, TreeSettings
from syncd.mapping.desire import Moment
from syncd.mapping.rules import Compiled, DepartmentRules, Rule, SourceRules, UserRules
from syncd.mapping.templates import EVERY_ATTRIBUTE
from syncd.model.objects import Kind
from syncd.plan.certificate import Counts, Expectations
from syncd.plan.rules import Heed, Leaving, Limit, Limits, Policy
from syncd.report.run_form import run_form
from syncd.shadow.store import Store, open_store

if TYPE_CHECKING:
    from syncd.events.serving import ListenerSettings
    from syncd.platform import Client, ClientSettings
    from syncd.platform.observing import Observer
    from syncd.platform.raw import RawCalls

RANDOM = "random"
LIMITED = ("create", "update", "remove", "clear", "shrink", "replaced")


@contextmanager
def opened_store(settings: Settings) -> Iterator[Store]:
    """Open the store of a configuration, and close it afterwards."""
    store = open_store(settings.store.url.get_secret_value())
    try:
        yield store
    finally:
        store.close()


@asynccontextmanager
async def world(loaded: Loaded, store: StorePort, observer: "Observer | None" = None) -> AsyncIterator[World]:
    """Wire everything that a run needs; `observer` is told of the calls."""
    settings = loaded.settings
    with store.reading() as work:
        facts = work.facts.all()
    handover = Path(settings.platform.handover) if settings.platform.handover else None
    with ExitStack() as stack:
        passwords = InitialPasswords(handover, _timestamp)
        stack.callback(passwords.close)
        async with client(settings, observer) as platform:
            yield World(
                sources=tuple(sources(settings, facts)),
                platform=platform,
                store=store,
                passwords=passwords,
                decisions=decisions(loaded),
                initial_password=initial_password(settings),
                clock=time.time,
                moment=lambda: moment(settings),
            )


def client(settings: Settings, observer: "Observer | None" = None) -> "Client":
    """Make the client of the platform; `observer` is told of its calls."""
    from syncd.platform import Client  # noqa: PLC0415 - likewise
    from syncd.platform.observing import NOBODY  # noqa: PLC0415 - likewise

    return Client(_client_settings(settings), observer=observer or NOBODY)


def ingest(settings: Settings, store: StorePort, platform: Platform) -> Ingest:
    """Wire what ingest works with."""
    return Ingest(platform, store, time.time, settings.platform.callback.window)


def raw_platform(settings: Settings) -> "RawCalls":
    """Make what asks the platform for answers as they stand."""
    from syncd.platform.raw import RawCalls  # noqa: PLC0415 - likewise

    return RawCalls(_client_settings(settings))


def _client_settings(settings: Settings) -> "ClientSettings":
    from syncd.platform import ClientSettings  # noqa: PLC0415 - likewise

    chosen = settings.platform
    return ClientSettings(
        url=chosen.url,
        appkey=chosen.appkey,
        appsecret=chosen.appsecret.get_secret_value(),
        rate=chosen.rate,
        concurrency=chosen.concurrency,
        body=chosen.body,
        proxy=chosen.proxy,
        ca_file=chosen.ca_file,
        insecure=chosen.insecure,
        read_only=chosen.read_only,
    )


def listener_settings(settings: Settings) -> "ListenerSettings":
    """Give how events are received; raises `ConfigurationError` where the keys of callbacks are missing."""
    from syncd.config.callback import callback_keys  # noqa: PLC0415 - likewise
    from syncd.events.serving import ListenerSettings  # noqa: PLC0415 - likewise

    chosen = settings.listener
    host, port = host_and_port(chosen.bind)
    return ListenerSettings(
        host=host,
        port=port,
        path=chosen.path,
        keys=callback_keys(settings),
        max_body=chosen.max_body,
        certificate=chosen.tls.cert if chosen.tls else "",
        key=chosen.tls.key if chosen.tls else "",
        trusted_proxies=chosen.trusted_proxies,
    )


def notification(settings: Settings, store: StorePort) -> Notification | None:
    """Make what tells people of runs; nothing where the configuration names nobody."""
    from syncd.telemetry.notifying import CommandNotifier, EveryNotifier, HttpNotifier  # noqa: PLC0415 - likewise

    chosen = settings.notify
    ways: list[Notifier] = []
    if chosen.command:
        ways.append(CommandNotifier(chosen.command, run_form, without_secrets(os.environ)))
    if url := chosen.url.get_secret_value():
        ways.append(HttpNotifier(url, run_form))
    return Notification(store, EveryNotifier(ways), chosen.on, time.time) if ways else None


def retention(settings: Settings) -> Retention:
    """Give how long things are kept; never shorter than guards and approvals look back."""
    counted = max(settings.limits.window, settings.policy.approval_life)
    return Retention(settings.retention.inbox, settings.retention.journal, counted)


def without_secrets(environment: Mapping[str, str]) -> dict[str, str]:
    """Give an environment for another program, without the configuration that may stand in ours."""
    return {name: value for name, value in environment.items() if not name.startswith("SYNCD_")}


def sources(settings: Settings, facts: Mapping[str, str]) -> Iterator[Source]:
    """Make the sources, each with the key attribute that the store remembers."""
    password = initial_password(settings)
    for name, chosen in settings.source.items():
        compiled = rules(settings.mapping_of(name))
        if isinstance(chosen, CsvSource):
            wanted = settings.written_mapping(name) | _filled(facts.get(COUNTS + name))
            yield _csv_reader(name, chosen, compiled, password, wanted)
        elif isinstance(chosen, LdifSource):
            from syncd.directory.ldif_source import LdifSource as LdifReader  # noqa: PLC0415 - likewise

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
    from syncd.directory.csv_source import CsvFile  # noqa: PLC0415 - likewise
    from syncd.directory.csv_source import CsvSource as CsvReader  # noqa: PLC0415 - likewise
    from syncd.directory.csv_table import Form  # noqa: PLC0415 - likewise

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
        start_tls=chosen.start_tls,
        ca_file=chosen.ca_file,
        insecure=chosen.insecure,
        connect_timeout=chosen.connect_timeout,
        read_timeout=chosen.read_timeout,
        page_size=chosen.page_size,
    )
    return LdapReader(tree, connection, people, departments)


def rules(mapping: MappingSettings) -> Compiled:
    """Compile the mapping of one source; raises `ConfigurationError` where a template cannot be read."""
    user = {name: value for name, value in mapping.user.model_dump().items() if name != "face"}
    return Compiled(SourceRules(UserRules(**user), DepartmentRules(**mapping.department.model_dump())))


def initial_password(settings: Settings) -> Rule | None:
    """Compile the rule of initial passwords; `None` is random."""
    return None if settings.platform.initial_password == RANDOM else Rule(settings.platform.initial_password)


def decisions(loaded: Loaded) -> Decisions:
    """Give the configuration as the use cases need it."""
    settings = loaded.settings
    shrink = _limit(settings.limits.shrink)
    return Decisions(
        rules={name: rules(settings.mapping_of(name)) for name in settings.source},
        policy=_policy(settings),
        limits=_limits(settings),
        expectations={
            name: Expectations(one.expect.users, one.expect.departments, one.canary, shrink)
            for name, one in settings.source.items()
        },
        shrink=shrink,
        config_fingerprint=loaded.fingerprint,
        scope=scope(settings),
        unprovable=frozenset(name for name, one in settings.source.items() if one.proof == "none"),
        window=settings.limits.window,
        approval_life=settings.policy.approval_life,
        concurrency=settings.platform.concurrency,
        read_only=settings.platform.read_only,
    )


def _policy(settings: Settings) -> Policy:
    chosen = settings.policy
    drift = chosen.on_drift if isinstance(chosen.on_drift, dict) else {"default": chosen.on_drift}
    fields = (*settings.mapping.user.__class__.model_fields, "parent")
    reported = {field for field in fields if drift.get(field, drift.get("default", "enforce")) == "report"}
    return Policy(
        owner=settings.platform.owner,
        root_department=settings.platform.root_department,
        namespaces={name: one.namespace for name, one in settings.source.items() if one.namespace},
        roots={name: one.root_department for name, one in settings.source.items() if one.root_department},
        on_leaver=Leaving(chosen.on_leaver),
        on_disabled=Leaving(chosen.on_disabled),
        park_department=chosen.park_department,
        remove_after=chosen.remove_after,
        report_drift=frozenset(reported),
        clear=frozenset(chosen.clear),
        protected=frozenset(chosen.protected),
        update_administrators=chosen.administrators == "update",
        on_room_reference=Heed(chosen.on_room_reference),
        on_meetings=Heed(chosen.on_meetings),
        adopt_users=settings.adopt.user,
        adopt_departments=settings.adopt.department == "path",
        review_adoptions=settings.adopt.mode == "review",
    )


def _limits(settings: Settings) -> Limits:
    own = {Kind.USER: settings.limits.user, Kind.DEPARTMENT: settings.limits.department}
    return Limits(
        by_kind={kind: {name: _limit(_chosen(settings, one, name)) for name in LIMITED} for kind, one in own.items()},
        hold_configuration=settings.policy.on_configuration == "hold",
    )


def _chosen(settings: Settings, own: KindLimits, name: str) -> LimitSettings:
    found: LimitSettings = getattr(own, name) or getattr(settings.limits, name)
    return found


def _limit(chosen: LimitSettings) -> Limit:
    return Limit(chosen.count, chosen.percent, chosen.at_least)


def moment(settings: Settings) -> Moment:
    """Give the time of a run, and the date where the company is."""
    now = time.time()
    zone = ZoneInfo(settings.schedule.timezone)
    return Moment(now, dt.datetime.fromtimestamp(now, zone).date().isoformat())


def _timestamp() -> str:
    return dt.datetime.fromtimestamp(time.time(), dt.UTC).isoformat(timespec="seconds")


def with_read_only(loaded: Loaded) -> Loaded:
    """Give the same configuration with every writing call refused, for the commands that only look (I10)."""
    settings = loaded.settings
    platform = settings.platform.model_copy(update={"read_only": True})
    return msgspec.structs.replace(loaded, settings=settings.model_copy(update={"platform": platform}))
