"""The page on which an administrator looks at the platform and edits it by hand."""

from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import urlsplit

import msgspec
from starlette.types import Send

from syncd.sandbox import callback_page, reading
from syncd.sandbox.api import Sandbox
from syncd.sandbox.arguments import Rejected
from syncd.sandbox.company import Company, Kind, Record
from syncd.sandbox.delivery import Delivery
from syncd.sandbox.edits import CALLS, KINDS, arguments, filled
from syncd.sandbox.faults import MEANINGS
from syncd.sandbox.quirks import Quirks
from syncd.sandbox.reading import Asked
from syncd.sandbox.rendering import plain, render
from syncd.sandbox.showing import HTML, reply
from syncd.sandbox.switches import meanings

ROWS = 100
LATEST = 30
SENTENCES = {
    71001: "参数无效",
    71005: "缺少必填的参数",
    71006: "账号已被占用",
    71007: "电话已被占用",
    71008: "参数类型不匹配",
    71009: "用户不存在",
    71010: "部门不存在",
    71011: "会议室不存在",
    71012: "会议不存在",
    71013: "参会人不存在",
    71099: "邮箱已被占用",
}


def is_for(path: str) -> bool:
    """Tell whether a path below `/sandbox/` is the page's."""
    return path == "" or path.startswith("page/")


def is_foreign(origin: bytes, host: bytes) -> bool:
    """Tell whether a form was sent from another site's page."""
    return bool(origin) and urlsplit(origin.decode("latin-1")).netloc != host.decode("latin-1")


async def answer(asked: Asked, sandbox: Sandbox, send: Send, *, is_foreign: bool) -> None:
    """Show the page or a form, or carry out an edit; a refusal shows the form again with a sentence, as 409."""
    call = asked.path.removeprefix("page/")
    kind = call.split("/")[0]
    if kind == "callback" and not is_foreign:
        await callback_page.answer(asked, sandbox, send)
    elif asked.method == "POST" and call in CALLS and not is_foreign:
        await _edit(call, reading.form(asked.body), sandbox.company, send)
    elif asked.method == "GET" and not asked.path:
        await render(send, 200, "page.html", overview(sandbox, asked.query.get("q", "")))
    elif asked.method == "GET" and call in KINDS:
        record = sandbox.company.registry.found(Kind(call), asked.query.get("id", ""))
        values = filled(sandbox.company, Kind(call), record)
        await render(send, 200, "edit.html", _form(sandbox.company, kind, values, is_new=record is None))
    else:
        await render(send, 403 if is_foreign else 404, "edit.html", {"kind": "", "said": "没有这个页面"})


async def _edit(call: str, form: Mapping[str, str], company: Company, send: Send) -> None:
    kind, verb = call.split("/")
    try:
        company.calls[call](arguments(company, call, form))
    except Rejected as rejected:
        said = f"没有保存：{SENTENCES.get(rejected.code, '操作被拒绝')}（{rejected.code} {rejected}）"
        known = company.registry.found(Kind(kind), form.get("id", ""))
        values = {**filled(company, Kind(kind), known), **form}
        is_new = verb in ("add", "book")
        await render(send, 409, "edit.html", {**_form(company, kind, values, is_new=is_new), "said": said})
    else:
        await reply(send, 303, b"", HTML, (b"location", f"/sandbox/#{kind}".encode()))


def overview(sandbox: Sandbox, wanted: str) -> dict[str, Any]:
    """Give what the page shows; `wanted` is a part of a name, account, phone or mail."""
    company, state = sandbox.company, sandbox.company.state
    users = [one for one in state.users.values() if _matches(one, wanted)]
    meetings = sorted(state.meetings.values(), key=lambda one: (one["beginTime"], one["id"]), reverse=True)
    return {
        "q": wanted,
        "appkey": sandbox.appkey,
        "requests": sandbox.requests,
        "problem": sandbox.problem,
        "tables": {kind.value: len(table) for kind, table in company.registry.tables.items()},
        "users": users[:ROWS],
        "found": len(users),
        "rows": ROWS,
        "tree": list(_tree(company))[:ROWS],
        "rooms": list(state.rooms.values())[:ROWS],
        "meetings": meetings[:ROWS],
        "names": _Names(company),
        "calls": list(reversed(sandbox.recent))[:LATEST],
        "changes": list(reversed(company.registry.changes))[:LATEST],
        "orders": [(order, plain(MEANINGS[order.fault])) for order in sandbox.faults.orders],
        "pushes": sandbox.pushes,
        "settled": list(reversed(sandbox.pushes.settled))[:LATEST],
        "failures": list(reversed(sandbox.pushes.failures))[:LATEST],
        "delivery": switched(sandbox.pushes.delivery, Delivery()),
        "quirks": switched(company.quirks, Quirks()),
    }


def switched(now: msgspec.Struct, usual: msgspec.Struct) -> list[tuple[str, object, bool, str]]:
    """Give each switch: its name, its value, whether that is not the default, and what it means."""
    values, defaults = msgspec.to_builtins(now), msgspec.to_builtins(usual)
    texts = meanings(type(now)).items()
    return [(name, values[name], values[name] != defaults[name], plain(text)) for name, text in texts]


class _Names:
    """The names of departments, rooms and users by their ids; the id itself where there is none."""

    def __init__(self, company: Company) -> None:
        self._tables = company.registry.tables

    def of(self, kind: str, object_id: str) -> str:
        found = self._tables[Kind(kind)].get(object_id)
        return str(found["name"]) if found else object_id


def _form(company: Company, kind: str, values: Record, *, is_new: bool) -> dict[str, Any]:
    return {
        "kind": kind,
        "one": values,
        "is_new": is_new,
        "said": "",
        "tree": list(_tree(company)),
        "rooms": list(company.state.rooms.values()),
    }


def _matches(user: Record, wanted: str) -> bool:
    return any(wanted.casefold() in user[field].casefold() for field in ("name", "account", "phone", "email"))


def _tree(company: Company) -> Iterator[tuple[int, Record, int]]:
    """Give every department, top down, with its depth and the number of its users."""
    registry, departments = company.registry, company.state.departments
    waiting = [(0, one) for one in reversed(departments.values()) if not one["parentId"]]
    while waiting:
        depth, one = waiting.pop()
        yield depth, one, len(registry.users_in.of(one["id"]))
        waiting += [(depth + 1, departments[child]) for child in reversed([*registry.departments_in.of(one["id"])])]
