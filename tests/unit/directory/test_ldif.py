"""LDIF is read as files really have it, and refused where it is not whole."""

import base64
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from syncd.directory.ldif import Fault, LdifText, Record, read_ldif, records
from syncd.directory.read_meter import ReadMeter
from syncd.errors import SourceBroken, SourceUnreachable

NAME = base64.b64encode("张三".encode()).decode()


def test_an_entry_with_everything_that_the_rfc_allows() -> None:
    """Version, comments, options, base64, folding, carriage returns and several values are read (RFC 2849)."""
    text = (
        "version: 1\r\n# made by hand\r\n  and folded\r\n\r\ndn: uid=zhang,\r\n  ou=people,dc=x\r\nuid: zhang\r\n"
        f"cn;lang-zh:: {NAME}\r\nmail: a@x\r\nMail: b@x\r\nphoto:: /w==\r\ntitle:\r\n\r\n\r\n"
    )
    assert list(records(text.encode(), "f")) == [
        Record(
            "uid=zhang, ou=people,dc=x",
            {
                "uid": ("zhang",),
                "cn;lang-zh": ("张三",),
                "mail": ("a@x", "b@x"),
                "photo": (b"\xff",),
                "title": ("",),
            },
            5,
        )
    ]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("dn: uid=a\nuid: a", "f:2: the file ends in the middle of a line"),
        ("dn: uid=a\n", "f:1: uid=a has no attribute"),
        ("dn: uid=a\nuid:: YW\n", "f:2: the value after :: is not base64"),
        ("dn: uid=a\nchangetype: delete\n", "f:2: uid=a is a change record"),
        ("dn: uid=a\nchangetype: add\nchangetype: add\nuid: a\n", 'f:3: "changetype:" stands within the entry uid=a'),
        ("dn: uid=a\nuid: a\nchangetype: add\n", 'f:3: "changetype:" stands within the entry uid=a'),
        ("dn: uid=a\ncontrol: 1.2.3 true\nchangetype: add\nuid: a\n", "f:2: uid=a is a change record (control)"),
        ("dn: uid=a\nuid: a\n\nsearch: 2\nresult: 3 Time limit exceeded\ntext: slow\n", "f:4: the search that wrote"),
        ("dn: uid=a\nuid: a\n\nsearch: 2\n", 'f:4: an entry begins with "dn:"'),
        ("dn: uid=a\nuid: a\n\nsearch: 2\nresult: 0 Success\ndn: uid=b\nuid: b\n", 'f:4: an entry begins with "dn:"'),
        ("dn: uid=a\nuid: a\n\n# pagedresults: estimate=3 cookie=AA==\n", "f:4: the file ends before the last page"),
        ("dn: uid=b\n\ndn: uid=a\n", "f:3: uid=a has no attribute"),
        ("dn:< file:///etc/passwd\nuid: a\n", 'f:1: an entry begins with "dn:"'),
        ("uid: a\n", 'f:1: an entry begins with "dn:"'),
        ("dn: uid=a\nnonsense\n", 'f:2: "nonsense" is not an attribute'),
        (" folded\n", "f:1: a folded line follows nothing"),
        ("version: 2\ndn: uid=a\nuid: a\n", "f:1: the version is not 1"),
        ("dn:: /w==\nuid: a\n", 'f:1: an entry begins with "dn:"'),
    ],
)
def test_what_is_no_whole_ldif_is_refused_with_its_line(text: str, said: str) -> None:
    """A file that is cut off or no LDIF is refused with its line; it is never a smaller company (I4)."""
    with pytest.raises(SourceBroken) as caught:
        list(records(text.encode(), "f"))
    assert str(caught.value).startswith(said)


def test_an_attribute_that_is_not_in_the_file_is_told_with_its_line() -> None:
    """A value that is a URL, and a range that is not whole, are told with their lines, and ranges are joined."""
    ranges = "member;range=2-*: c\nmember;range=0-0: a\nmember;range=1-1: b\n"
    (record,) = records(f"dn: cn=a\n{ranges}photo:< file:///etc/passwd\n".encode(), "f")
    assert record.attributes == {"member": ("a", "b", "c")}
    assert record.unread == {
        "photo": Fault(5, "the value of photo is a URL; values from elsewhere are not fetched"),
    }
    for cut in ("range=0-1", "range=1-*", "range=0-1:: YQ==\nmember;range=3-*", "range=*-0", "range=0-*-1"):
        (record,) = records(f"dn: cn=a\ncn: a\nmember;{cut}: b\n".encode(), "f")
        assert record.unread["member"].line == 3, cut
        assert "which are not all its values" in record.unread["member"].message


def test_files_that_were_joined_have_several_versions() -> None:
    """A version may stand before any entry and alone, as in files that were joined or written page by page."""
    text = "version: 1\ndn: uid=a\nuid: a\n\nversion: 1\n\nversion: 1\ndn: uid=b\nuid: b\n"
    assert [record.line for record in records(text.encode(), "f")] == [2, 8]


def test_what_a_search_says_is_known_after_the_entries() -> None:
    """A text knows how its searches ended and where they referred to, and doubts one whose end it does not have."""
    search = b"# extended LDIF\n\ndn: uid=a\nuid: a\n\n"
    end = b"# search reference\nref: ldap://a\nref: ldap://b\n\nsearch: 2\nresult: 0 Success\npagedresults: cookie=\n"
    whole = LdifText(search + end, "f")
    assert [record.dn for record in whole] == ["uid=a"]
    assert (whole.searches.ended, whole.searches.references, whole.searches.doubt) == (1, ["ldap://a", "ldap://b"], "")
    cut = LdifText(search + end + b"\n" + search.replace(b"uid=a", b"uid=b"), "f")
    assert [record.dn for record in cut] == ["uid=a", "uid=b"]
    assert cut.searches.doubt.startswith("f:14: ldapsearch began to write here")


def test_an_empty_file_has_no_entries() -> None:
    """An empty file has no entries; whether that can be believed is the certificate's question."""
    assert list(records(b"", "f")) == []
    assert list(records(b"version: 1\n", "f")) == []


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    """The error of a missing file says which file it is."""
    with pytest.raises(SourceUnreachable, match=r"gone\.ldif"):
        read_ldif(tmp_path / "gone.ldif", ReadMeter("hr"))


@settings(deadline=None)
@given(st.lists(st.binary(), min_size=1, max_size=3), st.integers(1, 76))
def test_any_value_survives_base64_and_folding(values: list[bytes], width: int) -> None:
    """Any value that is written in base64 and folded is read as it was."""
    lines = [b"dn: uid=a"] + [b"v:: " + base64.b64encode(value) for value in values]
    folded = b"".join(b"\n ".join(_cut(line, width)) + b"\n" for line in lines)
    (record,) = records(folded, "f")
    assert [one if isinstance(one, bytes) else one.encode() for one in record.attributes["v"]] == values


def _cut(line: bytes, width: int) -> list[bytes]:
    return [line[at : at + width] for at in range(0, len(line), width)]
