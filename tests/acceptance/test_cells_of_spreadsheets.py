"""The tests sync tables in which spreadsheets and databases left their own marks around or instead of values."""

from openpyxl.worksheet.worksheet import Worksheet

from tests.acceptance.test_tables_of_others import HEADER, ROWS, TABLE, sheet, shown, write
from tests.kit.installation.site import Site

WRAPPED = {
    "quoted": 'no,login,name,mobile,unit\n"=""1""",u1,"=""王芳""","=""13800000001""",研发部\n'
    '"=""2""",u2,张伟,"=""13800000002""",研发部\n',
    "not quoted": '="no","=""login""",name,mobile,unit\n="1",u1,="王芳",="13800000001",="研发部"\n'
    '="2",u2,张伟, ="13800000002" ,研发部\n',
    "an apostrophe": "no,login,name,mobile,unit\n'1,u1,王芳,'+86 13800000001,研发部\n'2,u2,张伟,'13800000002,研发部\n",
    "both": 'no,login,name,mobile,unit\n\'="1",u1,王芳,\'="13800000001",研发部\n2,u2,张伟,13800000002,研发部\n',
    "semicolons": TABLE.replace(",", ";").replace("\n1;", '\n="1";').replace("13800000002", '="13800000002"'),
}


def test_what_spreadsheets_put_around_a_value_is_no_part_of_it(site: Site) -> None:
    """Values, keys and names of columns are read without `="…"` and without an apostrophe that marks a text."""
    write(site, TABLE)
    assert site.run("reconcile").code == 0
    wanted = shown(site)
    for name, content in WRAPPED.items():
        write(site, content)
        done = site.run("reconcile", "--json")
        assert (done.code, done.json["results"]) == (0, []), (name, done.out, done.err)

    def wrap(worksheet: Worksheet) -> None:
        for number in (2, 3):
            worksheet.cell(number, 1).value = f'="{number - 1}"'
            worksheet.cell(number, 1).data_type = "s"  # a text, no formula

    write(site, sheet(HEADER, *([*row[:3], f"'{row[3]}", row[4]] for row in ROWS), change=wrap))
    again = site.run("reconcile", "--json")
    assert (again.code, again.json["results"], shown(site)) == (0, [], wanted)


def test_an_apostrophe_that_belongs_to_a_name_stays(site: Site) -> None:
    """An apostrophe before a word belongs to the name."""
    write(site, "no,login,name,mobile,unit\n1,u1,'t Hooft,,'90s Club\n2,u2,O'Neill,,\"'s-Hertogenbosch\"\n")
    assert site.run("reconcile").code == 0
    assert [one[0] for account, one in sorted(site.shown.items()) if account.startswith("u")] == ["'t Hooft", "O'Neill"]


def test_the_word_for_no_value_is_none_and_is_named(site: Site) -> None:
    r"""A lone `NULL` or `\N` is no value and is named with its line and column, and as a key it holds the plan."""
    write(
        site, "no,login,name,mobile,unit,note\n1,u1,王芳,NULL,研发部,NULL\n2,u2,Null,13800000002,\\N,\n3,NULL,李娜,,,\n"
    )
    done = site.run("reconcile", "--json")
    assert done.code == 0, done.err
    assert shown(site) == {"u1": ("王芳", ""), "u2": ("Null", "13800000002")}
    assert site.shown["u2"][4] == ()
    said = [(one["locator"], one["key"], one["message"]) for one in site.run("plan", "--json").json["skipped"]]
    nulls = [one for one in said if "stands for no value" in one[2]]
    assert [one[:2] for one in nulls] == [("people.csv:2", "1"), ("people.csv:3", "2"), ("people.csv:4", "3")]
    assert ("mobile" in nulls[0][2], "note" in nulls[0][2], "unit" in nulls[1][2]) == (True, False, True)
    assert '"NULL"' in site.run("plan").out
    write(site, TABLE + "NULL,u9,赵敏,,\n")
    held = site.run("reconcile")
    assert (held.code, "people.csv:4 has no value of no" in held.out) == (3, True), held.out


def test_an_error_of_a_spreadsheet_is_broken_in_a_file_too(site: Site) -> None:
    """A cell such as `#N/A` in a mapped column breaks the read of a CSV file as of a workbook."""
    write(site, TABLE)
    assert site.run("reconcile").code == 0
    for error in ("#N/A", "#REF!", "#NAME?", "#DIV/0!"):
        write(site, TABLE.replace("13800000002", error))
        broken = site.run("reconcile")
        assert (broken.code, f'people.csv:3: "mobile" shows {error}' in broken.fault) == (1, True), broken.err
    write(site, TABLE.replace("mobile", "other,mobile").replace(",1380", ",#N/A,1380"))
    assert site.run("reconcile").code == 0
