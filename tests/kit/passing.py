"""What tests ask of an installation that runs in one process (`Passes`), and how they prepare it."""

from collections.abc import Mapping
from typing import Any

import msgspec

from syncd.app.ingest import Ingest
from syncd.mapping.rules import Compiled, RoomRules, SourceRules
from syncd.model.links import Link
from syncd.model.objects import Kind
from syncd.model.source import Entry
from syncd.plan.rules import Limits
from syncd.testing.company import Shown, shown_by
from syncd.testing.passes import MemorySource, Passes

UNLIMITED = Limits({kind: {} for kind in Kind}, hold_configuration=False)


def put_rooms(source: MemorySource, *rooms: Entry) -> None:
    """Put these rooms into a source, in the place of those it has."""
    source.snapshot = msgspec.structs.replace(source.snapshot, rooms=rooms)


def map_rooms(passes: Passes, rules: RoomRules) -> None:
    """Map the rooms of the directory by these rules, and let no limit hold a plan."""
    passes.decide(rules={"ldap": Compiled(SourceRules(room=rules))}, limits=UNLIMITED)


def shown(passes: Passes) -> dict[str, Shown]:
    """Return what the platform shows of each account but the administrator's, in the form of `Company.wanted`."""
    state = passes.platform.company.state
    return shown_by(state.users, state.departments)


def user_of(passes: Passes, account: str) -> dict[str, Any]:
    """Return the user of an account, as the platform holds it."""
    return next(user for user in passes.platform.company.state.users.values() if user["account"] == account)


def user_ids(passes: Passes) -> dict[str, str]:
    """Return the platform id of every account."""
    return {user["account"]: platform_id for platform_id, user in passes.platform.company.state.users.items()}


def links(passes: Passes) -> Mapping[str, Link]:
    """Return the links of the store by key."""
    with passes.store.reading() as work:
        return {link.key: link for link in work.links.all()}


def platform_ids(passes: Passes) -> dict[str, str]:
    """Return the platform id that each key is linked to."""
    return {key: link.platform_id for key, link in links(passes).items()}


def ingest_of(passes: Passes) -> Ingest:
    """Return what ingests the events of an installation; an event is stale if its clock is an hour off."""
    return Ingest(passes.platform, passes.store, lambda: passes.now, 3600.0)
