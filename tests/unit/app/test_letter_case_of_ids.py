"""A platform may answer `add` with an id in one letter case and show it in another: nothing goes wrong for that."""

from collections.abc import Mapping
from typing import Any, TypeVar

import msgspec
import pytest

from syncd.app.ingest import Ingest, ingest_pending
from syncd.app.mirroring import mirror_platform
from syncd.app.ports import Lease
from syncd.app.reconcile import Request
from syncd.app.revert import revert
from syncd.app.stopping import Stop
from syncd.model.faces import ShownFace
from syncd.model.objects import Kind, PlatformDepartment, PlatformUser
from syncd.platform.normal_ids import NormalIds
from syncd.sandbox.quirks import Quirks
from syncd.testing.company import Company, Person, Unit
from syncd.testing.passes import Passes
from syncd.testing.platform import FakePlatform
from syncd.testing.postbox import posted, receive
from tests.kit.passing import shown

BEFORE = Company({"u": Unit("销售部", "")}, {"a": Person("anna", "Anna", "1", "", "", "u")})
AFTER = Company({"u": Unit("市场部", "")}, {"a": Person("anna", "Anna", "2", "", "", "u")})


Shown = TypeVar("Shown", PlatformUser, PlatformDepartment, ShownFace)


class LowerCase:
    """A platform that lists every id in lower case, answers `add` in upper case, and takes an id in any letter case.

    One that is `strict` answers in lower case too, and takes an id that it has given in lower case only.
    """

    def __init__(self, platform: FakePlatform, *, is_strict: bool = False) -> None:
        self._platform, self._is_strict = platform, is_strict

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - whatever it is there
        return getattr(self._platform, name)

    def _kept(self, object_id: str) -> str:
        """Return the id under which the fake keeps an object, or one that nobody has."""
        state = self._platform.company.state
        kept = {each.casefold(): each for each in (*state.users, *state.departments)}.get(object_id.casefold())
        if kept is None:
            return object_id
        return "NOBODY" if self._is_strict and object_id != object_id.lower() else kept

    def _answer(self, made: Shown) -> Shown:
        return lower(made) if self._is_strict else made

    def _kept_fields(self, fields: Mapping[str, str]) -> dict[str, str]:
        return {
            name: self._kept(value) if name in ("department", "parent") else value for name, value in fields.items()
        }

    def under(self, lease: Lease) -> "LowerCase":
        """Return the same platform under a lease."""
        return LowerCase(self._platform.under(lease), is_strict=self._is_strict)

    async def users(self) -> tuple[PlatformUser, ...]:
        """Return every user."""
        return tuple(lower(each) for each in await self._platform.users())

    async def departments(self) -> tuple[PlatformDepartment, ...]:
        """Return every department."""
        return tuple(lower(each) for each in await self._platform.departments())

    async def faces(self) -> tuple[ShownFace, ...]:
        """Return of every user whether there is a face."""
        return tuple(lower(each) for each in await self._platform.faces())

    async def user(self, user_id: str) -> PlatformUser | None:
        """Return a user."""
        found = await self._platform.user(self._kept(user_id))
        return found and lower(found)

    async def department(self, department_id: str) -> PlatformDepartment | None:
        """Return a department."""
        found = await self._platform.department(self._kept(department_id))
        return found and lower(found)

    async def add_user(self, user_id: str, fields: Mapping[str, str], password: str) -> PlatformUser:
        """Make a user."""
        return self._answer(await self._platform.add_user(user_id, self._kept_fields(fields), password))

    async def add_department(self, department_id: str, fields: Mapping[str, str]) -> PlatformDepartment:
        """Make a department."""
        return self._answer(await self._platform.add_department(department_id, self._kept_fields(fields)))

    async def update_user(self, user_id: str, fields: Mapping[str, str], password: str | None = None) -> None:
        """Change a user."""
        await self._platform.update_user(self._kept(user_id), self._kept_fields(fields), password)

    async def update_department(self, department_id: str, fields: Mapping[str, str]) -> None:
        """Change a department."""
        await self._platform.update_department(self._kept(department_id), self._kept_fields(fields))

    async def remove_user(self, user_id: str) -> None:
        """Remove a user."""
        await self._platform.remove_user(self._kept(user_id))

    async def remove_department(self, department_id: str) -> None:
        """Remove a department."""
        await self._platform.remove_department(self._kept(department_id))


def lower(shown: Shown) -> Shown:
    """Return what the platform shows with its ids in lower case."""
    changes: dict[str, object] = {"id": shown.id.lower()}
    if isinstance(shown, PlatformUser):
        changes["fields"] = msgspec.structs.replace(shown.fields, department=(shown.fields.department or "").lower())
    elif isinstance(shown, PlatformDepartment):
        changes["fields"] = msgspec.structs.replace(shown.fields, parent=(shown.fields.parent or "").lower())
    return msgspec.structs.replace(shown, **changes)


class Lowered(Passes):
    """An installation on such a platform."""

    is_strict = False

    def world(self) -> Any:  # noqa: ANN401 - the use cases' world
        """Return what use cases work with."""
        return msgspec.structs.replace(
            super().world(), platform=NormalIds(LowerCase(self.platform, is_strict=self.is_strict))
        )


@pytest.fixture(params=["derived", "own", "strict derived", "strict own"])
async def lowered(tmp_path: Any, request: pytest.FixtureRequest) -> Any:  # noqa: ANN401 - a path, and a fixture that ends
    """Return a synced installation on such a platform, which takes the ids that we derive or gives its own."""
    made = Lowered(tmp_path)
    made.is_strict = "strict" in request.param
    made.platform.company.quirks = Quirks(ignores_ids="own" in request.param)
    made.platform.company.state.made = 0xABCDEF
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


async def test_revert_undoes_the_first_run(lowered: Passes) -> None:
    """The run that made everybody is undone, and nobody of it is left."""
    with lowered.store.reading() as work:
        *_, first = (run for run in work.runs.latest(9) if run.counts.get("done"))
    undone = await revert(lowered.world(), first.run, Request(), Stop(), lambda _: None)
    assert (undone.run.counts, shown(lowered)) == ({"done": 2}, {})


async def test_an_event_makes_no_second_row_and_shows_the_drift(lowered: Passes) -> None:
    """An event right after the first run, with the id in lower case, is taken in by the row that is there."""
    (user_id,) = [key for key in lowered.platform.company.state.users if key != "1"]
    lowered.now += 10
    lowered.platform.company.update_user({"id": user_id, "phone": "9"})
    receive(lowered.store, [posted("user_update", [lowered.platform.company.state.users[user_id]], lowered.now)])
    ports = Ingest(lowered.world().platform, lowered.store, lambda: lowered.now, 3600.0)
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


async def test_the_first_event_about_somebody_is_believed_whatever_letter_case_it_has(lowered: Passes) -> None:
    """Somebody whom an event tells of before any list does is asked for in the letter case that the platform takes."""
    made = lowered.platform.company.add_user({"account": "new", "name": "New"})
    platform = lowered.world().platform
    told = await platform.user(made["id"].upper())
    assert told is not None
    assert (told.id, told.fields.account) == (made["id"].upper(), "new")
    assert await platform.user("0" * 31 + "F") is None
