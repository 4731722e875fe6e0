"""The sandbox's page works as a browser without JavaScript would use it."""

import re
from html.parser import HTMLParser
from urllib.parse import urlencode

import pytest

from syncd.sandbox.faults import Fault, Order
from tests.kit.installation.calls import FORM, Caller


class Form(HTMLParser):
    """The first form of a page that sends something: where to, and the values that it begins with."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.action, self.values, self._area, self._select, self._is_ours = "", dict[str, str](), "", "", False
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Take in a field."""
        found = {name: value or "" for name, value in attrs}
        if tag == "form":
            self._is_ours = not self.action and found.get("method") == "post"
            self.action = self.action or (found["action"] if self._is_ours else "")
        elif self._is_ours and tag == "input":
            self.values[found["name"]] = found.get("value", "")
        elif tag in ("select", "textarea"):
            self._select = found["name"] if tag == "select" else ""
            self._area = found["name"] if tag == "textarea" else ""
            self.values.setdefault(found["name"], "")
        elif tag == "option" and self._select and ("selected" in found or not self.values[self._select]):
            self.values[self._select] = found["value"]

    def handle_data(self, data: str) -> None:
        """Take in the text of an area."""
        if self._area and self._is_ours:
            self.values[self._area] += data

    def handle_endtag(self, tag: str) -> None:
        """Leave an area or a form."""
        self._area = "" if tag == "textarea" else self._area
        self._is_ours = self._is_ours and tag != "form"


def page(caller: Caller, path: str = "") -> str:
    """Return a page."""
    status, headers, body = caller.ask("GET", f"/sandbox/{path}")
    assert (status, headers["content-type"]) == (200, "text/html; charset=utf-8")
    return body.decode()


def send(caller: Caller, form: Form, **values: str) -> tuple[int, str]:
    """Send a form with some values changed, and return status and page of the answer."""
    body = urlencode({**form.values, **values}).encode()
    status, _, answer = caller.ask("POST", form.action, body, FORM)
    return status, answer.decode()


@pytest.mark.parametrize(
    ("path", "values", "shown"),
    [
        ("page/user", {"name": "张三", "account": "zhangsan", "departmentId": "E"}, ("user/list", "name", "张三")),
        ("page/user?id=U", {"name": "安娜 <b>"}, ("user/list", "name", "安娜 <b>")),
        ("page/dept", {"name": "华南", "parentId": "D"}, ("dept/list", "parentId", "D")),
        ("page/dept?id=E", {"parentId": ""}, ("dept/list", "parentId", "")),
        ("page/room", {"name": "三号", "userIds": "ANNA\n1"}, ("room/list", "userIds", ["U", "1"])),
        ("page/room?id=R", {"capacity": "7"}, ("room/list", "capacity", 7)),
        ("page/meeting", {"subject": "评审", "roomId": "S"}, ("meeting/list", "subject", "评审")),
        ("page/meeting?id=M", {"attendances": "viktor\n客人"}, ("meeting/list", "subject", "周会")),
    ],
)
def test_an_administrator_makes_and_changes_by_hand(
    caller: Caller, path: str, values: dict[str, str], shown: tuple[str, str, object]
) -> None:
    """The forms of the page make and change objects of every kind, and none of it is noted as a call."""
    status, _ = send(caller, Form(page(caller, path)), **values)
    assert status == 303
    call, field, value = shown
    assert value in [one[field] for one in caller.value(call)]
    assert caller.own("GET", "calls") == []


def test_a_form_that_is_sent_as_it_stands_changes_nothing(caller: Caller) -> None:
    """A form of a user, department or room that is sent as it stands changes nothing."""
    before = caller.own("GET", "state")
    for kind, object_id in (("user", "U"), ("dept", "E"), ("room", "R")):
        assert send(caller, Form(page(caller, f"page/{kind}?id={object_id}")))[0] == 303
    assert caller.own("GET", "state") == before


@pytest.mark.parametrize(
    ("call", "object_id"),
    [("user/remove", "V"), ("dept/remove", "E"), ("room/remove", "S"), ("meeting/cancel", "M")],
)
def test_an_administrator_removes_by_hand(caller: Caller, call: str, object_id: str) -> None:
    """The page removes users, departments and rooms, and cancels meetings."""
    status, _, _ = caller.ask("POST", f"/sandbox/page/{call}", urlencode({"id": object_id}).encode(), FORM)
    assert status == 303
    listed = [one["id"] for one in caller.value(call.partition("/")[0] + "/list")]
    assert object_id not in listed


@pytest.mark.parametrize(
    ("path", "values", "sentence"),
    [
        ("page/user", {"name": "x", "account": "ANNA"}, "账号已被占用（71006"),
        ("page/user?id=V", {"phone": "1"}, "电话已被占用（71007"),
        ("page/room", {"name": "x", "userIds": "nobody"}, "用户不存在（71009"),
        ("page/dept?id=D", {"parentId": "E"}, "参数无效（71001"),
        ("page/meeting", {"subject": "x", "beginTime": "later"}, "参数无效（71001"),
    ],
)
def test_a_refusal_is_a_sentence_above_the_form_as_it_was_sent(
    caller: Caller, path: str, values: dict[str, str], sentence: str
) -> None:
    """A refused form comes back as it was sent, below a sentence that says why."""
    form = Form(page(caller, path))
    status, answer = send(caller, form, **values)
    assert status == 409
    assert f"没有保存：{sentence}" in answer
    assert Form(answer).action == form.action
    assert {name: Form(answer).values[name].strip() for name in values} == values


def test_the_page_shows_everything_there_is(caller: Caller) -> None:
    """The overview shows objects, calls, faults and quirks, escapes markup, and holds no secret and no foreign link."""
    caller.own("POST", "quirks", {"root": "0"})
    caller.value("user/update", id="U", name="<script>alert(1)</script>")
    caller.sandbox.faults.order(Order(Fault.DRIP, "room/list", after=3))
    shown = page(caller)
    for text in ("&lt;script&gt;", "viktor", "华东", "大会议室", "周会", "已取消", "user/update", "drip", "已更改"):
        assert text in shown
    assert "<script" not in shown
    assert re.findall(r'(?:src|href)="(?!/sandbox/|#)', shown) == []
    assert "sandbox-secret" not in shown


def test_who_comes_to_the_entrance_is_shown_in(caller: Caller) -> None:
    """The paths `/` and `/sandbox` lead to the page and are not counted as calls."""
    before = caller.sandbox.requests
    for path in ("/", "/sandbox"):
        assert caller.ask("GET", path)[1]["location"] == "/sandbox/"
    assert caller.sandbox.requests == before


def test_the_page_finds_users_and_shows_a_hundred(caller: Caller) -> None:
    """The page counts all users, shows a hundred of them, and finds others by a search."""
    for number in range(150):
        caller.sandbox.company.add_user({"name": f"n{number}", "account": f"a{number}"})
    shown = page(caller)
    assert "共 153 个" in shown
    assert len(re.findall(r"page/user\?id=", shown)) == 100
    assert len(re.findall(r"page/user\?id=", page(caller, "?q=ANNA"))) == 1
    assert "没有找到用户" in page(caller, "?q=nobody")


def test_a_form_of_another_site_is_refused(caller: Caller) -> None:
    """A form of another site gets status 403 and changes nothing, and a page that does not exist gets 404."""
    body = urlencode({"id": "V"}).encode()
    assert caller.ask("POST", "/sandbox/page/user/remove", body, FORM, origin="http://evil.example")[0] == 403
    assert "V" in caller.sandbox.company.state.users
    assert caller.ask("GET", "/sandbox/page/nothing")[0] == 404
    assert caller.ask("POST", "/sandbox/page/user/list", b"", FORM)[0] == 404


def test_a_deep_tree_is_shown(caller: Caller) -> None:
    """The page is shown even where departments stand 2,000 levels deep."""
    above = "D"
    for number in range(2000):
        above = str(caller.sandbox.company.add_department({"name": f"t{number}", "parentId": above})["id"])
    assert "共 2002 个" in page(caller)
