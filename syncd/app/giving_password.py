"""`password WHO`: one linked user gets a new password, deliberately (DESIGN 5, I3; 6, passwords)."""

import msgspec

from syncd.app.leasing import alone
from syncd.app.standing import shown_fields
from syncd.app.stopping import Stop, unless_stopped
from syncd.app.store_ports import Store
from syncd.app.world import World
from syncd.errors import PlatformError, Refused, SyncdError
from syncd.mapping.normal_forms import comparable
from syncd.model.actors import Actor
from syncd.model.audit import AuditAction, AuditEntry
from syncd.model.links import Link, Ownership
from syncd.model.objects import Kind, PlatformUser
from syncd.plan.grace import PUT_AWAY
from syncd.plan.situation import is_protected
from syncd.plan.who import Whom, meant

SHOWN = 10


class NoPasswordGiven(SyncdError):
    """Nobody gets a new password: not this user, or nobody at all as things are."""


class Given(msgspec.Struct, frozen=True):
    """Who got a new password."""

    platform_id: str
    key: str
    account: str
    name: str


async def give_password(world: World, who: str, actor: Actor, stop: Stop) -> Given:
    """Give one linked user a new random password; its line is in the handover file before the call.

    So is the record of the audit log: what is not known to have failed was done.

    `who` is a key, platform id, account, DN or name. Raises `NoPasswordGiven`, `RunInProgress`, `PlatformError` where
    the platform refuses, after a line with an empty password, and `ConfigurationError` where no line can be written.
    """
    if world.decisions.read_only:
        raise NoPasswordGiven("platform.read_only is true, so nothing is written; set it to false")
    async with alone(world, stop) as (leased, until):
        link = _linked(leased.store, who)
        user = await unless_stopped(until, leased.platform.user(link.platform_id))
        if user is None:
            raise NoPasswordGiven(
                f"{who} (id {link.platform_id}) is not on the platform any more; the next run sees to it"
            )
        _check(leased, link, user)
        fields = user.fields
        _record(leased, AuditAction.PASSWORD, link, actor)
        password = leased.passwords.initial(fields.account, fields.name, "")
        try:
            await leased.platform.update_user(user.id, {}, password)
        except Refused:
            leased.passwords.withdrawn(fields.account, fields.name)
            _record(leased, AuditAction.PASSWORD_REFUSED, link, actor)
            raise
        except PlatformError as error:
            raise PlatformError(
                f"{error}; whether {fields.account} has the password of the last handover line is not known; "
                "run this once more"
            ) from error
    return Given(user.id, link.key, fields.account, fields.name)


def _record(world: World, action: AuditAction, link: Link, actor: Actor) -> None:
    about = {"key": link.key, "source": link.source, "platform_id": link.platform_id}
    with world.store.unit_of_work() as work:
        work.audit.append(world.clock(), actor, (AuditEntry(action, {}, about),))
        work.commit()


def _check(world: World, link: Link, user: PlatformUser) -> None:
    """Raise `NoPasswordGiven` where this user's password is not ours to change (I3)."""
    name = f"{user.fields.account} (id {user.id})"
    if link.ownership is Ownership.PROTECTED or user.is_admin or is_protected(world.decisions.policy, user):
        raise NoPasswordGiven(f"{name} is protected (id 1, administrators, policy.protected): it keeps its password")
    if link.state in PUT_AWAY:
        raise NoPasswordGiven(
            f"{name} is {link.state}, for the entry is gone or disabled; a password would let that user in again. "
            "Whoever is back in the directory gets one by the next run"
        )


def _linked(store: Store, who: str) -> Link:
    with store.reading() as work:
        links = {link.platform_id: link for link in work.links.all() if link.kind is Kind.USER}
        shown = shown_fields(work.shadow.mirror())
    people = [
        Whom(
            Kind.USER,
            link.source,
            link.key,
            link.platform_id,
            link.locator,
            getattr(shown.get((Kind.USER, link.platform_id)), "account", ""),
            getattr(shown.get((Kind.USER, link.platform_id)), "name", ""),
        )
        for link in links.values()
    ]
    found = meant(people, who, comparable)
    if not found:
        raise NoPasswordGiven(
            f"no linked user has the key, platform id, account, DN or name {who}; only whom syncd keeps gets a password"
        )
    if len(found) > 1:
        named = "; ".join(f"{each}, key {each.key}" for each in found[:SHOWN])
        raise NoPasswordGiven(f"{who} may mean {len(found)}: {named}; say which by its key or platform id")
    return links[found[0].platform_id]
