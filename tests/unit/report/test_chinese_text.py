"""Commands print Chinese in even columns, with names of the platform and English sentences as they are."""

import itertools

import pytest

from syncd.app.check import Finding
from syncd.app.records import EventState, InboxEvent, RunRecord
from syncd.report.check_text import finding_text
from syncd.report.columns import columns
from syncd.report.events import event_line
from syncd.report.messages import CHINESE, ENGLISH
from syncd.report.run_form import run_line

RECORDED = ("done", "held", "partial", "failed", "interrupted", "")
CHECKED = ("configuration", "directory file", "mapping", "platform", "store", "events", "callback", "faces file")


@pytest.mark.parametrize("outcome", RECORDED)
def test_the_columns_of_the_history_stand_below_each_other(outcome: str) -> None:
    """Every outcome in a Chinese history is 13 columns wide, where a Chinese character counts as two."""
    line = run_line(RunRecord("r", 0.0, outcome=outcome, counts={"done": 7}), CHINESE)
    before, _, _ = line.rpartition("完成 7 个")
    assert columns(before) == columns("r  1970-01-01 00:00:00 UTC  ") + 13


def test_a_finding_of_check_says_in_chinese_what_it_is_and_repeats_its_sentence() -> None:
    """A finding of `check` names its part in Chinese above its sentence; in English it is one line."""
    wrong = []
    for what, ok in itertools.product(CHECKED, (True, False)):
        finding = Finding(what, ok, "the sentence")
        first, *rest = finding_text(finding, CHINESE).splitlines()
        in_english = finding_text(finding, ENGLISH)
        if not (
            first.startswith("正常 " if ok else "失败 ")
            and what.partition(" ")[2] in first
            and rest == ["     the sentence"]
            and in_english == f"{'ok  ' if ok else 'FAIL'} {what}: the sentence\n"
        ):
            wrong.append((what, ok, first, rest, in_english))
    assert wrong == []


def test_an_event_is_a_line() -> None:
    """An event is one line, with its state in Chinese and its type as the platform names it."""
    event = InboxEvent(42, 0.0, 0.0, "user_add", EventState.DEAD, ("A", "B", "C", "D"), "no such type", "", b"{}")
    assert event_line(event, CHINESE) == (
        "42  1970-01-01 00:00:00 UTC  user_add  无法理解  A, B, C 等，另有 1 个：no such type"
    )
    assert event_line(event).endswith("  user_add  dead  A, B, C and 1 more: no such type")
