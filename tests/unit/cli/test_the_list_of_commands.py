"""The list of commands, and the commands themselves."""

import subprocess
import sys

from syncd.cli.commands import COMMANDS, loaded

SLOW = ("sqlalchemy", "aiohttp", "pydantic", "ldap3", "jinja2")


def test_the_list_says_of_a_command_what_the_command_says() -> None:
    """Its own help begins with the same sentence."""
    wrong = []
    for name, listed in COMMANDS.items():
        command = loaded(name)
        first_sentence = " ".join(command.help.split("\n\n")[0].split())
        if (command.name, command.hidden, first_sentence) != (name, listed.is_hidden, listed.help):
            wrong.append((name, first_sentence))
    assert wrong == []


def test_the_list_loads_nothing_that_only_a_command_needs() -> None:
    """So that it is there at once."""
    program = f"import sys, syncd.cli.main; print([one for one in {SLOW} if one in sys.modules])"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)  # noqa: S603 - ours
    assert done.stdout == "[]\n"
