"""The sandbox is as strict as the document allows."""

import json
import stat
import urllib.request
from pathlib import Path
from typing import Any

import pytest

from syncd.sandbox.api import Sandbox
from syncd.sandbox.company import Company, Rejected
from syncd.sandbox.quirks import Quirks
from syncd.sandbox.serving import running


@pytest.fixture
def company() -> Company:
    """Give a company with a department and a user."""
    made = Company(lambda: 1_700_000_000.0)
    made.add_department({"id": "D", "name": "销售"})
    made.add_user({"id": "U", "name": "安娜", "account": "anna", "phone": "1", "email": "a@b", "departmentId": "D"})
    return made


def code(company: Company, call: str, **arguments: Any) -> int:  # noqa: ANN401 - as a caller may send
    """Give the code of a call that is refused."""
    with pytest.raises(Rejected) as caught:
        getattr(company, call)(arguments)
    return caught.value.code


@pytest.mark.parametrize(
    ("call", "arguments", "wanted"),
    [
        ("add_user", {"name": "x"}, 71005),
        ("add_user", {"account": "x"}, 71005),
        ("add_user", {"name": "x", "account": "ANNA "}, 71006),
        ("add_user", {"name": "x", "account": "x", "phone": " 1"}, 71007),
        ("add_user", {"name": "x", "account": "x", "email": "A@B"}, 71099),
        ("add_user", {"name": "x", "account": "x", "departmentId": "X"}, 71010),
        ("add_user", {"name": "x", "account": "x", "phone": ["1"]}, 71008),
        ("add_user", {"name": True, "account": "x"}, 71008),
        ("add_user", {"id": "U", "name": "x", "account": "x"}, 71001),
        ("update_user", {"name": "x"}, 71005),
        ("update_user", {"id": "X", "name": "x"}, 71009),
        ("update_user", {"id": "U", "account": ""}, 71001),
        ("update_user", {"id": "1", "phone": "1"}, 71007),
        ("remove_user", {}, 71005),
        ("remove_user", {"userId": "X"}, 71009),
        ("remove_user", {"userId": "1"}, 71001),
        ("get_user", {"userId": "X"}, 71009),
        ("add_department", {}, 71005),
        ("add_department", {"id": "D", "name": "x"}, 71001),
        ("add_department", {"name": "x", "parentId": "X"}, 71010),
        ("update_department", {"id": "X", "name": "x"}, 71010),
        ("update_department", {"id": "D", "name": ""}, 71001),
        ("update_department", {"id": "D", "parentId": "D"}, 71001),
        ("remove_department", {"deptId": "D"}, 71001),
        ("remove_department", {"deptId": "X"}, 71010),
        ("get_department", {"deptId": "X"}, 71010),
    ],
)
def test_a_call_that_breaks_a_rule_is_refused_with_its_code(
    company: Company, call: str, arguments: dict[str, Any], wanted: int
) -> None:
    """And changes nothing."""
    before = json.dumps([company.state.users, company.state.departments])
    assert code(company, call, **arguments) == wanted
    assert json.dumps([company.state.users, company.state.departments]) == before


def test_what_is_freed_can_be_taken(company: Company) -> None:
    """Values, and departments once they are empty."""
    company.update_user({"id": "U", "phone": "", "departmentId": ""})
    company.add_user({"name": "Bert", "account": "bert", "phone": "1"})
    company.remove_department({"deptId": "D"})
    company.remove_user({"userId": "U"})
    company.add_user({"id": "U", "name": "Anna", "account": "anna"})


def test_no_department_stands_below_itself(company: Company) -> None:
    """However long the way round."""
    company.add_department({"id": "E", "name": "e", "parentId": "D"})
    company.add_department({"id": "F", "name": "f", "parentId": "E"})
    assert code(company, "update_department", id="D", parentId="F") == 71001
    company.update_department({"id": "F", "parentId": "0"})
    company.update_department({"id": "D", "parentId": "F"})


def test_the_id_of_a_removed_object_may_be_refused(company: Company) -> None:
    """As some installations do."""
    company.remove_user({"userId": "U"})
    company.quirks = Quirks(removed_ids="refused")
    assert code(company, "add_user", id="U", name="x", account="x") == 71001


def test_a_user_without_a_password_has_the_public_one(company: Company) -> None:
    """Which is how tests see that nobody ever has it."""
    company.update_user({"id": "U", "password": "geheim"})
    company.add_user({"id": "V", "name": "v", "account": "v", "password": "geheim"})
    assert company.state.passwords == {"U": "changed", "V": "given"}
    company.add_user({"id": "W", "name": "w", "account": "w"})
    assert company.state.passwords["W"] == "default"


def test_its_state_is_kept_in_a_file_for_its_owner(tmp_path: Path) -> None:
    """And read again; passwords are not in it."""
    path = tmp_path / "platform.json"
    with running(Sandbox(state_file=path)) as url:
        token = call(f"{url}/api/oapi/gettoken?appkey=sandbox&appsecret=sandbox-secret", None)["value"]["access_token"]
        made = call(
            f"{url}/api/open/user/add?access_token={token}", {"name": "安娜", "account": "a", "password": "geheim"}
        )
        assert made["code"] == 10000
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert "geheim" not in path.read_text()
    again = Sandbox(state_file=path)
    assert {user["account"] for user in again.company.state.users.values()} == {"admin", "a"}


def call(url: str, body: object) -> Any:  # noqa: ANN401 - JSON
    """Ask the sandbox as any program would."""
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(url, data, {"content-type": "application/json"})  # noqa: S310 - the loopback
    with urllib.request.urlopen(request) as answer:  # noqa: S310 - likewise
        return json.load(answer)


def test_tokens_and_unknown_calls_are_answered_by_code() -> None:
    """As the document's table says."""
    sandbox = Sandbox()
    with running(sandbox) as url:
        base = url.removesuffix("/meeting")
        assert call(f"{url}/api/oapi/gettoken?appkey=x&appsecret=y", None)["code"] == 71001
        assert call(f"{url}/api/open/user/list", {})["code"] == 71002
        assert call(f"{url}/api/open/user/list?access_token=x", {})["code"] == 71003
        token = call(f"{url}/api/oapi/gettoken?appkey=sandbox&appsecret=sandbox-secret", None)["value"]["access_token"]
        assert call(f"{url}/api/open/user/nothing?access_token={token}", {})["code"] == 71001
        assert call(f"{url}/api/open/user/add?access_token={token}", ["no table"])["code"] == 71001
        sandbox.tokens.given[token] -= 7200
        assert call(f"{url}/api/open/user/list?access_token={token}", {})["code"] == 71004
        assert call(f"{base}/sandbox/faults", [{"fault": "429", "match": "user/list", "count": 2}])[0]["count"] == 2
        assert call(f"{base}/sandbox/state", None)["departments"] == {}
        assert call(f"{base}/sandbox/calls", None) == []
