"""The list of commands says what the commands say, and loads none of them."""

import subprocess
import sys

from syncd.cli.commands import COMMANDS, loaded
from syncd.cli.database import DATABASE_COMMANDS

SLOW = ("sqlalchemy", "aiohttp", "pydantic", "ldap3", "jinja2")


def test_the_list_says_of_a_command_what_the_command_says() -> None:
    """Each list has the name, the visibility and the first sentence of the help of every command in it."""
    wrong = []
    for table in (COMMANDS, DATABASE_COMMANDS):
        for name, listed in table.items():
            command = loaded(name, table)
            first_sentence = " ".join(command.help.split("\n\n")[0].split())
            if (command.name, command.hidden, first_sentence) != (name, listed.is_hidden, listed.help):
                wrong.append((name, first_sentence))
    assert wrong == []


def test_the_list_loads_nothing_that_only_a_command_needs() -> None:
    """The list of commands loads nothing slow that only a command needs."""
    program = f"import sys, syncd.cli.main; print([one for one in {SLOW} if one in sys.modules])"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)  # noqa: S603 - ours
    assert done.stdout == "[]\n"
