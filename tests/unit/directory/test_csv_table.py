"""CSV files are read in their encoding and with their delimiter, and only where they are whole."""

import csv
import io
import itertools

import pytest

from syncd.directory.csv_table import Form, Table
from syncd.errors import SourceBroken

PEOPLE = [("工号", "姓名", "部门"), ("17", "王芳", "研发部"), ("18", "张伟", "市场部"), ("19", "Chloé Dubois", "")]
NAMES = ["王芳", "张伟", "Chloé Dubois"]


def read(content: bytes | str, **form: object) -> list[dict[str, str]]:
    """Give the rows of a file."""
    raw = content.encode() if isinstance(content, str) else content
    rows = Table(raw, "people.csv", Form(**form)).rows()  # type: ignore[arg-type]
    return [{name: values[0] for name, values in row.values.items()} for row in rows]


def written(delimiter: str = ",", encoding: str = "utf-8", line_end: str = "\r\n") -> bytes:
    """Give a file as a spreadsheet writes it."""
    out = io.StringIO()
    csv.writer(out, delimiter=delimiter, lineterminator=line_end).writerows(PEOPLE)
    return out.getvalue().encode(encoding)


def test_encoding_and_delimiter_are_found() -> None:
    """UTF-8 with and without a mark, GB18030, four delimiters and three line ends are recognised."""
    wanted = [
        {"工号": "17", "姓名": "王芳", "部门": "研发部"},
        {"工号": "18", "姓名": "张伟", "部门": "市场部"},
        {"工号": "19", "姓名": "Chloé Dubois"},  # an empty cell is no value
    ]
    forms = itertools.product((",", ";", "\t", "|"), ("utf-8", "utf-8-sig", "gb18030"), ("\n", "\r\n", "\r"))
    wrong = [(form, rows) for form in forms if (rows := read(written(*form))) != wanted]
    assert wrong == []


@pytest.mark.parametrize(("encoding", "names"), [("utf-16", NAMES), ("big5", ["王芳"]), ("latin-1", ["Chloé Dubois"])])
def test_another_encoding_is_taken_where_it_is_named(encoding: str, names: list[str]) -> None:
    """A file is read in the encoding that the configuration names, without any guess."""
    content = "id,name\n" + "".join(f"{number},{name}\n" for number, name in enumerate(names))
    assert [row["name"] for row in read(content.encode(encoding), encoding=encoding)] == names


def test_a_named_delimiter_is_taken() -> None:
    """A named delimiter counts, whatever else the header holds."""
    assert read("id:a,b\n1:x\n", delimiter=":") == [{"id": "1", "a,b": "x"}]


@pytest.mark.parametrize(
    ("content", "line"),
    [
        ("id,name\n1,王芳\n2,张伟\n".encode()[:-2], 3),
        ("id,name\n1,王芳\n2,张伟\n3,李".encode() + b"\xff\n", 4),
        ("\ufeffid,name\n1,".encode() + "王\n".encode("gb18030"), 2),
    ],
)
def test_damaged_utf8_is_not_taken_for_gb18030(content: bytes, line: int) -> None:
    """Damaged UTF-8 is refused by its line and not read as GB18030, which would give everybody another name."""
    with pytest.raises(SourceBroken, match=rf"people\.csv:{line}: this is not UTF-8, which the rest"):
        read(content)


def test_what_is_neither_encoding_is_broken_with_both_lines() -> None:
    """A file that is neither UTF-8 nor GB18030 is refused with the line that is in the way of each."""
    content = "id,name\n1,王芳\n2,张伟\n3,".encode("gb18030") + b"\xff\xff\n"
    with pytest.raises(SourceBroken, match=r"people\.csv:2: this is not UTF-8, and line 4 is not GB18030"):
        read(content)


def test_a_named_encoding_that_does_not_fit_is_broken() -> None:
    """A file that does not fit the named encoding is refused with the line."""
    with pytest.raises(SourceBroken, match=r"people\.csv:2: this is not utf-8; set `encoding`"):
        read(
            written(encoding="gb18030").replace(written(encoding="gb18030").split(b"\r\n")[0], b"a,b,c"),
            encoding="utf-8",
        )


def test_quotes_hold_delimiters_line_ends_and_quotes() -> None:
    """Quoted values hold delimiters, line ends and quotes; a row's line is its first one (RFC 4180, 2.6, 2.7)."""
    table = Table(b'id,"na me",x\n1,"a, ""b""\r\nc",\n\n  \n,,\n2,y,"z"\n', "people.csv", Form())
    rows = list(table.rows())
    assert [row.line for row in rows] == [2, 7]
    assert rows[0].values == {"id": ("1",), "na me": ('a, "b"\r\nc',)}
    assert rows[1].values == {"id": ("2",), "na me": ("y",), "x": ("z",)}


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ('id,name\n1,"An', "people.csv:2: the quoting is wrong"),
        (f"id,photo\n1,{'A' * 131_073}\n", "people.csv:2: a cell has more than 131072 characters"),
        ('id,name\n1,a\n2,"An\n3,b\n', "people.csv:3: the quoting is wrong"),
        ('id,name\n1,"An"na\n', "people.csv:2: the quoting is wrong"),
        ('id,name\n1,Anna"\n', "people.csv:2: a quote stands in a value that is not quoted"),
        ('id,name\n1,An"na\n', "people.csv:2: a quote stands in a value that is not quoted"),
        ("id,name\n1,a\n2\n", "people.csv:3: there are 1 fields where the header has 2"),
        ("id,name\n1,a,b\n", "people.csv:2: there are 3 fields where the header has 2"),
        ("id,name,\n1,a,b\n", "people.csv:2: there are 3 fields where the header has 3"),
        ("id,name\n1,a\n2,b,\n", "people.csv:3: there are 3 fields where the rows before have 2"),
        ("id,name\n1,a,,\n2,b\n", "people.csv:3: there are 2 fields where the rows before have 4"),
        ("\nid,ID ,name\n", 'people.csv:2: the header has "id" more than once'),
        ("a;b,c\n", 'people.csv:1: the header can be read with "," or ";" between'),
        ("i\0d\n", "people.csv:1: this is no text"),
    ],
)
def test_what_is_no_whole_table_is_refused_with_its_line(content: str, words: str) -> None:
    """A table that is cut, badly quoted or has a header without names is refused with the line."""
    with pytest.raises(SourceBroken) as caught:
        read(content)
    assert str(caught.value).startswith(words)


def test_what_has_no_name_has_no_values() -> None:
    """Columns without a name have no values, wherever they stand; at the right of all names they must be empty."""
    assert read(",id,,name,,\n0,1,x,a,,\n") == [{"id": "1", "name": "a"}]
    assert read("\n,,\nid,name\n,,,\n1,a,,\n,\n") == [{"id": "1", "name": "a"}]


def test_what_nobody_reads_may_be_doubled_or_large() -> None:
    """A doubled name and a cell of any length are faults only where somebody reads the column."""
    content = f"id,x,X,photo\n1,2,3,{'A' * 200_000}\n".encode()
    (row,) = Table(content, "people.csv", Form(), frozenset({"id"})).rows()
    assert (row.values["id"], "x" in row.values) == (("1",), False)
    for read_one, words in (("x", "more than once"), ("photo", "a cell has more than")):
        with pytest.raises(SourceBroken, match=words):
            list(Table(content, "people.csv", Form(), frozenset({read_one})).rows())


def test_what_stands_above_the_header_is_passed_over() -> None:
    """Lines above `header_row`, and one that names the delimiter, are no rows, and lines are counted with them."""
    title = 'Staff "2024"; all, of them\n\n'
    assert read(f"{title}id,name\n1,a\n", header_row=2) == [{"id": "1", "name": "a"}]
    assert read(f"sep=|\n{title}id|na,me\n1|a\n", header_row=4) == [{"id": "1", "na,me": "a"}]
    assert read('"SEP=;"\r\nid;na,m,e\r\n1;a\r\n') == [{"id": "1", "na,m,e": "a"}]
    with pytest.raises(SourceBroken, match=r"people\.csv:4: there are 1 fields"):
        read(f"{title}id,name\n1\n", header_row=3)
    with pytest.raises(SourceBroken, match=r"people\.csv:3: the header can be read"):
        read(f"{title}a;b,c\n", header_row=3)
    assert read("id,name\n", header_row=9) == []


def test_a_file_that_was_cut_anywhere_is_broken_or_known_not_to_end() -> None:
    """A cut anywhere but between two lines breaks the read or is known by the line that does not end."""
    taken_for_whole = []
    for cut in range(30, len(written()) - 2):
        content = written()[:cut]
        try:
            table = Table(content, "people.csv", Form())
            list(table.rows())
        except SourceBroken:
            continue
        if table.open_line != 1 + content.count(b"\n") and not content.endswith((b"\r", b"\n")):
            taken_for_whole.append((cut, content))
    assert taken_for_whole == []


def test_an_empty_file_has_no_columns() -> None:
    """An empty file has no columns and no rows, with or without a mark or empty lines."""
    for content in ("", "\ufeff", "\n \n"):
        table = Table(content.encode(), "people.csv", Form())
        assert table.columns == ()
        assert list(table.rows()) == []


def test_names_of_columns_are_trimmed_and_of_any_letter_case() -> None:
    """Names of columns are trimmed and have any letter case, as attributes of a directory do."""
    assert read(" ID , Staff Name\n1,a\n") == [{"id": "1", "staff name": "a"}]
