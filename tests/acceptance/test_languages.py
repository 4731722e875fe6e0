"""The tests run commands in the configured language and in that of the terminal."""

import pytest

from syncd.testing.company import Company
from tests.kit.installation.settings import APPLY_AT_ONCE
from tests.kit.installation.site import Site

SAID = {
    ("check",): ("正常 目录 file：已完整读取", "ok   directory file: whole"),
    ("status",): ("用户：已关联 ", "users: "),
    ("history",): ("完成         完成 ", "done         "),
    ("explain", "1"): ("平台 ID 1，受保护，不由 syncd 管理", "platform id 1, protected, unlinked"),
    ("events", "list"): ("没有事件", "no event"),
    ("approve", "--list"): ("没有生效中的批准", "no approval is open"),
    ("link", "--by", "account"): ("已关联 0 个。下一步：syncd plan", "0 linked. Next: syncd plan"),
    ("db", "current"): ("存储结构版本 ", "schema "),
    ("db", "rebind", "--dry-run"): ("存储已属于当前的配置", "the store belongs to this configuration"),
}


@pytest.mark.parametrize(
    ("lang", "terminal", "which"), [("zh", "C.UTF-8", 0), ("auto", "zh_CN.UTF-8", 0), ("en", "zh_CN.UTF-8", 1)]
)
def test_every_command_speaks_the_language_that_is_asked_for(
    site: Site, company: Company, lang: str, terminal: str, which: int
) -> None:
    """Commands and their notes are in the configured language, and with `auto` in that of the terminal."""
    site.configure(tail=APPLY_AT_ONCE + f'[log]\nlang = "{lang}"\n')
    site.employ(company)
    assert site.run("reconcile").code == 0
    for arguments, expected in SAID.items():
        done = site.run(*arguments, LC_ALL=terminal)
        assert (done.code, expected[which] in done.out) == (0, True), (arguments, done.out, done.err)
        assert done.err.startswith(("配置 ", "configuration ")[which])


def test_json_is_the_same_in_every_language(site: Site, company: Company) -> None:
    """The JSON of a command is the same in every language."""
    site.configure(tail=APPLY_AT_ONCE)
    site.employ(company)
    assert site.run("reconcile").code == 0
    for arguments in (("status",), ("history",), ("check",), ("db", "current"), ("explain", "1")):
        documents = [site.run(*arguments, "--json", LC_ALL=locale).json for locale in ("C.UTF-8", "zh_CN.UTF-8")]
        if arguments[0] == "explain":  # each look refreshes the shadow
            documents = [{**document, "shadow_as_of": None} for document in documents]
        assert documents[0] == documents[1]
