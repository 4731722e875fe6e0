"""The encoding of a CSV file is guessed only where the guess gives a text that somebody writes."""

import pytest

from syncd.directory.csv_encoding import Encoding, encoding_of
from syncd.errors import SourceBroken

OTHERS = {
    "cp1252": ("François0", "Renée Dupont", "JOSÉ NUÑEZ", "Émilie Roy", "Müller", "Größe"),
    "big5": ("林志明", "研發部"),
    "shift_jis": ("山田太郎", "さくら花子", "タケシ一郎"),
    "euc_kr": ("김민수이영희박지성최유진정하늘강동원",),
    "utf-16": ("王芳",),
}
CHINESE = (
    "王芳",
    "IT与HR",
    "Java工程师",
    "A座B区",
    "Tom王",
    "├─ 研发部",
    "陳大文，李小明",
    "IT團隊",
    "α测试",
    "さくら",
    "Chloé 王",
)


@pytest.mark.parametrize("encoding", OTHERS)
def test_another_encoding_is_not_taken_for_gb18030(encoding: str) -> None:
    """A text in another encoding is refused with its line, the place that shows it and the setting."""
    for text in OTHERS[encoding]:
        content = f"id,name\n1,x\n2,{text}\n".encode(encoding)
        with pytest.raises(SourceBroken, match=r"f:\d: .*set `encoding`") as caught:
            encoding_of(content, "f")
        assert len(str(caught.value)) < 300
        assert encoding_of(content, "f", encoding) == Encoding(encoding)


def test_chinese_is_taken_for_gb18030() -> None:
    """Chinese with Latin letters, signs of a tree, rare letters and those of other scripts is taken for GB18030."""
    for text in CHINESE:
        assert encoding_of(f"id,name\n1,{text}\n".encode("gb18030"), "f") == Encoding("gb18030", is_guessed=True), text


def test_ascii_is_no_guess() -> None:
    """A file that is ASCII alone is read as UTF-8, and that is no guess; other UTF-8 is one."""
    assert encoding_of(b"id,name\n1,a\n", "f") == Encoding("utf-8")
    assert encoding_of("id,name\n1,é\n".encode(), "f").is_guessed
