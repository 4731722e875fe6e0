"""A platform may answer `add` with an id in one letter case and show it in another: nothing goes wrong for that."""

from collections.abc import Mapping
from typing import Any

import msgspec
import pytest

from syncd.app.ingest import Ingest, ingest_pending
from syncd.app.mirroring import mirror_platform
from syncd.app.ports import Lease
from syncd.app.reconcile import Request
from syncd.app.revert import revert
from syncd.app.stopping import Stop
from syncd.model.objects import Kind, PlatformDepartment, PlatformUser
from syncd.plan.normal_ids import normal_form
from syncd.platform.own_ids import OwnIds
from syncd.testing.company import Company, Person, Unit
from syncd.testing.passes import Passes
from syncd.testing.platform import FakePlatform
from syncd.testing.postbox import posted, receive
from tests.kit.passing import shown

FORM = normal_form("syncd")
BEFORE = Company({"u": Unit("销售部", "")}, {"a": Person("anna", "Anna", "1", "", "", "u")})
AFTER = Company({"u": Unit("市场部", "")}, {"a": Person("anna", "Anna", "2", "", "", "u")})


class LowerCase:
    """A platform that keeps and shows every id in lower case, and answers `add` with the id as it was sent."""

    def __init__(self, platform: FakePlatform) -> None:
        self._platform = platform

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - whatever it is there
        return getattr(self._platform, name)

    def under(self, lease: Lease) -> "LowerCase":
        """Return the same platform under a lease."""
        return LowerCase(self._platform.under(lease))

    async def user(self, user_id: str) -> PlatformUser | None:
        """Return a user, asked for in any letter case."""
        return await self._platform.user(user_id.lower())

    async def department(self, department_id: str) -> PlatformDepartment | None:
        """Return a department, asked for in any letter case."""
        return await self._platform.department(department_id.lower())

    async def add_user(self, user_id: str, fields: Mapping[str, str], password: str) -> PlatformUser:
        """Make a user."""
        made = await self._platform.add_user(user_id.lower(), lower(fields), password)
        return msgspec.structs.replace(made, id=user_id)

    async def add_department(self, department_id: str, fields: Mapping[str, str]) -> PlatformDepartment:
        """Make a department."""
        made = await self._platform.add_department(department_id.lower(), lower(fields))
        return msgspec.structs.replace(made, id=department_id)

    async def update_user(self, user_id: str, fields: Mapping[str, str], password: str | None = None) -> None:
        """Change a user."""
        await self._platform.update_user(user_id.lower(), lower(fields), password)

    async def update_department(self, department_id: str, fields: Mapping[str, str]) -> None:
        """Change a department."""
        await self._platform.update_department(department_id.lower(), lower(fields))

    async def remove_user(self, user_id: str) -> None:
        """Remove a user."""
        await self._platform.remove_user(user_id.lower())

    async def remove_department(self, department_id: str) -> None:
        """Remove a department."""
        await self._platform.remove_department(department_id.lower())


def lower(fields: Mapping[str, str]) -> dict[str, str]:
    """Return fields in which the ids of departments are in lower case."""
    return {name: value.lower() if name in ("department", "parent") else value for name, value in fields.items()}


class Lowered(Passes):
    """An installation on such a platform; `held` is what the platform holds."""

    def world(self) -> Any:  # noqa: ANN401 - the use cases' world
        """Return what use cases work with."""
        return msgspec.structs.replace(super().world(), platform=OwnIds(LowerCase(self.platform), FORM))


@pytest.fixture
async def lowered(tmp_path: Any) -> Any:  # noqa: ANN401 - pytest's path, and a fixture that ends
    """Return a synced installation on such a platform."""
    made = Lowered(tmp_path)
    made.sources[0].employ(BEFORE)
    await made.approved()
    yield made
    made.close()


async def test_a_second_run_plans_nothing(lowered: Passes) -> None:
    """A run right after the first plans nothing, and makes nobody a second time (I1)."""
    assert (await lowered.run()).plan.operations == ()
    assert shown(lowered) == BEFORE.wanted()


async def test_revert_undoes_what_the_run_did(lowered: Passes) -> None:
    """A run that changed a user and a department is undone."""
    lowered.sources[0].employ(AFTER)
    done = await lowered.run()
    assert shown(lowered) == AFTER.wanted()
    undone = await revert(lowered.world(), done.run.run, Request(), Stop(), lambda _: None)
    assert (undone.run.counts, shown(lowered)) == ({"done": 2}, BEFORE.wanted())


async def test_an_event_makes_no_second_row_and_shows_the_drift(lowered: Passes) -> None:
    """An event right after the first run, with the id in lower case, is taken in by the row that is there."""
    (user_id,) = [key for key in lowered.platform.company.state.users if key != "1"]
    lowered.now += 10
    lowered.platform.company.update_user({"id": user_id, "phone": "9"})
    receive(lowered.store, [posted("user_update", [lowered.platform.company.state.users[user_id]], lowered.now)])
    ports = Ingest(lowered.world().platform, lowered.store, lambda: lowered.now, 3600.0, FORM)
    taken_in = await ingest_pending(ports)
    assert rows(lowered) == {"1", user_id.upper()}
    assert [object_id for *_, object_id in taken_in.drifted] == ["a"]


async def test_a_refresh_of_the_shadow_changes_nothing(lowered: Passes) -> None:
    """A refresh by the daemon leaves the rows as the run left them."""
    before = rows(lowered)
    await mirror_platform(lowered.world())
    assert rows(lowered) == before


async def test_whoever_has_no_face_is_seen_under_the_same_id(lowered: Passes) -> None:
    """The list of faces has the ids that the links have."""
    assert {face.id for face in await lowered.world().platform.faces()} == rows(lowered)


def rows(passes: Passes) -> set[str]:
    """Return the ids of the users in the shadow."""
    with passes.store.reading() as work:
        return {row.platform_id for row in work.shadow.rows(Kind.USER)}
