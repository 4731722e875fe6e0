"""Whoever writes a name or a message steers no terminal and no page, and forges no line that people approve by."""

import csv
import io
import json
import re

import pytest

from syncd.model.visible import visible
from syncd.plan.alteration import is_altered
from syncd.plan.json_form import from_json
from syncd.report.plan_markdown import escaped
from syncd.sandbox.arguments import Rejected
from syncd.testing.company import generated
from tests.kit.installation.settings import APPLY_AT_ONCE
from tests.kit.installation.site import Site

STEERS = ["\x1b[2K", "\r", "\n", "\x9b2J", "\x85", "\u202e", "\u2066", "\u2028", "\x00", "\x07", "\u200f"]
FORGED = "x\nPlan: 1 users to create.\x1b[8m\u202eevil\r"
STEERING = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069]")
PEOPLE = f'id,account,name,title\n1,"a\x1b[2K","{FORGED}","{FORGED}"\n2,b,Bert,\n'
SOURCE = """[source.hr]
type = "csv"
key = "id"
[source.hr.users]
path = "people.csv"
[mapping.user]
account = "account"
name = "name"
phone = ""
email = ""
position = "title"
"""


@pytest.fixture
def hostile(site: Site) -> Site:
    """Return an installation whose file has a person with a name that steers a terminal."""
    (site.folder / "people.csv").write_bytes(PEOPLE.encode())
    site.configure(SOURCE, tail=APPLY_AT_ONCE)
    return site


def assert_steered_by_nothing(text: str) -> None:
    """Fail where a text has a control character other than the ends of its lines, or a line that a value forged."""
    assert not STEERING.search(text), repr(STEERING.search(text))
    assert "Plan: 1 users to create." not in text.splitlines()


def test_no_text_of_a_command_is_steered(hostile: Site) -> None:
    """What every command prints has escapes in place of control characters, and lines of its own alone."""
    commands = (
        ("check",),
        ("plan",),
        ("plan", "--format", "markdown"),
        ("plan", "--format", "html"),
        ("reconcile",),
        ("status",),
        ("explain", "1"),
        ("history",),
        ("plan", "--only", FORGED),
        ("link", FORGED, FORGED),
        ("leavers",),
        ("approve", "--list"),
        ("show", FORGED),
        ("error", FORGED),
    )
    for command in commands:
        done = hostile.run(*command)
        assert_steered_by_nothing(done.out)
        assert_steered_by_nothing(done.err)


def test_a_message_of_the_platform_steers_nothing(hostile: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    """A refusal whose message steers a terminal is shown with escapes, in the run and afterwards."""

    def refuse(_arguments: object) -> object:
        raise Rejected(71001, FORGED)

    monkeypatch.setitem(hostile.sandbox.company.calls, "user/add", refuse)
    run = hostile.run("reconcile")
    assert run.code == 4
    name = hostile.run("history", "--json").json[0]["run"]
    for done in (run, *(hostile.run(*one) for one in (("status",), ("history",), ("show", name), ("explain", "2")))):
        assert_steered_by_nothing(done.out + done.err)
    assert "evil" in run.out, "it is shown all the same"


@pytest.mark.parametrize("sign", STEERS)
def test_each_steering_character_is_an_escape(sign: str) -> None:
    """A control character is shown as an escape, and nothing else is touched; what is shown once stays as it is."""
    found = visible(f"王{sign}芳 é😀")
    assert found == f"王{sign[0].encode('unicode_escape').decode()}{sign[1:]}芳 é😀"
    assert visible(found) == found
    assert visible("plain, 王芳 👨‍👩‍👧") == "plain, 王芳 👨‍👩‍👧", "what joins an emoji stays"


def test_a_cut_or_altered_plan_file_gives_no_command(site: Site) -> None:
    """A plan file that was cut, or one operation of which was changed, says so and shows no command to approve it."""
    site.employ(generated(20, 3))
    assert site.run("plan", "--out", "plan.json").code == 0
    whole = json.loads((site.folder / "plan.json").read_text())
    assert not is_altered(from_json((site.folder / "plan.json").read_bytes()))
    assert "--approve" in site.run("show", "plan.json").out
    other = json.loads(json.dumps(whole))
    other["operations"][5]["changes"]["name"]["after"] = "Somebody else"
    for altered in (whole | {"operations": whole["operations"][:3]}, other):
        (site.folder / "altered.json").write_text(json.dumps(altered))
        for form in ("terminal", "html", "markdown"):
            shown = site.run("show", "altered.json", *(("--format", form) if form != "terminal" else ()))
            assert "altered after it was written" in shown.err
            assert "--approve" not in shown.out
    applied = site.run("apply", "altered.json")
    assert applied.code != 0
    assert len(site.shown) == 0


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("@team", "@<!-- -->team"),
        ("see https://evil.example", "see https<!-- -->://evil.example"),
        ("www.evil.example", "www<!-- -->.evil.example"),
        ("a@b.example", "a@<!-- -->b.example"),
        ("a\x1b]8;;x\x07b", "a\\\\x1b\\]8;;x\\\\x07b"),
    ],
)
def test_markdown_mentions_nobody_and_links_nowhere(text: str, shown: str) -> None:
    """A value in Markdown mentions nobody, links nowhere and holds no control character."""
    assert escaped(text) == shown


def test_no_cell_is_a_formula_for_a_spreadsheet_that_divides_otherwise(site: Site) -> None:
    """A sign after a semicolon begins no formula where semicolons divide cells."""
    title = "a;=HYPERLINK(1);＝b;c\t@d"
    (site.folder / "people.csv").write_text(f'id,account,name,title\n1,anna,Anna,"{title}"\n', encoding="utf-8")
    site.configure(SOURCE)
    rows = list(csv.DictReader(io.StringIO(site.run("plan", "--format", "csv").out)))
    (cell,) = [row["after"] for row in rows if row["field"] == "position"]
    assert cell == "a;'=HYPERLINK(1);'＝b;c @d"
