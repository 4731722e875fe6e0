"""What the configuration decides, as the use cases need it."""

import datetime as dt
import time
from zoneinfo import ZoneInfo

import msgspec

from syncd.app.world import Decisions
from syncd.config.loading import Loaded
from syncd.config.scope import scope
from syncd.config.sections import KindLimits
from syncd.config.sections import Limit as LimitSettings
from syncd.config.settings import Settings
from syncd.mapping.desire import Moment
from syncd.mapping.joining import Join
from syncd.mapping.rules import Compiled, DepartmentRules, RoomRules, Rule, SourceRules, UserRules
from syncd.model.objects import Kind
from syncd.plan.certificate import Expectations
from syncd.plan.normal_ids import normal_id
from syncd.plan.rules import Heed, Leaving, Limit, Limits, Policy

RANDOM = "random"
LIMITED = ("create", "update", "remove", "clear", "shrink", "replaced")


def decisions(loaded: Loaded) -> Decisions:
    """Give the configuration as the use cases need it."""
    settings = loaded.settings
    shrink = _limit(settings.limits.shrink)
    return Decisions(
        rules={name: rules(settings, name) for name in settings.authorities},
        joins={name: Join(one.this, one.other) for name, one in settings.joins.items()},
        policy=_policy(settings),
        limits=_limits(settings),
        expectations={
            name: Expectations(one.expect.users, one.expect.departments, one.expect.rooms, one.canary, shrink)
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
        approver=settings.policy.approver,
    )


def rules(settings: Settings, source: str) -> Compiled:
    """Compile the mapping of one authority; raises `ConfigurationError` where a template cannot be read."""
    mapping = settings.mapping_of(source)
    user, department = mapping.user.model_dump(), mapping.department.model_dump()
    room = RoomRules(**mapping.room.model_dump()) if mapping.room and settings.source[source].rooms else None
    return Compiled(SourceRules(UserRules(**user), DepartmentRules(**department), room), frozenset(settings.joins))


def initial_password(settings: Settings) -> Rule | None:
    """Compile the rule of initial passwords; `None` is random."""
    wanted = settings.platform.initial_password
    return None if wanted == RANDOM else Rule(wanted, frozenset(settings.joins))


def _policy(settings: Settings) -> Policy:
    chosen = settings.policy
    drift = chosen.on_drift if isinstance(chosen.on_drift, dict) else {"default": chosen.on_drift}
    fields = (*settings.mapping.user.__class__.model_fields, "parent", *RoomRules.__struct_fields__)
    reported = {field for field in fields if drift.get(field, drift.get("default", "enforce")) == "report"}
    return Policy(
        owner=settings.platform.owner,
        root_department=normal_id(settings.platform.root_department),
        namespaces={name: one.namespace for name, one in settings.source.items() if one.namespace},
        roots={name: normal_id(one.root_department) for name, one in settings.source.items() if one.root_department},
        on_leaver=Leaving(chosen.on_leaver),
        on_disabled=Leaving(chosen.on_disabled),
        park_department=normal_id(chosen.park_department),
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
    chosen = settings.limits
    own = {Kind.USER: chosen.user, Kind.DEPARTMENT: chosen.department, Kind.ROOM: chosen.room}
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


def with_read_only(loaded: Loaded) -> Loaded:
    """Give the same configuration with every writing call refused, for the commands that only look (I10)."""
    settings = loaded.settings
    platform = settings.platform.model_copy(update={"read_only": True})
    return msgspec.structs.replace(loaded, settings=settings.model_copy(update={"platform": platform}))
