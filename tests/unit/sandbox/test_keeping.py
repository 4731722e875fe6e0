"""The sandbox keeps its state in a file, tells observers of every change, and has paths of its own."""

import json
import stat
from pathlib import Path
from typing import Any

import pytest

from syncd.errors import SyncdError
from syncd.sandbox.api import Sandbox
from syncd.sandbox.company import Action, Company, Kind, Record
from syncd.sandbox.state import State, load, save
from syncd.testing.stocked import stocked
from tests.kit.installation.calls import calling
from tests.kit.waiting import comes


def test_everything_is_kept_in_a_file_for_its_owner(tmp_path: Path) -> None:
    """The state file has mode 600, holds no password, and restores the whole company with its rules."""
    path = tmp_path / "platform.json"
    sandbox = Sandbox(stocked(), state_file=path)
    with calling(sandbox) as caller:
        caller.value("user/add", id="W", name="w", account="w", password="geheim")
        caller.value("user/remove", userId="V")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert "geheim" not in path.read_text(encoding="utf-8")
    again = Sandbox(state_file=path)
    assert again.company.state == sandbox.company.state
    with pytest.raises(Exception, match="Account"):
        again.company.add_user({"name": "x", "account": "ANNA"})
    assert [path.name for path in tmp_path.iterdir()] == ["platform.json"]


def test_a_change_is_in_the_file_soon(tmp_path: Path) -> None:
    """A change reaches the state file while the server still runs."""
    path = tmp_path / "platform.json"
    with calling(Sandbox(state_file=path)) as caller:
        assert load(path).departments == {}
        caller.value("dept/add", id="D", name="销售")
        assert comes(lambda: load(path).departments)
        assert load(path).departments["D"]["name"] == "销售"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "{}",
        '{"users": {"1": {"id": "1"}}, "departments": {}}',
        '{"users": {}, "departments": {}, "people": {}}',
        '{"users": {}, "departments": {}, "rooms": []}',
    ],
)
def test_a_file_of_another_shape_is_one_line(tmp_path: Path, text: str) -> None:
    """A state file of another shape is refused in one line that names the file, and is left as it was."""
    path = tmp_path / "other.json"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(SyncdError, match=r"other\.json is no state file of a sandbox: ") as caught:
        Sandbox(state_file=path)
    assert "\n" not in str(caught.value)
    assert path.read_text(encoding="utf-8") == text


def test_a_file_that_cannot_be_written_is_said_at_once(tmp_path: Path) -> None:
    """A state file that cannot be written stops the sandbox when it starts."""
    with pytest.raises(SyncdError, match="cannot be written"), calling(Sandbox(state_file=tmp_path / "no" / "x.json")):
        pass


def test_a_file_that_can_no_longer_be_written_is_a_problem(tmp_path: Path) -> None:
    """The page says that the state file cannot be written, until it is written at last."""
    folder = tmp_path / "folder"
    folder.mkdir()
    sandbox = Sandbox(state_file=folder / "x.json")
    with calling(sandbox) as caller:
        moved = folder.rename(tmp_path / "away")
        caller.value("dept/add", id="D", name="d")
        assert comes(lambda: sandbox.problem)
        assert "cannot be written" in caller.ask("GET", "/sandbox/")[2].decode()
        moved.rename(folder)
    assert sandbox.problem == ""
    assert "D" in load(folder / "x.json").departments


def test_a_state_is_written_and_read_as_it_is(tmp_path: Path) -> None:
    """A saved state is loaded as it was, be it empty or full."""
    for state in (State(), stocked().state):
        save(state, tmp_path / "s.json")
        assert load(tmp_path / "s.json") == state


def test_every_change_passes_the_observers() -> None:
    """Observers are told kind, action and object of every change, and of nothing that only reads."""
    company = stocked()
    seen: list[tuple[Kind, Action, str]] = []

    def observer(kind: Kind, action: Action, record: Record) -> None:
        seen.append((kind, action, record["id"]))

    company.observe(observer)
    company.update_user({"id": "U", "phone": "2"})
    company.clear_face({"userId": "V"})
    company.cancel_meeting({"meetingId": "M"})
    company.finish_meeting({"meetingId": "N"})
    company.remove_user({"userId": "U"})
    company.get_user({"userId": "V"})
    assert [(kind.value, action.value, object_id) for kind, action, object_id in seen] == [
        ("user", "update", "U"),
        ("user", "update", "V"),
        ("meeting", "cancel", "M"),
        ("meeting", "finish", "N"),
        ("room", "update", "R"),
        ("user", "remove", "U"),
    ]


def test_the_sandboxs_own_paths() -> None:
    """The paths below `/sandbox/` show and clear what the sandbox holds, and an unknown path lists those there are."""
    with calling(Sandbox(stocked())) as caller:
        token = caller.path("user/list")
        caller.value("dept/remove", deptId="E")
        assert caller.own("GET", "calls") == [["dept/remove", {"deptId": "E"}, 10000]]
        assert caller.own("DELETE", "calls") == []
        assert caller.own("GET", "changes")[-1]["before"]["name"] == "华东"
        assert set(caller.own("GET", "state")["rooms"]) == {"R", "S"}
        assert caller.own("DELETE", "tokens") == []
        assert json.loads(caller.ask("POST", token, b"{}")[2])["code"] == 71003
        assert "GET /sandbox/state" in caller.own("GET", "nothing")["paths"]
        assert caller.ask("POST", "/sandbox/state", b"x" * (9 << 20))[0] == 413


def test_a_clock_of_ones_own(tmp_path: Path) -> None:
    """A sandbox dates what is made by the clock that it is given."""
    clock: Any = lambda: 5.0  # noqa: E731 - a clock that stands
    company: Company = Sandbox(state_file=tmp_path / "s.json", clock=clock).company
    assert company.add_department({"name": "d"})["createdTime"] == 5000
