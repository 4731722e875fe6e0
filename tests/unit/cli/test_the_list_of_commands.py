"""The list of commands, and the commands themselves."""

import subprocess
import sys
from collections.abc import Mapping

import pytest

from syncd.cli.commands import COMMANDS, Command, loaded
from syncd.cli.database import DATABASE_COMMANDS

SLOW = ("sqlalchemy", "aiohttp", "pydantic", "ldap3", "jinja2")


@pytest.mark.parametrize(
    ("table", "name"),
    [(table, name) for table in (COMMANDS, DATABASE_COMMANDS) for name in table],
    ids=[*COMMANDS, *(f"db {name}" for name in DATABASE_COMMANDS)],
)
def test_the_list_says_of_a_command_what_the_command_says(table: Mapping[str, Command], name: str) -> None:
    """A command's own help begins with the sentence that the list has, under the same name, and as hidden or not."""
    command = loaded(name, table)
    assert " ".join(command.help.split("\n\n")[0].split()) == table[name].help
    assert (command.name, command.hidden) == (name, table[name].is_hidden)


def test_the_list_loads_nothing_that_only_a_command_needs() -> None:
    """So that it is there at once."""
    program = f"import sys, syncd.cli.main; print([one for one in {SLOW} if one in sys.modules])"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)  # noqa: S603 - ours
    assert done.stdout == "[]\n"
