"""LDIF is read as files really have it, and refused where it is not whole."""

import base64
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from syncd.directory.ldif import Record, read_records, records
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
        ("dn: uid=a\nphoto:< file:///etc/passwd\n", "f:2: the value of photo is a URL"),
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


def test_an_empty_file_has_no_entries() -> None:
    """An empty file has no entries; whether that can be believed is the certificate's question."""
    assert list(records(b"", "f")) == []
    assert list(records(b"version: 1\n", "f")) == []


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    """The error of a missing file says which file it is."""
    with pytest.raises(SourceUnreachable, match=r"gone\.ldif"):
        read_records(tmp_path / "gone.ldif")


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
