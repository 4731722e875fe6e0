"""The stories: each is one company in one situation, from its first day on."""

from collections.abc import Callable, Mapping

import msgspec

from syncd.sandbox.faults import Fault, Order
from syncd.testing.company import Company, generated, hard_day, key_of
from tests.golden.telling import FINGERPRINT, LAST, Story, changed, with_person, without
from tests.kit.installation.site import SOURCE

OPEN = "[limits]\nremove = {}\nupdate = {}\ncreate = {}\nclear = {}\nreplaced = {}\n"
AT_ONCE = f'[policy]\non_configuration = "apply"\nremove_after = "0d"\n{OPEN}'
IN_GRACE = f'[policy]\non_configuration = "apply"\n{OPEN}'
SMALL = generated(12, 4)
P = [key_of("person", number) for number in range(20)]


def first_day(story: Story) -> None:
    """Begin anew: checked, planned in every form, held, approved, quiet afterwards."""
    story.configure()
    story.run("check")
    story.run("check", "--json")
    for form in ("terminal", "json", "markdown", "csv"):
        story.run("plan", "--format", form)
    story.run("plan", "--exit-code")
    story.run("reconcile")
    story.run("approve", "--list")
    story.run("approve", FINGERPRINT, "--reason", "第一次同步")
    story.run("reconcile")
    story.run("plan", "--json")
    story.run("reconcile", "--json")
    for name in ("status", "history", "export", "leavers"):
        story.run(name)
    for command in (("status",), ("history",), ("leavers",), ("approve", "--list")):
        story.run(*command, "--json")
    story.run("show", LAST)
    story.run("show", LAST, "--json")
    story.run("explain", "user000001")
    story.run("explain", "user000001", "--json")
    story.run("explain", "部门 1")
    story.run("db", "current")


def a_day_of_changes(story: Story) -> None:
    """Everything that a directory can change in a day, in one plan."""
    story.configure(AT_ONCE)
    story.settle()
    story.employ(hard_day(story.company, 60), "a hard day")
    story.run("plan")
    story.run("plan", "--json")
    story.run("reconcile")
    story.run("plan", "--json")
    story.run("show", LAST, "--json")
    story.run("revert", LAST, "--dry-run")
    story.run("revert", LAST)
    story.run("plan")
    story.settle()


def who_leaves(story: Story) -> None:
    """People leave, are kept, let go, return, and are removed."""
    story.configure(IN_GRACE)
    story.settle()
    story.employ(without(story.company, P[0], P[1], P[2]), "three leave")
    story.run("plan")
    story.run("plan", "--json")
    story.run("reconcile")
    story.run("leavers")
    story.run("leavers", "--json")
    story.run("keep", "user000000", "--reason", "Elternzeit")
    story.run("keep", "user000001", "--until", "2040-01-01", "--json")
    story.run("let-go", "user000002", "--reason", "退休")
    story.run("plan")
    story.run("reconcile")
    story.run("explain", "user000000")
    story.run("status", "--json")
    story.employ(with_person(story.company, P[0], SMALL.people[P[0]]), "one returns")
    story.run("plan", "--json")
    story.run("reconcile")
    story.run("export")
    story.run("forget", "user000002", "--yes")


def locked_and_parked(story: Story) -> None:
    """Leavers are locked or parked at once, and come back."""
    policy = 'on_configuration = "apply"\non_leaver = "lock"\n'
    story.configure(f"[policy]\n{policy}{OPEN}")
    story.settle()
    story.employ(without(story.company, P[3]), "one leaves")
    story.run("plan", "--json")
    story.run("reconcile")
    park = "C" * 32
    story.edit("a department of leavers", "dept/add", id=park, name="离职", parentId="")
    story.employ(SMALL, "and returns")
    story.run("plan", "--json")
    story.run("reconcile")
    parked = f'on_configuration = "apply"\non_leaver = "park"\npark_department = "{park}"\n'
    story.configure(f"[policy]\n{parked}{OPEN}")
    story.employ(without(story.company, P[4]), "another leaves")
    story.run("plan", "--json")
    story.run("reconcile")


def not_everybody_can_be_mapped(story: Story) -> None:
    """Entries without an account, values that two claim, departments in a circle: named, and the rest is done."""
    people = dict(story.company.people)
    people[P[4]] = msgspec.structs.replace(people[P[4]], account="user000005")
    people[P[6]] = msgspec.structs.replace(people[P[6]], phone=people[P[7]].phone, email="not a mail")
    people[P[8]] = msgspec.structs.replace(people[P[8]], name="", position="很" * 300)
    story.configure(AT_ONCE)
    story.employ(Company(story.company.units, people), "mistakes")
    story.run("check")
    story.run("plan")
    story.run("plan", "--json")
    story.settle()
    story.run("reconcile", "--strict")
    story.run("explain", P[4])


def strangers_on_the_platform(story: Story) -> None:
    """Accounts that were there before: adopted after a review, ambiguous, in the way, and left alone."""
    for number, account in ((1, "user000001"), (2, "somebody.else"), (3, "user000003")):
        phone = SMALL.people[P[number]].phone
        story.edit("an account from before", "user/add", id=f"{number:032X}", name=f"旧 {number}", account=account,
                   phone=phone, password="x")  # fmt: skip
    story.configure(IN_GRACE)
    story.run("plan")
    story.run("plan", "--json")
    story.run("reconcile")
    story.settle()
    story.run("plan", "--json")
    story.run("explain", "somebody.else")
    story.run("link", P[2], f"{2:032X}")
    story.run("plan", "--json")
    story.run("unlink", P[2])
    story.run("link", "--by", "phone")
    story.run("reconcile")


def drift(story: Story) -> None:
    """Somebody edits, moves and removes on the platform: enforced, reported by field, created again."""
    by_field = 'on_drift = {default = "enforce", position = "report"}'
    story.configure(f'[policy]\non_configuration = "apply"\n{by_field}\n{OPEN}')
    story.settle()
    story.edit("a new name", "user/update", id=story.id_of("user000001"), name="别名")
    story.edit("a new position", "user/update", id=story.id_of("user000002"), position="临时")
    story.edit("one removed", "user/remove", userId=story.id_of("user000003"))
    story.run("plan")
    story.run("plan", "--json")
    story.run("reconcile")
    story.run("status")
    story.run("status", "--json")
    story.run("export")


def guards(story: Story) -> None:
    """Too many removals, too many cleared values, another configuration: held, each with its figures."""
    limits = "[limits]\nremove = {count = 2}\nclear = {percent = 5, at_least = 2}\n"
    story.configure(f'[policy]\nremove_after = "0d"\n{limits}')
    story.settle()
    story.employ(without(story.company, *P[:4]), "four leave")
    story.run("plan")
    story.run("reconcile")
    story.run("reconcile", "--json")
    story.run("approve", "--list", "--json")
    story.settle()
    company = story.company
    for key in P[4:8]:
        company = changed(company, key, position="")
    story.employ(company, "titles are gone")
    story.run("plan")
    story.configure('[policy]\nremove_after = "0d"\n[mapping.user]\nposition = ""\nmemo = "title"\n')
    story.run("plan")
    story.run("reconcile")
    story.run("status")


def broken_and_unproven(story: Story) -> None:
    """Read a file that is cut, or has a key twice, nobody, half of everybody: nothing is written unapproved."""
    story.configure(IN_GRACE)
    story.settle()
    file = story.site.folder / "company.ldif"
    whole = file.read_bytes()
    for what, content in (
        ("cut in the middle", whole[: len(whole) * 2 // 3]),
        ("empty", b""),
        ("half of everybody", without(story.company, *P[:7]).ldif()),
        ("a key twice", whole.replace(P[5].encode(), P[6].encode())),
    ):
        file.write_bytes(content)
        story.lines += [f"## directory: {what}", ""]
        story.run("plan")
        story.run("reconcile", "--json")
    story.run("status", "--json")


def a_platform_that_refuses(story: Story) -> None:
    """Let calls fail or be refused: the rest goes on, and the next run mends it."""
    story.configure(AT_ONCE, platform="concurrency = 1\n")
    story.run("reconcile", "--approve", FINGERPRINT)
    story.employ(changed(changed(story.company, P[1], name="新一"), P[2], name="新二"), "two names")
    story.site.sandbox.faults.order(Order(Fault.INVALID_JSON, match="user/update", count=-1))
    story.run("reconcile")
    story.site.sandbox.faults.clear()
    story.edit("an account is taken", "user/add", id=f"{9:032X}", name="占", account="newcomer", password="x")
    joiner = msgspec.structs.replace(story.company.people[P[1]], account="newcomer", phone="", email="")
    story.employ(with_person(story.company, key_of("person", 77), joiner), "somebody whose account is taken")
    story.run("plan", "--json")
    story.run("reconcile", "--json")
    story.run("history", "--json")


def several_sources(story: Story) -> None:
    """People of LDAP with values of a table, and a second authority with departments by path."""
    tables = story.site.folder
    badges = [f"{person.account},B{number}\n" for number, person in enumerate(SMALL.people.values())]
    (tables / "more.csv").write_text("".join(("no,badge\n", *badges)))
    (tables / "extern.csv").write_text("id,login,name,org\n17,ext.wang,外部王,外包/测试\n18,ext.li,外部李,外包\n")
    source = (
        SOURCE
        + """
[source.badges]
type = "csv"
role = "enrich"
join = {this = "no", other = "uid"}
[source.badges.users]
key = "no"
path = "more.csv"
[source.extern]
type = "csv"
[source.extern.users]
key = "id"
path = "extern.csv"
[source.extern.mapping.user]
account = "login"
name = "name"
phone = ""
email = ""
position = ""
memo = ""
department = "@path:org"
[mapping.user]
memo = "badges.badge"
"""
    )
    story.configure(AT_ONCE, source)
    story.run("check")
    story.run("plan", "--json")
    story.settle()
    (tables / "extern.csv").write_text("id,login,name,org\n17,ext.wang,外部王,外包/研发\n")
    story.run("plan")
    story.run("reconcile")
    story.run("explain", "ext.wang", "--json")


def in_chinese(story: Story) -> None:
    """Tell of a first day and a day of changes in Chinese."""
    story.configure(f'{AT_ONCE}[log]\nlang = "zh"\n')
    story.run("check")
    story.run("plan")
    story.run("reconcile")
    story.settle()
    story.employ(hard_day(generated(60, 12), 60), "a hard day of a larger company")
    story.run("plan", "--format", "markdown")
    story.run("reconcile")
    story.run("status")
    story.run("history")
    story.run("explain", "user000015")
    story.run("error", "71006")
    story.run("frobnicate")


def by_hand(story: Story) -> None:
    """Do what people do between runs: passwords, parts of a plan, plan files, events, backups, mistakes."""
    story.configure(AT_ONCE, platform='handover = "handover.csv"\n')
    story.run("plan", "--out", "plan.json")
    story.run("show", "plan.json")
    story.run("apply", "plan.json")
    story.run("apply", "plan.json", "--approve", FINGERPRINT)
    story.run("password", "user000001")
    story.employ(changed(changed(story.company, P[1], name="新一"), P[2], name="新二"), "two names")
    story.run("plan", "--only", "user000001", "--json")
    story.run("reconcile", "--only", "user000001")
    story.run("db", "backup", "backup.db")
    story.run("db", "rebuild")
    story.run("events", "list", "--json")
    story.run("plan", "--out", "plan.html")
    story.run("reconcile", "--approve", "0123456789abcdef")
    story.run("explain", "nobody at all")
    story.run("show", "19990101")
    story.run("unlink", "nothing")
    (story.site.folder / "wrong.toml").write_text('[polcy]\n[platform]\nrate = "fast"\n')
    story.run("--config", "wrong.toml", "plan")
    story.run("--help")


STORIES: Mapping[str, tuple[Callable[[Story], None], Company]] = {
    "first_day": (first_day, SMALL),
    "a_day_of_changes": (a_day_of_changes, generated(60, 12)),
    "who_leaves": (who_leaves, SMALL),
    "locked_and_parked": (locked_and_parked, SMALL),
    "not_everybody_can_be_mapped": (not_everybody_can_be_mapped, SMALL),
    "strangers_on_the_platform": (strangers_on_the_platform, SMALL),
    "drift": (drift, SMALL),
    "guards": (guards, SMALL),
    "broken_and_unproven": (broken_and_unproven, generated(30, 6)),
    "a_platform_that_refuses": (a_platform_that_refuses, SMALL),
    "several_sources": (several_sources, SMALL),
    "in_chinese": (in_chinese, SMALL),
    "by_hand": (by_hand, SMALL),
}
