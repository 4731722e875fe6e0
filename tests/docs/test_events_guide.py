"""The guide to events says what the program takes and does."""

import re
from pathlib import Path

import pytest

from syncd.config.callback import callback_keys
from syncd.config.loading import load
from syncd.config.settings import Settings
from syncd.events.listener import STATUS
from tests.kit.installation.callbacks import AES_KEY, TOKEN

GUIDE = (Path(__file__).parents[2] / "docs/guides/events.md").read_text(encoding="utf-8")
EXAMPLES = re.findall(r"```toml\n(.*?)```", GUIDE, re.DOTALL)
REST = '[source.file]\ntype = "ldif"\npath = "a.ldif"\nbase = "dc=x"\n[platform]\nappkey = "k"\nappsecret = "s"\n'


def settings(folder: Path, example: str) -> Settings:
    """Load an example of the guide, with its secrets in a folder."""
    text = re.sub(r"^ +", "", example, flags=re.MULTILINE).replace("/etc/syncd", str(folder))
    for name, secret in (("token", TOKEN), ("aes-key", AES_KEY)):
        (folder / f"callback-{name}").write_text(secret + "\n", encoding="utf-8")
        (folder / f"former-{name}").write_text(secret[::-1] + "\n", encoding="utf-8")
    (folder / "syncd.toml").write_text(REST + text, encoding="utf-8")
    return load(None, {}, folder).settings


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda text: text.split("\n")[0].strip())
def test_every_example_of_the_guide_loads(example: str, tmp_path: Path) -> None:
    """Every example of the guide loads with the secrets that it names."""
    found = settings(tmp_path, example)
    if "[platform.callback]" in example:
        assert len(callback_keys(found)) == 1 + example.count("former = ")


def test_the_guide_has_every_status_that_is_answered() -> None:
    """The guide has exactly the HTTP statuses that the listener answers."""
    rows = re.findall(r"^\| ([\d, ]+) \|", GUIDE, re.MULTILINE)
    assert {int(one) for row in rows for one in row.split(",")} == set(STATUS.values())
