"""The page on which an administrator looks at the platform and edits it by hand."""

import importlib.resources
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

import jinja2
import msgspec
from starlette.types import Send

from syncd.sandbox import reading
from syncd.sandbox.api import Sandbox
from syncd.sandbox.arguments import Rejected
from syncd.sandbox.company import Company, Kind, Record
from syncd.sandbox.edits import CALLS, KINDS, arguments, filled
from syncd.sandbox.faults import MEANINGS
from syncd.sandbox.meeting_list import CHINA
from syncd.sandbox.quirks import Quirks, descriptions
from syncd.sandbox.reading import Asked
from syncd.sandbox.showing import HTML, Header, reply

ROWS = 100
LATEST = 30
POLICY: Header = (b"content-security-policy", b"default-src 'none'; style-src 'unsafe-inline'; form-action 'self'")
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
    if asked.method == "POST" and call in CALLS and not is_foreign:
        await _edit(call, reading.form(asked.body), sandbox.company, send)
    elif asked.method == "GET" and not asked.path:
        await _send(send, 200, "page.html", overview(sandbox, asked.query.get("q", "")))
    elif asked.method == "GET" and call in KINDS:
        record = sandbox.company.registry.found(Kind(call), asked.query.get("id", ""))
        values = filled(sandbox.company, Kind(call), record)
        await _send(send, 200, "edit.html", _form(sandbox.company, kind, values, is_new=record is None))
    else:
        await _send(send, 403 if is_foreign else 404, "edit.html", {"kind": "", "said": "没有这个页面"})


async def _edit(call: str, form: Mapping[str, str], company: Company, send: Send) -> None:
    kind, verb = call.split("/")
    try:
        company.calls[call](arguments(company, call, form))
    except Rejected as rejected:
        said = f"没有保存：{SENTENCES.get(rejected.code, '操作被拒绝')}（{rejected.code} {rejected}）"
        known = company.registry.found(Kind(kind), form.get("id", ""))
        values = {**filled(company, Kind(kind), known), **form}
        is_new = verb in ("add", "book")
        await _send(send, 409, "edit.html", {**_form(company, kind, values, is_new=is_new), "said": said})
    else:
        await reply(send, 303, b"", HTML, (b"location", f"/sandbox/#{kind}".encode()))


def overview(sandbox: Sandbox, wanted: str) -> dict[str, Any]:
    """Give what the page shows; `wanted` is a part of a name, account, phone or mail."""
    company, state = sandbox.company, sandbox.company.state
    users = [one for one in state.users.values() if _matches(one, wanted)]
    meetings = sorted(state.meetings.values(), key=lambda one: (one["beginTime"], one["id"]), reverse=True)
    usual, now = msgspec.to_builtins(Quirks()), msgspec.to_builtins(company.quirks)
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
        "orders": [(order, _plain(MEANINGS[order.fault])) for order in sandbox.faults.orders],
        "quirks": [(name, now[name], now[name] != usual[name], _plain(text)) for name, text in descriptions().items()],
    }


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


def _plain(text: str) -> str:
    """Give a text of the guide without its marks."""
    return text.replace("`", "")


def _moment(milliseconds: float) -> str:
    return datetime.fromtimestamp(milliseconds / 1000, CHINA).strftime("%Y-%m-%d %H:%M:%S")


def _environment() -> jinja2.Environment:
    folder = importlib.resources.files("syncd.sandbox")
    templates = {one.name: one.read_text("utf-8") for one in folder.iterdir() if one.name.endswith(".html")}
    made = jinja2.Environment(loader=jinja2.DictLoader(templates), autoescape=True, undefined=jinja2.StrictUndefined)
    made.filters["moment"] = _moment
    return made


ENVIRONMENT = _environment()


async def _send(send: Send, status: int, template: str, shown: Mapping[str, Any]) -> None:
    text = ENVIRONMENT.get_template(template).render(**shown)
    await reply(send, status, text.encode(), HTML, POLICY)
