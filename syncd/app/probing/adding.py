"""What `add` makes of an id: chosen, taken already, or that of a removed object."""

from collections.abc import AsyncIterator

from syncd.app.probing.scene import Scene
from syncd.app.probing.values import Observation
from syncd.errors import Refused

CHOSEN = "a repeated add makes no second object, and a lost store can be rebuilt"
GIVEN = "the answer's id counts; a lost store is not rebuilt by derived ids: keep a backup of it"


async def observe_own_ids(scene: Scene) -> AsyncIterator[Observation]:
    """Make the department and the users that everything else works on, and see whose ids they have."""
    wanted = scene.new_id()
    said = await scene.add("dept", id=wanted, name=scene.marks.name("a"), parentId=scene.below)
    if not said.is_success:
        raise Refused(said.code, f"{said.envelope.get('message')}: no department can be made below the root department")
    scene.department = str(said.record.get("id"))
    asked = scene.new_id()
    user = await scene.add_user("a", id=asked)
    scene.users["a"] = str(user.record.get("id"))
    taken = {"dept": scene.department == wanted, "user": scene.users["a"] == asked}
    given = [kind for kind, is_taken in taken.items() if not is_taken]
    yield Observation(
        "own ids",
        f"{' and '.join(given)}/add gives another id than was asked for" if given else "add takes the id of the caller",
        GIVEN if given else CHOSEN,
    )


async def observe_existing_ids(scene: Scene) -> AsyncIterator[Observation]:
    """Add with the id of a user who is there, and see what became of that user."""
    first = await scene.user("a")
    said = await scene.add_user("x", id=first)
    if not said.is_success:
        observed = said.outcome
    elif str(said.record.get("id")) != first:
        observed = "a second object is made under another id"
    else:
        kept = str((await scene.get("user", first)).get("account")) == scene.marks.account("a")
        observed = "success, and what is there stays as it is" if kept else "success, and what is there is OVERWRITTEN"
    yield Observation("existing id", observed, "after a lost answer syncd looks with get before it adds again")


async def observe_removed_ids(scene: Scene) -> AsyncIterator[Observation]:
    """Remove a user, and add another with the same id."""
    gone = await scene.user("r")
    del scene.users["r"]
    removed = await scene.ask("user/remove", userId=gone)
    if not removed.is_success:
        yield Observation("removed id", f"not tried: user/remove was {removed.outcome}", "")
        return
    said = await scene.add_user("r", id=gone)
    is_same = said.is_success and str(said.record.get("id")) == gone
    yield Observation(
        "removed id",
        "may be used again" if is_same else "another id is given" if said.is_success else said.outcome,
        "who returns has the same id again" if is_same else "who returns after removal gets a new generation of the id",
    )
