"""`explain` prints everything about one object in words that people read."""

from textwrap import dedent

import msgspec

from syncd.app.explain import Explained, Past
from syncd.app.records import Approval, JournalLine, ShadowRow
from syncd.mapping.rules import SourceRules, UserRules
from syncd.model.meetings import KnownMeeting
from syncd.model.objects import Kind, User
from syncd.model.rooms import PlatformRoom, Room
from syncd.plan.explanation import Explanation, Life, Seen
from syncd.plan.rules import Policy
from syncd.plan.values import Action, Change, Conflict, ConflictKind, Guard, Operation, Reason
from syncd.plan.verdicts import FieldVerdict, Verdict
from syncd.plan.who import Whom
from syncd.report.explanation_form import explanation_form
from syncd.report.explanation_text import explanation_text
from syncd.report.messages import CHINESE

LI = Whom(Kind.USER, "ldap", "k-li", "P", "uid=li,dc=x", "li", "李娜")
DEPARTMENT = Operation("d", Kind.DEPARTMENT, Action.CREATE, "k-d", "ldap", "D", "ou=d", "财务部", {}, Reason.NEW)
MOVE = Operation(
    id="m",
    kind=Kind.USER,
    action=Action.MOVE,
    key="k-li",
    source="ldap",
    platform_id="P",
    locator="uid=li,dc=x",
    name="李娜",
    changes={"department": Change("", "D")},
    reason=Reason.DIRECTORY_CHANGED,
    depends_on=("d",),
    held_by=("limits",),
)
WANTED, THERE = User("li", "李娜", department="D"), User("li", "李娜", memo="x", department="")
VERDICTS = (
    FieldVerdict("name", "李娜", "李娜", Verdict.EQUAL),
    FieldVerdict("memo", None, "x", Verdict.UNMAPPED, "not ours: [mapping.user] leaves it empty"),
    FieldVerdict("department", "D", "", Verdict.CHANGES, "will be written (directory_changed)"),
)


def of(found: Explanation, **known: object) -> Explained:
    """Give an explanation with what the store knows."""
    whole = {"entry": None, "known": None, "approved": frozenset(), "history": (), "rules": SourceRules(), **known}
    return Explained(found, "f1", **whole)  # type: ignore[arg-type]


def moving(**other: object) -> Explanation:
    """Give the explanation of somebody who is about to move, with other parts in their place."""
    usual = Explanation(
        who=LI,
        ownership="created",
        state="active",
        life=Life(Seen.ACTIVE),
        policy=Policy(),
        desired=WANTED,
        shadow=THERE,
        verdicts=VERDICTS,
        operations=(MOVE,),
        waits_for={"d": DEPARTMENT},
        guards=(Guard("limits", "all", message="too many"),),
        departments={"D": "财务部"},
    )
    return msgspec.structs.replace(usual, **other)


def test_everything_is_told_in_one_page() -> None:
    """One page tells identity, entry, each field, presence, what follows, rooms, meetings and the past."""
    room = PlatformRoom("R", Room("大会议室", user_ids=("P",)))
    meeting = KnownMeeting("M", "R", "周会", 1_700_000_000_000, None, ("P",))
    explained = of(
        moving(rooms=(room,), meetings=(meeting,)),
        entry={"cn": ("李娜",), "mail": ("a@b", "c@d"), "userpassword": ("(not shown)",)},
        rules=SourceRules(UserRules(when="{{ l == 'x' }}")),
        known=ShadowRow("P", THERE, 1_700_000_000.0, "write"),
        history=(
            Past(
                JournalLine(
                    "r2", "op", 1_700_000_060.0, "update", "failed", "71009", "no such user", "P", approved=False
                ),
                {"department": Change("", "D"), "phone": Change("138", "")},
            ),
            Past(
                JournalLine("r1", "op", 1_700_000_000.0, "create", "done", "", "", "P", approved=True),
                {"name": Change(None, "李娜")},
                Approval("f0", ("op",), "wang", "年会", 1_699_999_999.0),
            ),
            Past(JournalLine("r0", "op", 1_600_000_000.0, "create", "done", "", "", "P", approved=True)),
        ),
    )
    assert explanation_text(explained) == dedent("""\
        user li 李娜
            uid=li,dc=x
            key k-li, source ldap
            platform id P, created by syncd, active
        Entry
            cn: 李娜
            mail: a@b, c@d
            userpassword: (not shown)
        Fields
            name: displayName, else cn -> "李娜"; platform "李娜": equal
            memo: platform "x": not ours: [mapping.user] leaves it empty
            department: @parent -> 财务部; platform (root): will be written (directory_changed)
            on the platform so since 2023-11-14 22:13:20 UTC (from a write)
        Presence
            in the directory, in scope and enabled
            by when: {{ l == 'x' }}, enabled: @auto
        What follows
            > move user 李娜  (directory_changed: the directory says something else than at the last run)
                department: (root) -> 财务部
                waits for: create department 财务部
            held by limits: too many
            to approve the whole plan: syncd reconcile --approve f1
        Rooms and meetings to come
            room 大会议室 names this user
            meeting 周会 from 2023-11-14 22:13 UTC to an unknown time
        History
            2023-11-14 22:14:20 UTC  run r2  update failed: 71009 no such user
                department: (root) -> 财务部
                phone: "138" -> ""
            2023-11-14 22:13:20 UTC  run r1  create done, approved by wang at 2023-11-14 22:13:19 UTC: 年会
                name: "李娜"
            2020-09-13 12:26:40 UTC  run r0  create done, approved
        """)


def test_everything_is_told_in_chinese() -> None:
    """In Chinese the plan's own English sentence stands below the words for what it is and what to do."""
    taken = Conflict(ConflictKind.DUPLICATE_VALUE, ("k-li",), "phone", "139", "li: phone 139 cannot be given")
    memo, place = VERDICTS[1:]
    fields = (
        FieldVerdict("name", "李娜", "李娜", Verdict.EQUAL),
        FieldVerdict("phone", "139", "", Verdict.CONFLICT, taken.message),
        FieldVerdict("email", "A@B", "a@b", Verdict.PLATFORM_FORM, "it was written (lower case)"),
        memo,
        place,
    )
    room = PlatformRoom("R", Room("大会议室", user_ids=("P",)))
    meeting = KnownMeeting("M", "R", "周会", 1_700_000_000_000, None, ("P",))
    explained = of(
        moving(verdicts=fields, conflicts=(taken,), rooms=(room,), meetings=(meeting,)),
        entry={"cn": ("李娜",)},
        known=ShadowRow("P", THERE, 1_700_000_000.0, "write"),
        history=(
            Past(
                JournalLine(
                    "r1", "op", 1_700_000_000.0, "update", "failed", "71009", "no such user", "P", approved=True
                )
            ),
        ),
    )
    assert explanation_text(explained, CHINESE) == dedent("""\
        用户 li 李娜
            uid=li,dc=x
            键 k-li，来源 ldap
            平台 ID P，由 syncd 创建，在用
        条目
            cn: 李娜
        字段
            姓名：displayName，否则 cn -> "李娜"；平台 "李娜"：一致
            电话：mobile -> "139"；平台 ""：多个条目要用同一个值。请在目录中让每个条目有各自的值。
                li: phone 139 cannot be given
            邮箱：mail -> "A@B"；平台 "a@b"：已写入，平台以自己的形式保存（转为小写）
            备注：平台 "x"：不由 syncd 管理：[mapping.user] 中为空，因此从不写入
            部门：@parent -> 财务部；平台 （根部门）：将写入（目录有变更）
            平台上的内容截至 2023-11-14 22:13:20 UTC（来自写入）
        目录中的情况
            在目录中，在范围内，已启用
            范围（when）：（所有人），启用（enabled）：@auto
        接下来
            > 调动用户 李娜（目录有变更：目录的内容与上次运行时不同）
                部门：（根部门） -> 财务部
                须等待：新建部门 财务部
            被拦截（数量限制）：如果符合预期，请批准；否则请先检查目录。
                too many
            如要批准整个计划：syncd reconcile --approve f1
        会议室和将要举行的会议
            会议室 大会议室 引用了该用户
            会议 周会，2023-11-14 22:13 UTC 至 未知时间
        历史
            2023-11-14 22:13:20 UTC  运行 r1  修改：失败，经批准：71009 no such user
        """)


def test_the_sentences_of_json_are_english_in_every_language() -> None:
    """The JSON of an explanation holds its sentences in English, because programs read them."""
    form = explanation_form(of(moving(life=Life(Seen.GONE, Reason.LEFT, 0.0))))
    (left,) = [one["message"] for one in form["findings"] if one["reason"] == "left"]
    assert left == (
        'no longer in the directory; left since 1970-01-01 00:00:00 UTC (policy.on_leaver = "keep"), '
        'never removed (policy.remove_after = "never")'
    )


def test_where_nothing_is_done_it_is_said_why() -> None:
    """A conflict is told as the reason where nothing is done, and once, as `beside it`, where something is."""
    conflict = Conflict(ConflictKind.DUPLICATE_VALUE, ("k-li",), "account", "li", "account li cannot be given")
    nothing = explanation_text(of(moving(operations=(), guards=(), conflicts=(conflict,))))
    assert "What follows\n    nothing: account li cannot be given\nHistory" in nothing
    assert "    beside it: account li cannot be given\nHistory" in explanation_text(of(moving(conflicts=(conflict,))))


def test_a_contest_for_what_somebody_holds_is_told() -> None:
    """The explanation of a value's holder names who else claims the value, in text and in JSON."""
    contest = Conflict(ConflictKind.DUPLICATE_VALUE, ("k-x",), "phone", "1", "uid=x: phone 1 cannot be given")
    found = moving(contests=(contest,))
    assert "    beside it: uid=x: phone 1 cannot be given" in explanation_text(of(found))
    (finding,) = [one for one in explanation_form(of(found))["findings"] if one["reason"] == "duplicate_value"]
    assert finding["field"] == "phone"


def test_json_has_null_where_nobody_says_or_holds_anything() -> None:
    """The JSON of a user whom no directory knows has null for key, source, entry and desired state."""
    stranger = Whom(Kind.USER, "", "", "P", "", "li", "李娜")
    found = moving(who=stranger, life=Life(Seen.NO_ENTRY), desired=None, operations=(), guards=())
    form = explanation_form(of(found))
    assert [form[name] for name in ("key", "source", "locator", "entry", "desired", "shadow_as_of")] == [None] * 6
    assert (form["shadow"]["memo"], form["shadow"]["phone"], form["history"]) == ("x", None, [])


def test_control_characters_are_shown_as_escapes() -> None:
    """Control characters of an entry are shown as escapes, so that none steers the terminal or forges a line."""
    text = explanation_text(of(moving(), entry={"title": ("\x1b[2J经理\nHistory", "a　b")}))
    assert "    title: \\x1b[2J经理\\nHistory, a　b\n" in text
