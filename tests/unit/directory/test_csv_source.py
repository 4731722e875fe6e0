"""CSV files are a source with entries, keys, departments and a grade."""

import re
from pathlib import Path

import pytest

from syncd.bootstrap.sources import sources
from syncd.config.loading import load
from syncd.directory.csv_source import CsvFile, CsvSource
from syncd.directory.ldif_source import LdifSource
from syncd.directory.reading import Selection, TreeSettings
from syncd.errors import SourceBroken
from syncd.mapping.desire import Moment, desire
from syncd.mapping.rules import Compiled, DepartmentRules, SourceRules, UserRules
from syncd.model.desired import Desired
from syncd.model.source import Grade, Snapshot
from syncd.testing.company import Company, generated
from syncd.testing.sample import PEOPLE
from tests.kit.long_ago import write_long_ago

STAFF = "no,login,name,unit\n17,wang.fang,王芳,D2\n18 ,zhang.wei,张伟, D1\n"
UNITS = "id,title,above\nD1,公司,\nD2,研发部,D1\n"
RULES = Compiled(
    SourceRules(
        UserRules(account="login", name="name", phone="", email="", position="", department="unit"),
        DepartmentRules(name="title", parent="above"),
    )
)


def read(folder: Path, staff: str = STAFF, units: str | None = UNITS, key: str = "no") -> Snapshot:
    """Read files with this content, which nobody has written just now."""
    files = {"staff.csv": staff, **({"units.csv": units} if units is not None else {})}
    for name, content in files.items():
        write_long_ago(folder / name, content)
    users = CsvFile(folder / "staff.csv", key, {"login": "mapping.user.account", key: "source.hr.users.key"})
    departments = CsvFile(folder / "units.csv", "id", {"Title": "mapping.department.name"})
    return CsvSource("hr", users, departments if units is not None else None).read()


def desired(snapshot: Snapshot, rules: Compiled = RULES) -> Desired:
    """Map what was read."""
    return desire([snapshot], {snapshot.source: rules}, Moment(0))


def test_people_and_departments_are_read_whole(tmp_path: Path) -> None:
    """Files that were read to their end are whole; keys are trimmed, and a locator is file and line."""
    snapshot = read(tmp_path)
    assert snapshot.certificate.grade is Grade.WHOLE
    assert [(entry.key, entry.locator) for entry in snapshot.users] == [("17", "staff.csv:2"), ("18", "staff.csv:3")]
    assert [(entry.key, entry.locator) for entry in snapshot.departments] == [
        ("D1", "units.csv:2"),
        ("D2", "units.csv:3"),
    ]
    assert snapshot.certificate.proofs == (
        "staff.csv was read as UTF-8 to its end: 2 rows; units.csv was read as UTF-8 to its end: 2 rows",
    )


def test_columns_with_keys_say_the_department_and_the_one_above(tmp_path: Path) -> None:
    """A column with keys names the department, blanks around a key do not count, and no key is the root."""
    found = desired(read(tmp_path))
    assert {one.key: one.fields.department for one in found.users} == {"17": "D2", "18": "D1"}
    assert {one.key: one.fields.parent for one in found.departments} == {"D1": "", "D2": "D1"}
    assert found.skipped == ()


def test_keys_of_departments_have_the_form_of_their_own_column(tmp_path: Path) -> None:
    """Keys of departments keep the form of their column, even where people have UUIDs as keys."""
    snapshot = read(tmp_path, STAFF.replace("no,", "entryUUID,"), key="entryUUID")
    assert {one.fields.department for one in desired(snapshot).users} == {"D1", "D2"}


def test_departments_can_stand_as_text_in_the_rows_of_people(tmp_path: Path) -> None:
    """Each name in a person's path is a department whose key is its path."""
    staff = "no,login,name,path\n17,a,A,研发部/一组\n18,b,B,研发部\n"
    rules = Compiled(SourceRules(UserRules(account="login", name="name", department="@path:path"), DepartmentRules()))
    found = desired(read(tmp_path, staff, None), rules)
    assert {one.key: one.fields.parent for one in found.departments} == {"研发部": "", "研发部/一组": "研发部"}
    assert [one.fields.department for one in found.users] == ["研发部/一组", "研发部"]


def test_departments_in_a_ring_stop_only_themselves(tmp_path: Path) -> None:
    """Departments in a ring are skipped by file and line, stay present and stop no other (I11, I12)."""
    found = desired(read(tmp_path, units="id,title,above\nD1,公司,D2\nD2,研发部,D1\nD3,市场部,\n"))
    assert [one.key for one in found.departments] == ["D3"]
    assert [one.locator for one in found.skipped] == ["units.csv:2", "units.csv:3"]
    assert ("hr", "D1") in found.present_departments


@pytest.mark.parametrize(
    ("row", "reason", "words"),
    [
        (",li.na,李娜,D1\n", "no_key", "staff.csv:4 has no value of no where one is the key"),
        (" ,li.na,李娜,D1\n", "no_key", "staff.csv:4 has no value of no where one is the key"),
        ("17 ,li.na,李娜,D1\n", "shared_key", "staff.csv:2 has the same no, 17, as 1 other entry"),
    ],
)
def test_a_row_without_a_key_of_its_own_is_named_and_unproven(
    tmp_path: Path, row: str, reason: str, words: str
) -> None:
    """A row without a key of its own is named and makes the read unproven (DESIGN 6, derived ids)."""
    snapshot = read(tmp_path, STAFF + row)
    assert snapshot.certificate.grade is Grade.UNPROVEN
    assert snapshot.unreadable[0].reason == reason
    assert snapshot.unreadable[0].message.startswith(words)


def test_letters_of_two_forms_are_one_key(tmp_path: Path) -> None:
    """Two Unicode forms of one key are the same key, in its NFC form (DESIGN 6, derived ids)."""
    snapshot = read(tmp_path, "no,login,name,unit\nJose\u0301,a,A,\nJos\u00e9,b,B,\n")
    assert [(one.key, one.reason) for one in snapshot.unreadable] == [("Jos\u00e9", "shared_key")] * 2


@pytest.mark.parametrize(
    ("staff", "doubt"),
    [
        ("", "staff.csv is empty, without even a header"),
        ("no,login\n", "source hr: no person is in staff.csv; look at what writes it"),
    ],
)
def test_nobody_proves_nothing(tmp_path: Path, staff: str, doubt: str) -> None:
    """A file without people is unproven, because it is no directory of nobody (DESIGN 6, certificate)."""
    certificate = read(tmp_path, staff).certificate
    assert certificate.grade is Grade.UNPROVEN
    assert any(one.startswith(doubt) for one in certificate.doubts)


def test_a_last_line_without_its_end_is_broken_unless_it_is_always_so(tmp_path: Path) -> None:
    """A last line without its end is a broken read, unless the source says that its files end so."""
    with pytest.raises(SourceBroken, match=r"staff\.csv:3: the file ends in the middle of a line"):
        read(tmp_path, STAFF.rstrip("\n"))
    open_ended = CsvFile(tmp_path / "staff.csv", "no", may_end_open=True)
    assert len(CsvSource("hr", open_ended).read().users) == 2


def test_an_empty_file_of_departments_is_unproven_too(tmp_path: Path) -> None:
    """An empty file of departments is unproven; else all departments would go at once."""
    assert read(tmp_path, units="").certificate.grade is Grade.UNPROVEN


def test_a_mapped_column_that_is_not_there_is_a_broken_read(tmp_path: Path) -> None:
    """A mapped column that is missing is named with file, setting and existing columns (DESIGN 6, certificate)."""
    with pytest.raises(SourceBroken) as caught:
        read(tmp_path, STAFF.replace("login", "account"))
    assert str(caught.value) == (
        'staff.csv:1: there is no column "login", which mapping.user.account names; '
        "the columns are no, account, name, unit"
    )
    with pytest.raises(
        SourceBroken, match=r'units\.csv:1: there is no column "Title", which mapping\.department\.name'
    ):
        read(tmp_path, units=UNITS.replace("title", "name"))


SETTINGS = """[source.hr]
type = "csv"
key = "no"
users = {path = "staff.csv"}
departments = {path = "units.csv", key = "id"}
[mapping.user]
account = "login"
name = ["name", "{{ given }} {{ surname }}"]
phone = ""
email = ""
position = "{{ entry['rank'] or range(3) }}"
department = "unit"
when = "{{ state != 'left' }}"
[mapping.department]
name = "title"
parent = "above"
[platform]
appkey = "k"
appsecret = "s"
initial_password = "pass"
"""
PEOPLE_COLUMNS = {
    "login": "mapping.user.account",
    "name": "mapping.user.name",
    "surname": "mapping.user.name",
    "rank": "mapping.user.position",
    "unit": "mapping.user.department",
    "state": "mapping.user.when",
    "pass": "platform.initial_password",
    "no": "source.hr.key",
}
UNIT_COLUMNS = {
    "title": "mapping.department.name",
    "above": "mapping.department.parent",
    "id": "source.hr.departments.key",
}


@pytest.mark.parametrize(("gone", "setting"), [*PEOPLE_COLUMNS.items(), *UNIT_COLUMNS.items()])
def test_every_column_that_a_setting_names_must_be_there(tmp_path: Path, gone: str, setting: str) -> None:
    """A read is broken without any one column that a rule, a template, a key or a password names."""
    (tmp_path / "syncd.toml").write_text(SETTINGS)
    columns = {"staff.csv": [*PEOPLE_COLUMNS, "given"], "units.csv": [*UNIT_COLUMNS]}
    for name, header in columns.items():
        write_long_ago(tmp_path / name, ",".join(header) + "\n")
    (source,) = sources(load(None, {}, tmp_path).settings, {})
    assert source.read().users == ()
    for name, header in columns.items():
        write_long_ago(tmp_path / name, ",".join(column for column in header if column != gone) + "\n")
    with pytest.raises(SourceBroken, match=rf'there is no column "{gone}", which {re.escape(setting)} names'):
        source.read()


def test_a_default_that_nobody_wrote_wants_no_column(tmp_path: Path) -> None:
    """A default of the mapping wants no column; the same field written for this source wants one."""
    plain = SETTINGS.replace('phone = ""\nemail = ""\n', "")
    for name, header in {"staff.csv": [*PEOPLE_COLUMNS, "given"], "units.csv": [*UNIT_COLUMNS]}.items():
        write_long_ago(tmp_path / name, ",".join(header) + "\n")
    (tmp_path / "syncd.toml").write_text(plain)
    (source,) = sources(load(None, {}, tmp_path).settings, {})
    assert source.read().users == ()
    (tmp_path / "syncd.toml").write_text(plain + '[source.hr.mapping.user]\nphone = "mobile"\n')
    (source,) = sources(load(None, {}, tmp_path).settings, {})
    with pytest.raises(SourceBroken, match=r'there is no column "mobile", which mapping\.user\.phone names'):
        source.read()


def test_the_same_company_through_ldif_and_csv_is_the_same_desired_state(tmp_path: Path) -> None:
    """The same company read from LDIF and from CSV gives the same desired state."""
    company = generated(200, 30)
    (tmp_path / "company.ldif").write_bytes(company.ldif())
    people, units = (Selection(f"(objectClass={one})", (PEOPLE,)) for one in ("inetOrgPerson", "organizationalUnit"))
    tree = LdifSource(TreeSettings("hr", people, units), tmp_path / "company.ldif").read()
    rows = Compiled(SourceRules(UserRules(department="unit"), DepartmentRules(parent="parent")))
    found, wanted = desired(csv_of(company, tmp_path), rows), desired(tree, Compiled(SourceRules()))
    assert {one.key: one.fields for one in found.users} == {one.key: one.fields for one in wanted.users}
    assert {one.key: one.fields for one in found.departments} == {one.key: one.fields for one in wanted.departments}
    assert (found.present_users, found.skipped, len(found.users)) == (wanted.present_users, (), 200)


def csv_of(company: Company, folder: Path) -> Snapshot:
    """Read the company from CSV files."""
    for name, content in company.csv().items():
        write_long_ago(folder / name, content)
    users, departments = (CsvFile(folder / name, "entryUUID") for name in ("people.csv", "departments.csv"))
    return CsvSource("hr", users, departments).read()
