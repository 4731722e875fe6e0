"""Departments of the platform that the configuration names: they must be there before anything is put into them."""

from collections.abc import Iterable, Iterator

from syncd.app.ports import Platform
from syncd.errors import ConfigurationError
from syncd.model.objects import PlatformDepartment
from syncd.plan.rules import Leaving, Policy


async def check_places(platform: Platform, policy: Policy, listed: Iterable[PlatformDepartment]) -> None:
    """Raise `ConfigurationError` where a department that the configuration names is not there.

    What the list lacks is asked for by its id, for a list may be an old one. Raises `PlatformError`.
    """
    if missing := await missing_places(platform, policy, listed):
        raise ConfigurationError("; ".join(missing))


async def missing_places(platform: Platform, policy: Policy, listed: Iterable[PlatformDepartment]) -> tuple[str, ...]:
    """Give a sentence for each department that the configuration names and that is not there."""
    there = {one.id for one in listed}
    unlisted = [(key, place) for key, place in _named(policy) if place and place not in there]
    return tuple(
        [
            f'{key} = "{place}": the platform has no department with this id; write the id of one that is there'
            for key, place in unlisted
            if await platform.department(place) is None
        ]
    )


def _named(policy: Policy) -> Iterator[tuple[str, str]]:
    yield "platform.root_department", policy.root_department
    for source, place in sorted(policy.roots.items()):
        yield f"source.{source}.root_department", place
    if Leaving.PARK in (policy.on_leaver, policy.on_disabled):
        yield "policy.park_department", policy.park_department
