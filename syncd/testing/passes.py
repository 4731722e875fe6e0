"""Whole passes in one process: sources in memory, a fake platform, a real store."""

from collections.abc import Callable, Mapping
from pathlib import Path

import msgspec

from syncd.app.apply import Progress
from syncd.app.draw_up import draw_up
from syncd.app.last_read import LastRead
from syncd.app.passwords import InitialPasswords
from syncd.app.reconcile import Report, Request, reconcile
from syncd.app.stopping import Stop
from syncd.app.world import Decisions, World
from syncd.errors import SyncdError
from syncd.mapping.desire import Moment
from syncd.mapping.rules import Compiled, Rule, SourceRules
from syncd.model import dn
from syncd.model.actors import Actor
from syncd.model.objects import Kind
from syncd.model.source import Certificate, Changes, Entry, Grade, Snapshot
from syncd.plan.certificate import Expectations
from syncd.plan.rules import Limit, Limits, Policy
from syncd.plan.values import Plan
from syncd.shadow.store import Store, open_store
from syncd.testing.company import Company
from syncd.testing.platform import FakePlatform

WHOLE = Certificate(Grade.WHOLE, ("in memory",))
USUAL = {
    "remove": Limit(50, 10, 5),
    "update": Limit(None, 50, 20),
    "create": Limit(500, 50, 20),
    "clear": Limit(None, 5, 10),
}
NO_REQUEST = Request()


class MemorySource:
    """A source that gives what a test puts into it, or raises it."""

    def __init__(self, name: str = "ldap") -> None:
        self.name = name
        self.snapshot = Snapshot(name, WHOLE, key_attribute="entryUUID", naming_context="dc=example,dc=com")
        self.error: Exception | None = None

    def read(self) -> Snapshot:
        """Give the snapshot, or raise the error."""
        if self.error is not None:
            raise self.error
        return self.snapshot

    def employ(self, company: Company) -> None:
        """Hold this company."""
        units = tuple(
            _entry(key, ",".join(f"ou={name}" for name in reversed(company.path(key))), {"ou": one.name})
            for key, one in company.units.items()
        )
        people = tuple(
            _entry(
                key,
                ",".join([f"uid={one.account}", *(f"ou={name}" for name in reversed(company.path(one.department)))]),
                {
                    "uid": one.account,
                    "cn": one.name,
                    "mobile": one.phone,
                    "mail": one.email,
                    "title": one.position,
                },
            )
            for key, one in company.people.items()
        )
        self.snapshot = msgspec.structs.replace(self.snapshot, users=people, departments=units)


class MemoryFeed:
    """Tells of changes in a source what a test puts into `next`, or raises it, once."""

    def __init__(self, name: str = "ldap") -> None:
        self.name = name
        self.next: Changes | SyncdError = Changes(name)
        self.begun = 0

    def begin(self) -> None:
        """Begin."""
        self.begun += 1

    def end(self) -> None:
        """End."""
        self.begun = 0

    def changes(self, key_attribute: str) -> Changes:
        """Give what is next, or raise it."""
        del key_attribute
        told, self.next = self.next, Changes(self.name)
        if isinstance(told, SyncdError):
            raise told
        return told


def _entry(key: str, name: str, values: Mapping[str, str]) -> Entry:
    place = f"{name},dc=example,dc=com"
    return Entry(key, place, {attribute: (value,) for attribute, value in values.items() if value}, dn.parse(place))


class Passes:
    """One installation in one process; `now` is the clock, in seconds since the epoch."""

    def __init__(self, folder: Path, *sources: MemorySource) -> None:
        self.sources = sources or (MemorySource(),)
        self.platform = FakePlatform()
        self.store: Store = open_store(f"sqlite:///{folder / 'syncd.db'}")
        self.handover = folder / "handover.csv"
        self.passwords = InitialPasswords(self.handover, lambda: "2026-11-24T00:00:00+00:00")
        self.now = 1_000_000.0
        self.initial_password: Rule | None = None
        self.stop = Stop()
        self.last = LastRead()
        self.decisions = Decisions(
            rules={one.name: Compiled(SourceRules()) for one in self.sources},
            policy=Policy(remove_after=0),
            limits=Limits({Kind.USER: USUAL, Kind.DEPARTMENT: USUAL}),
            expectations={one.name: Expectations(shrink=Limit(None, 10, 20)) for one in self.sources},
            shrink=Limit(None, 10, 20),
            config_fingerprint="configuration",
            scope={},
        )

    def decide(self, **changed: object) -> None:
        """Change the configuration."""
        self.decisions = msgspec.structs.replace(self.decisions, **changed)

    async def plan(self) -> Plan:
        """Make a plan, as the dry run does."""
        return (await draw_up(self.world())).plan

    async def run(
        self, request: Request = NO_REQUEST, observe: Callable[[Plan | Progress], None] = lambda _: None
    ) -> Report:
        """Make one pass, a minute after the last."""
        self.now += 60
        return await reconcile(self.world(), request, self.stop, observe)

    async def approved(self) -> Report:
        """Make one pass, approving what is held."""
        return await self.run(Request(approve=(await self.plan()).fingerprint, actor=Actor("a test", 0)))

    def close(self) -> None:
        """Close the store and the handover file."""
        self.store.close()
        self.passwords.close()

    def world(self) -> World:
        """Give what use cases work with."""
        return World(
            sources=self.sources,
            platform=self.platform,
            store=self.store,
            passwords=self.passwords,
            decisions=self.decisions,
            initial_password=self.initial_password,
            clock=lambda: self.now,
            moment=lambda: Moment(self.now, "2026-11-24"),
            last=self.last,
        )
