"""The page's form of the callback: refresh makes keys, save checks the URL, as on the platform's settings page."""

from starlette.types import Send

from syncd.sandbox import callback, reading
from syncd.sandbox.api import Sandbox
from syncd.sandbox.reading import Asked
from syncd.sandbox.rendering import render
from syncd.sandbox.sealing import made_settings
from syncd.sandbox.showing import HTML, reply
from syncd.sandbox.state import CallbackSettings

THERE = (b"location", b"/sandbox/#callback")


async def answer(asked: Asked, sandbox: Sandbox, send: Send) -> None:
    """Show the form, with new keys where they are wanted, or save what it says; a refusal shows it again, as 409."""
    known, form = sandbox.pushes.settings, reading.form(asked.body)
    wanted = f"{asked.method} {asked.path.removeprefix('page/')}"
    if wanted == "GET callback":
        await _show(send, 200, known, known)
    elif wanted == "POST callback/keys":
        await _show(send, 200, made_settings(form.get("url", "")), known)
    elif wanted == "POST callback/stop":
        await _save(sandbox, callback.stopped(known), send)
    elif wanted == "POST callback/save":
        await _save(sandbox, callback.merged(known, **{name: form.get(name, "") for name in callback.NAMES}), send)
    else:
        await render(send, 404, "edit.html", {"kind": "", "said": "没有这个页面"})


async def _save(sandbox: Sandbox, settings: CallbackSettings, send: Send) -> None:
    try:
        await callback.save(sandbox, settings)
    except callback.CallbackRefused as error:
        said = f"没有保存：网址或密钥不能使用，或网址没有在 1500 毫秒内返回加密的 success（{error}）"
        await _show(send, 409, settings, sandbox.pushes.settings, said)
    else:
        await reply(send, 303, b"", HTML, THERE)


async def _show(send: Send, status: int, one: CallbackSettings, known: CallbackSettings, said: str = "") -> None:
    await render(send, status, "callback.html", {"one": one, "known": known, "said": said})
