"""The guide to the first sign-in shows what the commands say and what the handover file takes."""

import re

from tests.kit.installation.guide import Guide
from tests.kit.installation.site import Site

GUIDE = Guide("first-sign-in.md")
PEOPLE = "account,name\nzhang.wei,张伟\nli.na,李娜\n"
SOURCE = """[source.hr]
type = "csv"
key = "account"
[source.hr.users]
path = "people.csv"
[mapping.user]
account = "account"
name = "name"
phone = ""
email = ""
position = ""
"""


def test_the_guide_is_what_an_administrator_sees(fresh_site: Site) -> None:
    """The warning, the line of a handover file and what `password` says are those of the guide."""
    (fresh_site.folder / "people.csv").write_text(PEOPLE, encoding="utf-8")
    fresh_site.configure(source=SOURCE)
    (warning,) = GUIDE.blocks("text")
    planned = fresh_site.run("plan")
    assert warning.strip() in planned.err
    assert "Plan: 2 users to create." in planned.out
    (block,) = GUIDE.blocks("toml")
    fresh_site.configure(source=SOURCE, platform=block.replace("[platform]\n", ""))
    assert fresh_site.settle().code == 0
    file = fresh_site.folder / "handover.csv"
    lines = [line.split(",") for line in file.read_text(encoding="utf-8").splitlines()]
    shown = [line.split(",") for line in GUIDE.files["handover.csv"].splitlines()]
    assert sorted(line[:2] for line in lines) == sorted(line[:2] for line in shown)
    assert all(re.fullmatch(r"\d{4}-\d\d-\d\dT[\d:.]+(Z|\+00:00)", line[3]) for line in lines)
    *_, (wanted, said) = GUIDE.steps(fresh_site)
    assert re.fullmatch(wanted, said.replace(f"{fresh_site.folder}/", ""))
    assert file.read_text(encoding="utf-8").splitlines()[-1].startswith("zhang.wei,张伟,")
