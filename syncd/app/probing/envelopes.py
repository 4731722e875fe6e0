"""Bodies, envelopes, codes and tokens: what can be seen without a writing call."""

from collections.abc import AsyncIterator

from syncd.app.probing.scene import Scene
from syncd.app.probing.values import ID_ARGUMENT, MISSING, Observation, Said, shown
from syncd.wire.codes import Code

UNREAD = {str(int(code)) for code in (Code.INVALID_ARGUMENTS, Code.ARGUMENT_LACKING, Code.ARGUMENT_TYPE)}
FORMS = ("json", "form")


async def observe_bodies(scene: Scene) -> AsyncIterator[Observation]:
    """See which bodies are read, and use one that is."""
    argument = {ID_ARGUMENT["dept"]: scene.new_id()}
    answers = {body: await scene.platform.ask("dept/get", argument, body) for body in FORMS}
    read = [body for body in FORMS if answers[body].code not in UNREAD]
    if len(read) == 1:
        scene.body = read[0]
    observed = " and ".join(read) or ", ".join(f"{body}: {answers[body].outcome}" for body in FORMS)
    yield Observation(
        "bodies",
        f"read: {observed}" if read else f"neither is read as expected: {observed}",
        f"syncd sends {scene.body or 'what platform.body says'}",
        'platform.body = "form"' if read == ["form"] else "",
    )


async def observe_envelope(scene: Scene) -> AsyncIterator[Observation]:
    """See what the envelope looks like, of a success and of an error."""
    success, error = await scene.ask("dept/list"), await scene.ask("dept/get", deptId=scene.new_id())
    code = success.envelope.get("code")
    kind = "a text" if isinstance(code, str) else "a number"
    yield Observation("code", f"{kind} ({shown(code)})", "text and number are the same to syncd")
    errors = ", ".join(dict.fromkeys(_field_errors(one) for one in (success, error)))
    yield Observation("fieldErrors", errors, "never read")
    status = f"HTTP {error.status} with code {error.code}"
    yield Observation("status of errors", status, "the envelope's code decides, whatever the status")
    said = shown(error.envelope["success"]) if "success" in error.envelope else "missing"
    yield Observation("success of errors", said, "anything but false leaves the decision to the code")


def _field_errors(said: Said) -> str:
    return f"{shown(said.envelope['fieldErrors']):.60}" if "fieldErrors" in said.envelope else "missing"


async def observe_unknown_ids(scene: Scene) -> AsyncIterator[Observation]:
    """See the code of each kind for an id that nobody has."""
    said = {
        f"{kind}/get": (await scene.ask(f"{kind}/get", **{ID_ARGUMENT[kind]: scene.new_id()}), MISSING[kind])
        for kind in ("user", "dept", "room", "meeting")
    }
    said["user/update"] = await scene.ask("user/update", id=scene.new_id()), Code.USER_MISSING
    said["user/remove"] = await scene.ask("user/remove", userId=scene.new_id()), Code.USER_MISSING
    said["dept/remove"] = await scene.ask("dept/remove", deptId=scene.new_id()), Code.DEPARTMENT_MISSING
    others = [f"{call} {one.outcome}" for call, (one, code) in said.items() if one.code != str(int(code))]
    yield Observation(
        "unknown ids",
        "; ".join(others) or "the document's codes (71009 to 71012)",
        "a run would take this for a refusal, not for an object that is gone" if others else "read as: it is not there",
    )


async def observe_arguments(scene: Scene) -> AsyncIterator[Observation]:
    """See the codes for a missing argument and for one of the wrong type, in calls that only read."""
    missing, wrong = await scene.ask("user/get"), await scene.ask("user/get", userId=["1", "2"])
    yield Observation("missing argument", missing.outcome, "syncd never leaves out an id (the document says 71005)")
    observed = wrong.outcome if scene.body != "form" else "cannot be told: a form has only texts"
    yield Observation("wrong type", observed, "syncd sends texts for texts (the document says 71008)")


async def observe_tokens(scene: Scene) -> AsyncIterator[Observation]:
    """See whether a token outlives the next one, and the codes of a missing and an unknown one."""
    former = await scene.platform.ask_after_renewal("dept/get", {"deptId": scene.new_id()})
    ends = former.code in {str(int(one)) for one in (Code.TOKEN_ILLEGAL, Code.TOKEN_EXPIRED)}
    yield Observation(
        "former token",
        f"ends with the next one ({former.code})" if ends else "goes on beside the next one",
        "no other program may use this appkey: each would end the other's token; syncd renews once and goes on"
        if ends
        else "several programs may use one appkey",
    )
    codes = [(await scene.platform.ask("dept/list", {}, scene.body, token)).outcome for token in ("", "probe")]
    yield Observation(
        "token refusals",
        f"without one: {codes[0]}; with an unknown one: {codes[1]}",
        "71002, 71003 and 71004 renew the token once; another code would be a failure of the call",
    )
