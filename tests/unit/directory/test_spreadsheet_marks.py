"""Marks that spreadsheets put around values are told from what belongs to the values."""

from syncd.directory.spreadsheet_marks import error_in, stands_for_nothing, unwrapped

UNWRAPPED = {
    '="13800000001"': "13800000001",
    ' ="a""b" ': 'a"b',
    '=""': "",
    "'+86 138-0000-0001": "+86 138-0000-0001",
    "'0017": "0017",
    '\'="0017"': "0017",
    "'@wang": "@wang",
}
AS_THEY_ARE = ("", " ", "a", "'t Hooft", "'90s Club", "O'Neill", "=1+1", '="a', '"a"', "'", "='a'", '="a" b')


def test_marks_are_taken_off_and_nothing_else() -> None:
    """A text in `="…"` and an apostrophe before a number or a sign are marks; all else belongs to the value."""
    assert {text: unwrapped(text) for text in UNWRAPPED} == UNWRAPPED
    assert [unwrapped(text) for text in AS_THEY_ARE] == list(AS_THEY_ARE)


def test_a_word_for_no_value_and_an_error_stand_alone() -> None:
    """Only a lone word in capitals stands for no value, and only a whole cell is an error."""
    assert all(map(stands_for_nothing, ("NULL", " \\N ")))
    assert not any(map(stands_for_nothing, ("Null", "null", "NULLA", "N", "")))
    assert [error_in(text) for text in ("#N/A", " #DIV/0! ", "#1", "a #N/A", "")] == ["#N/A", "#DIV/0!", "", "", ""]
