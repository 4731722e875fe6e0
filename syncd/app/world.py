"""What a use case works with: wired ports, and what the administrator decided."""

from collections.abc import Callable, Mapping

import msgspec

from syncd.app.last_read import LastRead
from syncd.app.ports import Passwords, Platform, Source
from syncd.app.store_ports import Store
from syncd.mapping.desire import NO_JOINS, Moment
from syncd.mapping.joining import Join
from syncd.mapping.rules import Compiled, Rule
from syncd.plan.certificate import Expectations
from syncd.plan.rules import Limit, Limits, Policy


class Decisions(msgspec.Struct, frozen=True):
    """The configuration as the use cases need it; durations are in seconds.

    `rules` are by authority, `joins` by enrich source; `scope` has what decides scope or values, key by key;
    `unprovable` names the sources that say `proof = "none"`. `approver` says who approves what the configuration
    causes: `anyone`, or an `other` than who brought it.
    """

    rules: Mapping[str, Compiled]
    policy: Policy
    limits: Limits
    expectations: Mapping[str, Expectations]
    shrink: Limit
    config_fingerprint: str
    scope: Mapping[str, str]
    unprovable: frozenset[str] = frozenset()
    window: float = 86400.0
    approval_life: float = 259200.0
    concurrency: int = 8
    read_only: bool = False
    approver: str = "anyone"
    joins: Mapping[str, Join] = NO_JOINS


class World(msgspec.Struct, frozen=True):
    """Everything that a use case may touch. `clock` gives seconds since the epoch, `moment` the time of a run.

    `initial_password` is the rule of `platform.initial_password`; `None` is random. `last` has the latest read.
    `waits_after_failures` says that what failed again and again is sent at growing distances, as a daemon does; whoever
    asks for a run has all of it sent.
    """

    sources: tuple[Source, ...]
    platform: Platform
    store: Store
    passwords: Passwords
    decisions: Decisions
    initial_password: Rule | None
    clock: Callable[[], float]
    moment: Callable[[], Moment]
    last: LastRead = msgspec.field(default_factory=LastRead)
    waits_after_failures: bool = False
