"""Sample directories and exports of other projects, written anew in the same shape, go through a whole first use."""

import http.server
import io
import json
import threading
import urllib.parse
from collections.abc import Mapping, Sequence
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


WORK = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"


def scim_user(number: int, account: str, name: str, unit: str, *, active: bool = True) -> dict[str, object]:
    """Return a user as SCIM has one (RFC 7643, 8.3), in the department of that group."""
    return {
        "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User", WORK],
        "id": f"2819c223-7f76-453a-919d-41386190{number:04d}",
        "externalId": f"{number:05d}",
        "userName": account,
        "name": {"formatted": f"Dr. {name}", "familyName": name[:1], "givenName": name[1:]},
        "displayName": name,
        "emails": [
            {"value": f"{account}@home.example", "type": "home"},
            {"value": f"{account}@example.com", "type": "work", "primary": True},
        ],
        "phoneNumbers": [
            {"value": "tel:+86-10-5555", "type": "work"},
            {"value": f"1380000{number:04d}", "type": "mobile"},
        ],
        "title": "工程师",
        "active": active,
        "groups": [{"value": f"g{unit}", "$ref": f"../Groups/g{unit}", "display": unit, "type": "direct"}],
        WORK: {"employeeNumber": f"{number:05d}", "department": f"总部/{unit}"},
        "meta": {"resourceType": "User", "lastModified": "2026-11-30T08:00:00Z", "version": 'W/"1"'},
    }


PEOPLE = [
    scim_user(1, "zhang.san", "张三", "研发部"),
    scim_user(2, "li.si", "李四", "市场部"),
    scim_user(3, "wang.wu", "王五", "研发部"),
    scim_user(4, "zhao.liu", "赵六", "市场部", active=False),
    scim_user(5, "qian.qi", "钱七", "研发部"),
]
GROUPS: list[dict[str, object]] = [
    {"id": f"g{unit}", "displayName": unit, "members": [], "meta": {"resourceType": "Group"}}
    for unit in ("研发部", "市场部")
]


class ScimPages(http.server.BaseHTTPRequestHandler):
    """A SCIM service provider's lists, in pages (RFC 7644, 3.4.2.4)."""

    lists: Mapping[str, Sequence[object]] = {"/scim/v2/Users": PEOPLE, "/scim/v2/Groups": GROUPS}

    def do_GET(self) -> None:
        """Answer a page of at most two."""
        path, _, query = self.path.partition("?")
        asked = dict(urllib.parse.parse_qsl(query))
        first = int(asked.get("startIndex", "1"))
        found = self.lists[path][first - 1 : first - 1 + min(2, int(asked["count"]))]
        is_known = self.headers["Authorization"] == "Bearer scim-token"
        page = {
            "schemas": ["urn:ietf:params:scim:api:messages:2.0:ListResponse"],
            "totalResults": len(self.lists[path]),
            "startIndex": first,
            "itemsPerPage": len(found),
            "Resources": found,
        }
        body = json.dumps(page).encode()
        self.send_response(200 if is_known else 401)
        self.send_header("content-type", "application/scim+json")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


SCIM = """[source.hr]
type = "http"
url = "URL"
auth = "bearer"
token = "scim-token"
key = "id"
[source.hr.users]
path = "/Users?count=100"
items = "/Resources"
total = "/totalResults"
next_param = "startIndex"
start = 1
step = "items"
TABLE
[mapping.user]
account = "userName"
name = "displayName"
phone = 'phoneNumbers[type eq "mobile"].value'
email = 'emails[type eq "work"].value'
position = "title"
when = "{{ active == 'true' }}"
department = "DEPARTMENT"
"""
SCIM_GROUPS = """[source.hr.departments]
path = "/Groups?count=100"
items = "/Resources"
total = "/totalResults"
next_param = "startIndex"
start = 1
step = "items"
[mapping.department]
name = "displayName"
parent = ""
"""


@pytest.mark.parametrize(
    ("table", "department", "above"),
    [(SCIM_GROUPS, "groups.value", ()), ("", f"@path:{WORK}.department", ("总部",))],
    ids=["groups", "enterprise"],
)
def test_scim_pages_are_synced_and_then_quiet(site: Site, table: str, department: str, above: tuple[str, ...]) -> None:
    """Pages of SCIM, with departments by group or by the enterprise extension, are synced, and then all is quiet."""
    wanted = {
        "zhang.san": ("张三", (*above, "研发部")),
        "li.si": ("李四", (*above, "市场部")),
        "wang.wu": ("王五", (*above, "研发部")),
        "qian.qi": ("钱七", (*above, "研发部")),
    }
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), ScimPages) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            url = f"http://127.0.0.1:{server.server_port}/scim/v2"
            text = SCIM.replace("URL", url).replace("TABLE", table).replace("DEPARTMENT", department)
            use(site, text, b"", wanted)
        finally:
            server.shutdown()
            thread.join()
    phones = {account: one[1] for account, one in site.shown.items() if account in wanted}
    numbers = {"zhang.san": 1, "li.si": 2, "wang.wu": 3, "qian.qi": 5}
    assert phones == {account: f"1380000{number:04d}" for account, number in numbers.items()}
