"""Which encoding the bytes of a CSV file have, and whether a guess can be right."""

import codecs
import re
from collections import Counter

import msgspec

from syncd.errors import SourceBroken

AUTO = "auto"
UTF8, GB18030 = "utf-8", "gb18030"
_REPLACED = "\ufffd"
_MARKS = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
_HAN = "\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
_LATIN = "A-Za-z\u00c0-\u024f"
# Light lines are used as signs of a tree; the others stand where an encoding of Taiwan has letters.
_NEVER_WRITTEN = re.compile(
    "[\ue000-\uf8ff\U000f0000-\U0010ffff\u2504-\u250b\u250d-\u250f\u2511-\u2513\u2515-\u2517\u2519-\u251b\u251d-\u2523\u2525-\u252b\u252d-\u2533\u2535-\u253b\u253d-\u254b]"
)
_WORD = re.compile(f"[{_LATIN}{_HAN}]+")
_HAN_LETTER = re.compile(f"[{_HAN}]")
_HAN_INSIDE = re.compile(f"[a-z][{_HAN}][a-z]")
_HAN_BETWEEN = re.compile(f"(?<=[{_LATIN}])[{_HAN}](?=[{_LATIN}])")
_ONE_HAN = re.compile(f"[{_LATIN}]*[a-z]{{2}}[{_HAN}]|[{_HAN}][a-z]{{2}}[{_LATIN}]*")
FEWEST_LETTERS = 4
"""Han letters from which on it counts that nearly all of them are rare ones."""
FEWEST_KOREAN = 16
"""Han letters from which on it counts that all of them stand where Korean has its syllables."""
_KOREAN = range(0xB0, 0xC9)
ELSE = 'set `encoding` to what the export writes, such as "cp1252", "big5", "shift_jis" or "euc_kr"'


class Encoding(msgspec.Struct, frozen=True):
    """An encoding by the name that Python has for it, and whether it was guessed from other bytes than ASCII."""

    name: str
    is_guessed: bool = False

    @property
    def shown(self) -> str:
        """Return the name that people know."""
        return self.name.upper() if self.name in (UTF8, GB18030) else self.name


def encoding_of(content: bytes, name: str, wanted: str = AUTO) -> Encoding:
    """Return the encoding in which the whole file can be read; `auto` is UTF-8, else GB18030.

    Raises `SourceBroken` with the line where neither, or not the one that is wanted, can be, and where the text that
    GB18030 makes of it is none that anybody writes.
    """
    if wanted != AUTO:
        if (line := _undecodable(content, wanted)) is not None:
            raise SourceBroken(f"{name}:{line}: this is not {wanted}; set `encoding`, or mend the export")
        return Encoding(wanted)
    if content.startswith(_MARKS):
        raise SourceBroken(f'{name}:1: this is UTF-16; set `encoding` to "utf-16"')
    line = _undecodable(content, UTF8)
    if line is None:
        return Encoding(UTF8, is_guessed=not content.isascii())
    if _is_damaged_utf8(content):
        raise SourceBroken(
            f"{name}:{line}: this is not UTF-8, which the rest of the file is; it was cut off or damaged, "
            "or `encoding` must be set"
        )
    if (other := _undecodable(content, GB18030)) is not None:
        raise SourceBroken(f"{name}:{line}: this is not UTF-8, and line {other} is not GB18030; set `encoding`")
    _check_chinese(content.decode(GB18030), name)
    return Encoding(GB18030, is_guessed=True)


def _undecodable(content: bytes, encoding: str) -> int | None:
    """Give the line of the first bytes that are no text in an encoding."""
    try:
        content.decode(encoding)
    except UnicodeDecodeError as error:
        return content.count(b"\n", 0, error.start) + 1
    return None


def _is_damaged_utf8(content: bytes) -> bool:
    """Tell whether what is not UTF-8 is the exception, for almost any bytes can be read as GB18030."""
    if content.startswith(codecs.BOM_UTF8):
        return True
    text = content.decode(UTF8, "replace")
    wrong = text.count(_REPLACED)
    return len(text) - len(text.encode("ascii", "ignore")) - wrong > wrong


def _check_chinese(text: str, name: str) -> None:
    """Raise `SourceBroken` where a text is what GB18030 makes of another encoding."""
    if found := _NEVER_WRITTEN.search(text):
        raise _no_chinese(text, name, found.start(), "has characters that nobody writes")
    for word in _WORD.finditer(text):
        if _is_latin_with_han(word[0]):
            raise _no_chinese(text, name, word.start(), "has a Chinese letter inside a Latin word")
    letters = Counter(_HAN_LETTER.findall(text))
    count = letters.total()
    rare = sum(number for letter, number in letters.items() if not _gb2312(letter))
    first = next(iter(letters), "")
    if count >= FEWEST_LETTERS and rare * 10 >= count * 9:
        raise _no_chinese(text, name, text.index(first), "consists of letters that are rare in Chinese")
    if count >= FEWEST_KOREAN and all((_gb2312(letter) or b"\0")[0] in _KOREAN for letter in letters):
        raise _no_chinese(text, name, text.index(first), "looks like Korean, by the letters that it has")


def _is_latin_with_han(word: str) -> bool:
    """Whether a Han letter stands where a Latin one with an accent would.

    `é` and a letter after it are two bytes that GB18030 has for one rare letter; common letters do stand beside Latin
    ones (`IT与HR`, `Java工程师`).
    """
    if word.isascii() or not _HAN_LETTER.search(word):
        return False
    if _HAN_INSIDE.search(word):
        return True
    if any(not _gb2312(letter) for letter in _HAN_BETWEEN.findall(word)):
        return True
    return bool(_ONE_HAN.fullmatch(word)) and not all(_gb2312(one) for one in _HAN_LETTER.findall(word))


def _gb2312(letter: str) -> bytes:
    """Return the bytes of a letter in GB 2312, which has the 6,763 common ones; nothing for a rare one."""
    try:
        return letter.encode("gb2312")
    except UnicodeEncodeError:
        return b""


def _no_chinese(text: str, name: str, start: int, what: str) -> SourceBroken:
    line = text.count("\n", 0, start) + 1
    begin = max(text.rfind(mark, 0, start) for mark in ",;\t|\n") + 1
    shown = re.split(r"[,;\t|\r\n]", text[begin : begin + 40])[0].strip()
    return SourceBroken(
        f'{name}:{line}: this is not UTF-8, and as GB18030 it {what} ("{shown}"), so it is another encoding; {ELSE}'
    )
