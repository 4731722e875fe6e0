"""The tests sync CSV files in encodings that nobody named: a guess that cannot be right writes nothing."""

from tests.acceptance.test_tables_of_others import write
from tests.kit.installation.site import Site

HEADER = "no,login,name,mobile,unit\n"


def rows(*names: str, unit: str = "") -> str:
    """Return a table of people with these names."""
    return HEADER + "".join(f"{number},u{number},{name},,{unit}\n" for number, name in enumerate(names))


WRONG = {
    "cp1252": rows("François Lefèvre0", "Renée Dupont", "Émilie Müller"),
    "latin-1": rows("JOSÉ NUÑEZ", "MÜLLER"),
    "big5": rows("陳美玲", "王芳", "林志明", unit="研發部"),
    "shift_jis": rows("山田太郎", "佐藤花子", "鈴木一郎"),
    "euc_kr": rows("김민수", "이영희", "박지성", "최유진", "정하늘", "강동원", "조인성", "윤아름", unit="영업부"),
    "utf-16": rows("王芳", "François"),
}


def test_a_guess_that_cannot_be_right_is_a_broken_read(site: Site) -> None:
    """A file in another encoding than UTF-8 or GB18030 is exit 1 and names `encoding`, which then has it read right."""
    for encoding, text in WRONG.items():
        write(site, text.encode(encoding))
        checked = site.run("check")
        assert (checked.code, "FAIL directory hr: people.csv:" in checked.out) == (1, True), (encoding, checked.out)
        assert "`encoding`" in checked.out, (encoding, checked.out)
        broken = site.run("reconcile")
        assert (broken.code, "`encoding`" in broken.fault) == (1, True), (encoding, broken.err)
    assert not any(account.startswith("u") for account in site.shown)
    for encoding, text in WRONG.items():
        write(site, text.encode(encoding), f', encoding = "{encoding}"')
        assert site.run("reconcile", "--approve", site.fingerprint()).code == 0, encoding
        names = {one[0] for account, one in site.shown.items() if account.startswith("u")}
        assert names >= {line.split(",")[2] for line in text.splitlines()[1:]}, encoding


RIGHT = {
    "simplified": rows("王芳", "张伟", "欧阳娜娜", unit="研发部/A组"),
    "mixed": rows("IT与HR", "Java工程师", "VIP客户部", "Tom王", "Chloé", "├─ 研发部", "ИТ отдел", unit="QA测试"),
    "traditional": rows("陳大文", "李嘉欣", "黃志強", unit="HR經理部"),
    "few": rows("张"),
}


def test_gb18030_is_taken_and_named(site: Site) -> None:
    """Files in GB18030 are read as such, and `check` and each plan name the encoding that was taken."""
    for name, text in RIGHT.items():
        write(site, text.encode("gb18030"))
        for command in ("check", "plan"):
            said = site.run(command)
            assert (said.code, "people.csv was read as GB18030 to its end" in said.out) == (0, True), (name, said.out)
    write(site, RIGHT["simplified"])
    assert "people.csv was read as UTF-8 to its end" in site.run("plan").out


def test_another_guess_than_at_the_last_good_read_is_held(site: Site) -> None:
    """A guess that differs from the last good read's is a doubt that holds the plan, until `encoding` says it."""
    text = rows("王芳", "张伟", "李娜")
    write(site, text)
    assert site.run("reconcile").code == 0
    more = text + "9,u9,赵敏,,\n"
    write(site, more.encode("gb18030"))
    held = site.run("reconcile")
    assert held.code == 3, held.out
    assert "the file of people is taken for GB18030, and was UTF-8 at the last good read" in held.out
    assert "u9" not in site.shown
    assert "taken for GB18030" in site.run("check").out
    write(site, more.encode("gb18030"), ', encoding = "gb18030"')
    assert site.run("reconcile").code == 0
    assert site.shown["u9"][0] == "赵敏"
