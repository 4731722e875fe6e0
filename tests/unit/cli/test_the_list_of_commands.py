"""The list of commands, and the commands themselves."""

import subprocess
import sys

import pytest

from syncd.cli.commands import COMMANDS, loaded

SLOW = ("sqlalchemy", "aiohttp", "pydantic", "ldap3", "jinja2")


@pytest.mark.parametrize("name", COMMANDS)
def test_the_list_says_of_a_command_what_the_command_says(name: str) -> None:
    """Its own help begins with the same sentence."""
    command = loaded(name)
    assert " ".join(command.help.split("\n\n")[0].split()) == COMMANDS[name].help
    assert (command.name, command.hidden) == (name, COMMANDS[name].is_hidden)


def test_the_list_loads_nothing_that_only_a_command_needs() -> None:
    """So that it is there at once."""
    program = f"import sys, syncd.cli.main; print([one for one in {SLOW} if one in sys.modules])"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)  # noqa: S603 - ours
    assert done.stdout == "[]\n"
