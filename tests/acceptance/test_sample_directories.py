"""Sample directories and exports of other projects, written anew in the same shape, go through a whole first use."""

import io
from collections.abc import Mapping
from pathlib import Path

import openpyxl
import pytest

from tests.kit.installation.settings import APPLY_AT_ONCE
from tests.kit.installation.site import Site
from tests.kit.long_ago import write_long_ago

SAMPLES = Path(__file__).parent / "samples"
Wanted = Mapping[str, tuple[str, tuple[str, ...]]]
"""Name and department of everybody who is wanted, by account."""


def tree(base: str, table: str, people: str, mapping: str) -> str:
    """Return the configuration of an LDIF file."""
    return (
        f'[source.file]\ntype = "ldif"\npath = "company"\nbase = "{base}"\n[source.file.users]\n{people}\n{table}\n'
        f"[mapping.user]\n{mapping}\n"
    )


BY_DN = '[source.file.departments]\nkey = "dn"'
DIRECTORIES: dict[str, tuple[str, Wanted]] = {
    "openldap": (
        tree(
            "ou=People,dc=orchard,dc=example",
            BY_DN,
            'filter = "(objectClass=OpenLDAPperson)"\nkey = "uid"\n'
            'members_of = "cn=All Staff,ou=Groups,dc=orchard,dc=example"',
            'name = "{{ entry.values(\'cn\')[0] }}"\nphone = "telephoneNumber"',
        ),
        {
            "apalmer": ("Ada Palmer", ("Information Technology Division",)),
            "bquist": ("Ben Quist", ("Alumni Association",)),
        },
    ),
    "ds389": (
        tree("ou=people,dc=harbour,dc=example", "[source.file.departments]", 'filter = "(objectClass=nsPerson)"', ""),
        {"cortez": ("Cora Ortez", ("Payroll",))},
    ),
    "starship": (
        tree(
            "ou=people,dc=starship,dc=example",
            "",
            'key = "uid"',
            'department = "@path:ou"\nemail = "{{ entry.values(\'mail\')[0] }}"',
        ),
        {
            "ella": ("Ella Wong", ("Intern",)),
            "professor": ("Professor Arnold", ("Office Management",)),
        },
    ),
    "apacheds": (
        tree("ou=people,o=islands", BY_DN, 'key = "uid"', ""),
        {"foakes": ("Finn Oakes", ()), "gpell": ("Gus Pell", ())},
    ),
    "ldifde": (
        tree(
            "OU=Company,DC=meadow,DC=example",
            "[source.file.departments]",
            'filter = "(&(objectClass=user)(objectCategory=CN=Person,*))"',
            'account = "sAMAccountName"',
        ),
        {"wang.fang": ("王芳", ("研发部",))},
    ),
}


def people_workbook() -> bytes:
    """Return a workbook as a user management offers it for import: notes above the header, paths of departments."""
    book = openpyxl.Workbook()
    sheet = book.worksheets[0]
    sheet.append(["填写须知：\n1. 不能修改表头\n2. 组织以“/”分隔"])
    sheet.merge_cells("A1:F1")
    sheet.append(["工号（必填）", "用户名（必填）", "姓名（必填）", "邮箱", "手机号（必填）", "组织（必填）", None])
    sheet.append(["0001", "zhang.san", "张三", "zhang.san@example.com", 13800000001, "总公司/研发部/一组"])
    sheet.append(["0002", "li.si", "李四", None, "+86 13800000002", "总公司/市场部"])
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


WORKBOOK = """[source.hr]
type = "csv"
users = {path = "company", key = "工号（必填）", header_row = 2}
[mapping.user]
account = "用户名（必填）"
name = "姓名（必填）"
email = "邮箱"
phone = "手机号（必填）"
position = ""
department = "@path:组织（必填）"
"""


def use(site: Site, configuration: str, content: bytes, wanted: Wanted) -> None:
    """Check, plan, sync and sync again; assert that the platform shows who is wanted, and that all is quiet."""
    write_long_ago(site.folder / "company", content)
    site.configure(configuration, tail=APPLY_AT_ONCE)
    before = set(site.shown)
    checked = site.run("check")
    assert checked.code == 0, checked.out
    planned = site.run("plan", "--exit-code")
    assert planned.code == 2, planned.out + planned.err
    done = site.run("reconcile")
    assert done.code == 0, done.out + done.err
    found = site.shown
    assert {account: (one[0], one[4]) for account, one in found.items() if account not in before} == wanted
    calls = len(site.sandbox.calls)
    again = site.run("reconcile", "--json")
    assert (again.code, again.json["results"], len(site.sandbox.calls)) == (0, [], calls)
    assert site.run("plan", "--exit-code").code == 0


@pytest.mark.parametrize("name", DIRECTORIES)
def test_a_sample_directory_is_synced_and_then_quiet(site: Site, name: str) -> None:
    """A directory of that shape is checked, planned and synced, and a second run changes nothing (I1)."""
    configuration, wanted = DIRECTORIES[name]
    use(site, configuration, (SAMPLES / f"{name}.ldif").read_bytes(), wanted)


def test_a_workbook_of_people_is_synced_and_then_quiet(site: Site) -> None:
    """A workbook with notes above its header is checked, planned and synced, and a second run changes nothing (I1)."""
    wanted = {"zhang.san": ("张三", ("总公司", "研发部", "一组")), "li.si": ("李四", ("总公司", "市场部"))}
    use(site, WORKBOOK, people_workbook(), wanted)
