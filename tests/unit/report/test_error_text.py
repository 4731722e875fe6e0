"""`syncd error` explains every code that there is, in both languages."""

import importlib
import pkgutil
from collections.abc import Iterator

import pytest

import syncd
from syncd.errors import Refused, SyncdError
from syncd.platform.refusals import AccountOccupied, refusal
from syncd.report import chinese_codes, english_codes
from syncd.report.error_text import code_of, meaning_text, meanings, name_of
from syncd.report.messages import CHINESE, ENGLISH, Words
from syncd.wire.codes import Code

EXITS = ("0", "1", "2", "3", "4", "5", "130", "143")


def kinds(root: type[SyncdError] = SyncdError) -> Iterator[type[SyncdError]]:
    """Give every class of errors of the program, once all of it is loaded."""
    for module in pkgutil.walk_packages(syncd.__path__, "syncd."):
        if not module.name.endswith("__main__"):
            importlib.import_module(module.name)
    waiting = [root]
    while waiting:
        kind = waiting.pop()
        waiting += kind.__subclasses__()
        if kind.__module__.startswith("syncd.") and not (issubclass(kind, Refused) and kind is not Refused):
            yield kind


@pytest.mark.parametrize("words", [ENGLISH, CHINESE], ids=["en", "zh"])
def test_every_error_exit_code_and_code_of_the_platform_is_told(words: Words) -> None:
    """Every error, exit code and code of the platform has a title and says what to do, in both languages."""
    codes = [name_of(kind) for kind in kinds()] + [str(int(code)) for code in Code] + list(EXITS)
    untold = [code for code in codes if not any(one.title and one.help for one in meanings(code, words))]
    assert untold == []
    assert len(codes) > 40


def test_both_languages_know_the_same_codes() -> None:
    """English and Chinese explain the same codes."""
    assert english_codes.TEXTS.keys() == chinese_codes.TEXTS.keys()


def test_a_listed_refusal_is_known_by_the_platforms_code() -> None:
    """A refusal with a listed code is known by that code, any other refusal as `refused`."""
    listed = refusal("71006", "Account is already occupied")
    assert isinstance(listed, AccountOccupied)
    assert (code_of(listed), code_of(Refused("71099", "mail"))) == ("71006", "refused")


def test_a_code_of_several_places_is_told_for_each() -> None:
    """A code with several meanings, like `replaced`, is explained once for each; an unknown code has no meaning."""
    assert [one.group for one in meanings("Replaced ", ENGLISH)] == ["guard", "conflict", "why"]
    assert meanings("71000", ENGLISH) == ()


def test_a_meaning_is_a_line_and_what_to_do_below_it() -> None:
    """The meaning of a code begins with one line that has its title in the reader's language."""
    (one,) = meanings("71006", CHINESE)
    assert meaning_text(one, CHINESE).splitlines()[0] == "71006 (平台错误码): 账号已被其他用户占用"
