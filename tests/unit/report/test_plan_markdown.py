"""A plan or run can be read as Markdown."""

import re
from textwrap import dedent

import msgspec

from syncd.plan.values import Plan
from syncd.report.contents import Subject
from syncd.report.messages import CHINESE, ENGLISH
from syncd.report.plan_markdown import escaped, plan_markdown
from syncd.testing.plans import EVERYTHING, KNOWN, LIMIT, REFUSED, RUN, USERS, results, unheld

PLAN = Subject(EVERYTHING, KNOWN)


def test_a_plan_is_told_whole() -> None:
    """A plan in Markdown has a summary, the guards with their numbers, and the operations."""
    plan = Plan("f1", "2026-11-24T08:15:00+00:00", "", "", "", operations=(USERS[3],), guards=(LIMIT,))
    assert plan_markdown(Subject(plan, KNOWN), ENGLISH) == dedent("""\
        # Plan of 2026-11-24 08:15:00 UTC

        **This plan waits for a person: nothing of it is carried out before it is approved.**

        To approve exactly this plan: `syncd reconcile --approve f1`

        - Fingerprint: f1

        ## Summary

        | Operation | users |
        | --- | --- |
        | move | 1 |
        | All | 1 |
        | Held | 1 |

        ## Held, and why

        - **More changes than usual** (`limits`): update of 3 (25.0 %) of 12 linked users is above limits.update = 20 %\
<br>Holds: the whole plan · About: users: update · Counted: 3 · Of: 12 · Share: 25.0 % · Limit: limits.update = 20 %\
<br>Is this what you expect? Then approve it. If not, look at the directory first.

        ## Move users (1)

        | Name | What changes | Why | Held by |
        | --- | --- | --- | --- |
        | **刘洋**<br>id=U4,ou=people | department: 财务部 / 旧部门 (D4) → 研发中心 / 质量组 (D2) \
| Changed in the directory | More changes than usual |

        *This report holds personal data. Give it only to those who need it.*
        """)


def test_every_row_has_as_many_cells_as_its_table() -> None:
    """Every row has as many cells as its table, whatever pipes and line breaks the values hold."""
    for block in plan_markdown(PLAN, ENGLISH).split("\n\n"):
        if block.startswith("|"):
            counts = {len(re.findall(r"(?<!\\)\|", line)) for line in block.splitlines()}
            assert len(counts) == 1, block


def test_marks_and_html_mean_nothing() -> None:
    """Marks of Markdown and HTML in a name are escaped, so that the name is shown as it is."""
    assert escaped("a|b\r\nc") == r"a\|b<br>c"
    assert escaped("<script>&`*_[x](y)") == r"&lt;script&gt;&amp;\`\*\_\[x\](y)"
    assert escaped("\\|") == r"\\\|"
    assert "<script" not in plan_markdown(PLAN, ENGLISH)


def test_a_runs_results_stand_beside_its_operations() -> None:
    """A run's results stand beside its operations, and what went wrong stands before them."""
    text = plan_markdown(Subject(unheld(), KNOWN, RUN, results()), ENGLISH)
    assert text.index("## What went wrong") < text.index(REFUSED) < text.index("## Create departments")
    (lock,) = (line for line in text.splitlines() if line.startswith("| **陈静**"))
    assert lock.endswith("| done |")


def test_it_is_told_in_chinese_too() -> None:
    """Chinese Markdown has Chinese headings and the plan's own sentences as they are."""
    text = plan_markdown(PLAN, CHINESE)
    for part in ("## 摘要", "## 修改用户（2）", "变更比平常多", "目录中有变更", LIMIT.message):
        assert part in text


def test_a_fingerprint_from_a_file_ends_no_code() -> None:
    """A fingerprint with a backtick and a line break does not end the code in which it stands."""
    plan = msgspec.structs.replace(EVERYTHING, fingerprint="`\n# x")
    assert "`syncd reconcile --approve  # x`" in plan_markdown(Subject(plan, KNOWN), ENGLISH)
