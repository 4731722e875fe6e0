"""The guide for integrators says what the code does, and the command says where to look."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import msgspec
import pytest

from syncd.sandbox.control import PATHS
from syncd.sandbox.delivery import Delivery
from syncd.sandbox.faults import MEANINGS, Fault, Order
from syncd.sandbox.quirks import Quirks, descriptions
from syncd.sandbox.sealing import MEANINGS as FORGERIES
from syncd.sandbox.sealing import Wrong
from syncd.sandbox.switches import meanings
from syncd.testing.receiver import Receiver, receiving
from tests.kit.installation.calls import calling
from tests.kit.installation.settling import settle

GUIDE = (Path(__file__).parents[3] / "docs" / "guides" / "sandbox.md").read_text(encoding="utf-8")


def rows(title: str) -> list[str]:
    """Return the rows of the first table after a title."""
    return re.findall(
        r"^\| `.*$", GUIDE.split(f"\n## {title}\n")[1].split("\n\n| key")[0].split("\n## ")[0], re.MULTILINE
    )


def test_every_quirk_is_in_the_guide_with_its_default() -> None:
    """The guide's table of quirks lists every quirk with its default and meaning, in the order of the code."""
    usual = msgspec.to_builtins(Quirks())
    expected = [f"| `{name}` | `{json.dumps(usual[name])}` | {text} |" for name, text in descriptions().items()]
    assert rows("Quirks") == expected


def test_every_fault_and_key_is_in_the_guide_with_its_default() -> None:
    """The guide's tables list every fault, and every key of an order with its default, and no others."""
    assert rows("Faults") == [f"| `{fault}` | {MEANINGS[fault]} |" for fault in Fault]
    usual = msgspec.to_builtins(Order(Fault.CUT))
    keys = re.findall(
        r"^\| `(\w+)` \|(?: `(.*?)`)? \|", GUIDE.split("| key of an order")[1].split("\n## ")[0], re.MULTILINE
    )
    assert dict(keys) == {name: "" if name == "fault" else json.dumps(usual[name]) for name in Order.__struct_fields__}


def test_every_path_is_in_the_guide() -> None:
    """The guide lists every path of the sandbox's own with its meaning, and no others."""
    expected = [f"| `{path.replace(' ', ' /sandbox/')}` | {meaning} |" for path, meaning in PATHS.items()]
    assert rows("The sandbox's own paths") == expected


def test_every_switch_of_the_delivery_is_in_the_guide_with_its_default() -> None:
    """The guide lists every switch of the delivery with its default and meaning, in the order of the code."""
    usual = msgspec.to_builtins(Delivery())
    expected = [f"| `{name}` | `{json.dumps(usual[name])}` | {text} |" for name, text in meanings(Delivery).items()]
    assert rows("Deliveries") == expected


def test_every_forgery_is_in_the_guide() -> None:
    """The guide lists every forgery with its meaning, and no others."""
    assert rows("Events by hand") == [f"| `{wrong}` | {FORGERIES[wrong]} |" for wrong in Wrong]


def test_the_guides_orders_and_quirks_are_accepted() -> None:
    """The sandbox accepts the four orders and quirks that the guide shows."""
    sent = re.findall(r"8080/sandbox/(faults|quirks) -d '(.*)'", GUIDE)
    assert len(sent) == 4
    with calling() as caller:
        for path, body in sent:
            status, _, answer = caller.ask("POST", f"/sandbox/{path}", body.encode())
            assert status == 200, answer


def test_the_guides_events_are_sent() -> None:
    """The lines of the guide about the callback work with the keys and the URL of a receiver, which gets the events."""
    sent = re.findall(r"8080/sandbox/(callback\S*) -d '(.*)'", GUIDE)
    assert len(sent) == 7
    with calling() as caller:
        keys = caller.own("POST", "callback/keys")
        with receiving(Receiver(**keys)) as receiver:
            for path, body in sent:
                ours = body.replace("http://127.0.0.1:8090/callback", receiver.url)
                for name, key in keys.items():
                    ours = ours.replace(f'"{name}": "…"', f'"{name}": "{key}"')
                status, _, answer = caller.ask("POST", f"/sandbox/{path}", ours.encode())
                assert status == 200, answer
                if path == "callback":
                    caller.value("dept/add", id="D", name="d")
                    settle(caller)
    assert receiver.told == [("dept_add", ["D"]), ("dept_add", ["D"]), ("user_remove", ["X"])]


@pytest.mark.parametrize(("number", "name"), [(0, "test_my_client"), (1, "test_events")])
def test_the_guides_python_runs(number: int, name: str) -> None:
    """The Python programs of the guide run as they are printed."""
    code = GUIDE.split("```python\n")[number + 1].split("```")[0]
    done = command("-c", f"{code}\n{name}()")
    assert (done.returncode, done.stderr) == (0, "")


def command(*arguments: str) -> subprocess.CompletedProcess[str]:
    """Run Python to its end."""
    environ = {**os.environ, "COLUMNS": "200"}
    return subprocess.run([sys.executable, *arguments], capture_output=True, check=False, text=True, env=environ)  # noqa: S603 - our own program


def test_the_command_names_its_quirks_and_refuses_others(tmp_path: Path) -> None:
    """`syncd sandbox` lists its quirks, and refuses a wrong quirk or state file in one line with exit code 1."""
    listed = command("-m", "syncd", "sandbox", "--quirk", "list")
    assert listed.returncode == 0
    assert [line.split()[0] for line in listed.stdout.splitlines()] == list(descriptions())
    (tmp_path / "x.json").write_text("{}", encoding="utf-8")
    for flags, said in (
        (("--quirk", "rot=0"), "did you mean root?"),
        (("--quirk", "root"), "it is NAME=VALUE"),
        (("--quirk", "cut=name:none"), "a quirk cannot be set"),
        (("--state", str(tmp_path / "x.json")), "is no state file"),
    ):
        done = command("-m", "syncd", "sandbox", *flags)
        assert (done.returncode, len(done.stderr.splitlines())) == (1, 1), done.stderr
        assert said in done.stderr


def test_the_commands_help_has_examples() -> None:
    """The help of `syncd sandbox` shows an example and names the guide."""
    text = command("-m", "syncd", "sandbox", "--help").stdout
    for part in ("syncd sandbox --port 8080 --state platform.json", "/sandbox/faults", "docs/guides/sandbox.md"):
        assert part in text
