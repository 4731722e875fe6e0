"""The guide to `explain` shows what the command really prints, and has every word that it uses."""

import re
from pathlib import Path

import msgspec
import pytest

from syncd.plan.explanation import Seen
from syncd.plan.verdicts import Verdict
from syncd.report.schemas import ExplanationDocument
from syncd.testing.company import Company, Person, Unit, key_of
from tests.kit.installation.site import Site

GUIDE = (Path(__file__).parents[2] / "docs" / "guides" / "explain.md").read_text(encoding="utf-8")
POLICY = '[policy]\non_configuration = "apply"\non_drift = {position = "report"}\n'
FINANCE, RESEARCH = key_of("unit", 1), key_of("unit", 2)
FANG, NA, WEI, YUN = (key_of("person", number) for number in range(4))
UNITS = {FINANCE: Unit("财务部"), RESEARCH: Unit("研发部")}
BEFORE = {
    FANG: Person("wang.fang", "王芳", "13800000001", "wang.fang@example.com", "会计", FINANCE),
    NA: Person("li.na", "李娜", "13800000002", "", "", RESEARCH),
    WEI: Person("zhang.wei", "张伟", "13800000003", "", "", RESEARCH),
}
MOMENT = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d Asia/Shanghai|\d{8}T\d{6}Z-[0-9a-f]{4}")


def shown() -> dict[str, str]:
    """Give what the guide says that each command prints."""
    blocks = re.findall(r"```console\n\$ syncd (.*?)\n(.*?)```", GUIDE, re.DOTALL)
    return {command: MOMENT.sub("…", output) for command, output in blocks}


@pytest.fixture
def story(fresh_site: Site) -> Site:
    """Tell the guide's story: three people are made, one leaves, one moves, one comes with another's phone."""
    site = fresh_site
    site.configure(tail=POLICY)
    site.employ(Company(UNITS, BEFORE))
    assert site.run("reconcile").code == 0
    stay = {key: person for key, person in BEFORE.items() if key != NA}
    site.employ(Company(UNITS, stay))
    assert site.run("reconcile").code == 0
    company = site.sandbox.company
    (fang,) = [user["id"] for user in company.state.users.values() if user["account"] == "wang.fang"]
    company.update_user({"id": fang, "position": "主管"})
    moved = msgspec.structs.replace(BEFORE[FANG], phone="13900000001", department=RESEARCH)
    came = Person("zhao.yun", "赵云", "13800000003", "", "", FINANCE)
    site.employ(Company(UNITS, {**stay, FANG: moved, YUN: came}))
    return site


def test_the_outputs_are_what_the_commands_print(story: Site) -> None:
    """The outputs in the guide are what the commands print, but for times and the ids of runs."""
    commands = shown()
    assert len(commands) == 3
    for command, output in commands.items():
        assert MOMENT.sub("…", story.run(*command.split()).out) == output


def test_every_word_for_machines_is_in_the_guide() -> None:
    """Every key of the JSON, every verdict and every presence has its word in the guide."""
    words = {*ExplanationDocument.__struct_fields__, *map(str, Verdict), *map(str, Seen)}
    assert {word for word in words if f"`{word}`" not in GUIDE} == set()
