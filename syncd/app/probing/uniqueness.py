"""Which values two objects may not share, and with which code that is refused."""

from collections.abc import AsyncIterator

from syncd.app.probing.scene import Scene
from syncd.app.probing.values import Observation
from syncd.wire.codes import Code

EXPECTED = {"account": Code.ACCOUNT_OCCUPIED, "phone": Code.PHONE_OCCUPIED, "email": None}


async def observe_duplicates(scene: Scene) -> AsyncIterator[Observation]:
    """Give one user what another has: the same, and the same in another letter case."""
    first, second = await scene.user("a"), await scene.user("f")
    values = {"account": scene.marks.account("a"), "phone": scene.marks.phone(1), "email": scene.marks.mail("a")}
    for field, value in values.items():
        held = await scene.ask("user/update", id=first, **{field: value})
        same = await scene.ask("user/update", id=second, **{field: value})
        observed = same.outcome if held.is_success else f"not tried: the value itself was {held.outcome}"
        unexpected = same.code != str(int(EXPECTED[field] or 0)) and field != "email"
        meaning = "syncd expects it to be unique all the same" if same.is_success else "named with both people"
        yield Observation(
            f"duplicate {field}",
            observed,
            f"{meaning} (the document says {EXPECTED[field]:d})" if unexpected and not same.is_success else meaning,
        )
        if field != "phone":
            other = await scene.ask("user/update", id=second, **{field: value.upper()})
            is_two = other.is_success and not same.is_success
            yield Observation(
                f"letter case of {field}",
                "values that differ in it alone are two" if is_two else f"another letter case is {other.outcome}",
                "syncd takes them for one value, and gives it to one person only",
            )
        await _put_back(scene, field)


async def _put_back(scene: Scene, field: str) -> None:
    for letter in ("a", "f"):
        usual = scene.marks.account(letter) if field == "account" else ""
        await scene.ask("user/update", id=await scene.user(letter), **{field: usual})


async def observe_department_names(scene: Scene) -> AsyncIterator[Observation]:
    """Make two departments of one name under one parent."""
    fields = {"name": scene.marks.name("b"), "parentId": scene.department}
    await scene.add("dept", **fields)
    said = await scene.add("dept", **fields)
    yield Observation(
        "department names",
        "two of one name under one parent are two" if said.is_success else f"the second of one name is {said.outcome}",
        "two of one name stay two"
        if said.is_success
        else "of two with one name under one parent the second is named as failed; cycles of names get passing ones",
    )
