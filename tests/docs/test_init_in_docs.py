"""Each `syncd init` in the docs writes a configuration that can be used once its secrets are there."""

import re
import shlex
from itertools import pairwise
from pathlib import Path

import pytest

from syncd.config.loading import load
from syncd.errors import ConfigurationError
from tests.kit.installation.callbacks import AES_KEY
from tests.kit.installation.site import Site

TOP = Path(__file__).parents[2]
PAGES = [TOP / "README.md", TOP / "deploy" / "README.md", *sorted((TOP / "docs").rglob("*.md"))]
COMMANDS = [
    pytest.param(shlex.split(command.replace("\\\n", " ")), id=f"{page.stem}-{number}")
    for page in PAGES
    for number, command in enumerate(
        re.findall(r"^ *syncd (init (?:.*\\\n)*.*)$", page.read_text(encoding="utf-8"), re.MULTILINE)
    )
]
SECRETS = {"callback_aes_key": AES_KEY}


@pytest.mark.parametrize("command", COMMANDS)
def test_what_the_docs_say_writes_a_configuration(site: Site, command: list[str]) -> None:
    """A command that the docs show asks for nothing more, and its file lacks the secrets alone, which are named."""
    (site.folder / "syncd.toml").unlink()
    written = site.run(*command)
    assert written.code == 0, written
    files = [value for flag, value in pairwise(command) if flag.endswith("-file")]
    with pytest.raises(ConfigurationError) as caught:
        load(None, {}, site.folder)
    for name in files:
        assert f"the file {name} cannot be read" in str(caught.value)
        (site.folder / name).write_text(SECRETS.get(name, "a-secret"), encoding="utf-8")
    assert load(None, {}, site.folder).settings.platform.read_only


def test_the_docs_have_such_commands() -> None:
    """The README and the guide to installing each have one."""
    assert {param.id for param in COMMANDS} >= {"README-0", "install-0"}
