"""A plan or run can be read as a page."""

import itertools
from html.parser import HTMLParser

import msgspec
import pytest

from syncd.report.contents import Subject
from syncd.report.messages import CHINESE, ENGLISH, Words
from syncd.report.plan_html import plan_html
from syncd.testing.plans import (
    CONFLICT,
    EVERYTHING,
    HOSTILE,
    KNOWN,
    LIMIT,
    NOTE,
    REFUSED,
    RUN,
    SKIP,
    STRANGER,
    results,
    unheld,
)

PLAN = Subject(EVERYTHING, KNOWN)
VOID = frozenset({"meta", "br", "link", "img", "input", "hr"})
BLOCKS = frozenset({"td", "th", "p", "dd", "dt", "li", "div", "h1", "h2", "h3", "tr", "caption"})


class Page(HTMLParser):
    """A page as a browser takes it in: elements, text by block, rows, and what is still open."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str]]] = []
        self.open: list[str] = []
        self.text = ""
        self.rows: list[str] = []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Take in an element."""
        self.elements.append((tag, {name: value or "" for name, value in attrs}))
        if tag not in VOID:
            self.open.append(tag)
        self._add("\n" if tag in BLOCKS else "", is_new_row=tag == "tr")

    def handle_endtag(self, tag: str) -> None:
        """Leave an element, which is the innermost one."""
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        """Take in text."""
        if self.open and self.open[-1] not in ("style", "script"):
            self._add(data)

    def _add(self, text: str, *, is_new_row: bool = False) -> None:
        self.text += text
        self.rows += [""] if is_new_row else []
        if self.rows and "tr" in self.open:
            self.rows[-1] += text

    def named(self, tag: str) -> list[dict[str, str]]:
        """Give the attributes of every element of a name."""
        return [attributes for name, attributes in self.elements if name == tag]

    def row(self, name: str) -> list[str]:
        """Give the text of the row whose head begins with this, in its parts."""
        (found,) = (row for row in self.rows if row.strip().startswith(name))
        return [part.strip() for part in found.split("\n") if part.strip()]


def page(subject: Subject = PLAN, words: Words = ENGLISH) -> Page:
    """Give a page, taken in; every element must be closed."""
    made = Page(plan_html(subject, words))
    assert made.open == []
    return made


@pytest.mark.parametrize("words", [ENGLISH, CHINESE])
def test_a_page_needs_nothing_beside_itself(words: Words) -> None:
    """A page has no script, no picture and no address, and tells a browser to load nothing."""
    made = page(words=words)
    names = {name for name, _ in made.elements}
    assert names.isdisjoint({"script", "link", "img", "iframe", "object", "base", "form"})
    assert {value for _, found in made.elements for name, value in found.items() if name in ("src", "href")} == {
        value for one in made.named("a") for value in [one["href"]] if value.startswith("#")
    }
    assert {name for _, found in made.elements for name in found if name.startswith("on") or name == "style"} == set()
    assert "default-src 'none'" in str(made.named("meta"))
    assert "url(" not in plan_html(PLAN, words)


def test_names_are_text_whatever_they_hold() -> None:
    """A name that is a script is shown and not carried out."""
    assert HOSTILE in page().text
    assert "<script" not in plan_html(PLAN, ENGLISH)


def test_every_part_is_linked_from_the_summary() -> None:
    """Every part of a page is linked, every link leads to a part, and no two parts have one id."""
    made = page()
    anchors = [found["id"] for _, found in made.elements if "id" in found]
    assert len(anchors) == len(set(anchors))
    assert {one["href"][1:] for one in made.named("a")} == set(anchors)


def test_the_summary_stands_first() -> None:
    """The summary with its counts stands first, then what holds, conflicts and skips, then the operations."""
    sections = [found["id"] for name, found in page().elements if name == "section"]
    assert sections[:5] == ["summary", "guards", "notes", "conflicts", "skips"]
    assert sections[5:9] == ["department-create", "department-update", "department-move", "department-remove"]
    assert sections[-2:] == ["unmanaged", "sources"]
    made = page()
    assert [made.row(name)[1:] for name in ("create", "update", "remove", "All", "Held")] == [
        *(["1", "1"], ["1", "2"], ["1", "1"], ["4", "8"], ["4", "8"])
    ]


def test_a_guard_is_told_with_every_number_and_what_to_do() -> None:
    """A guard is told with its numbers, the limit with its unit, and what to do about it."""
    told = page().text
    for text in (LIMIT.message, "the whole plan", "25.0 %", "limits.update = 20 %", "users: update", "More changes"):
        assert text in told
    assert "syncd reconcile --approve 3f2a9c0d1b7e4a55" in told
    assert NOTE.message in told
    assert "nothing; this is a note" in told


def test_findings_name_the_entry_and_what_to_do() -> None:
    """A skip is told with its DN and what to do, a conflict with its value, a stranger with account and id."""
    made = page()
    assert made.row(SKIP.locator)[1:] == ["name", SKIP.message]
    assert "Fill the value in the directory." in made.text
    assert made.row("k6, k7")[1:] == ["phone 13700000000", CONFLICT.message]
    assert made.row(STRANGER.name)[1:] == ["user", "visitor", "U9"]


def test_an_operation_shows_each_field_before_and_after_and_why() -> None:
    """An operation shows each field before and after, departments by path and id, and why it is done."""
    made = page()
    moved = " ".join(made.row("刘洋"))
    assert "department 财务部 / 旧部门 D4 → 研发中心 / 质量保证组 D2" in moved
    assert "Changed in the directory" in moved
    assert "phone 13900000002 → (empty)" in " ".join(made.row(HOSTILE))
    assert "department D2" not in " ".join(made.row("杨勇"))
    assert "研发中心 / 质量组 D2 → D9" in " ".join(made.row("杨勇"))
    assert "More changes than usual" in " ".join(made.row("陈静"))


def test_what_is_made_has_its_fields_in_the_order_of_the_mapping() -> None:
    """The fields of a new user stand in the order of the mapping: account, name, department."""
    labels = [part for part in page().row("张伟") if part in ("account", "name", "department")]
    assert labels == ["account", "name", "department"]


def test_a_plan_that_nothing_holds_asks_for_no_approval() -> None:
    """A plan that no guard holds says so and asks for no approval."""
    made = page(Subject(unheld(), KNOWN))
    assert "No guard holds this plan." in made.text
    assert "--approve" not in made.text


def test_an_empty_plan_says_so() -> None:
    """The page of an empty plan says that there is nothing to do."""
    empty = msgspec.structs.replace(EVERYTHING, operations=(), guards=(), conflicts=(), skipped=(), unmanaged=())
    assert "Nothing to do" in page(Subject(empty)).text


def test_a_run_tells_what_went_wrong_first_and_each_result() -> None:
    """The page of a run tells first what went wrong, and shows each result beside its operation."""
    made = page(Subject(unheld(), KNOWN, RUN, results()))
    assert made.text.index("What went wrong") < made.text.index("Create departments")
    assert REFUSED in made.text
    assert "done" in made.row("陈静")
    for text in ("Run 20261124T081600Z-1a2b", "partial", "11 done, 1 failed", "2026-11-24 08:16:30 UTC"):
        assert text in made.text


def test_a_page_can_be_read_without_seeing_it() -> None:
    """A page has a language, one title, headings without gaps, and a caption and heads for every table."""
    made = page()
    assert made.named("html") == [{"lang": "en"}]
    levels = [int(name[1]) for name, _ in made.elements if name in ("h1", "h2", "h3")]
    assert levels.count(1) == 1
    assert all(after - before <= 1 for before, after in itertools.pairwise(levels))
    assert len(made.named("table")) == len(made.named("caption"))
    assert {one.get("scope") for one in made.named("th")} == {"col", "row"}


def test_a_chinese_page_marks_what_is_english() -> None:
    """A Chinese page keeps the plan's own English sentences and marks them as English."""
    made = page(words=CHINESE)
    assert made.named("html") == [{"lang": "zh-CN"}]
    assert {"lang": "en"} in made.named("span")
    for text in ("摘要", "变更比平常多", "新建用户（1）", "目录中有变更", "请在目录中填写该值。", LIMIT.message):
        assert text in made.text
    assert "Changed in the directory" not in made.text
