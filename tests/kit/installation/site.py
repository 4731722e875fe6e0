"""An installation as a user has it: a folder, a configuration, a directory file, the command, and a sandbox."""

import json
import os
import subprocess
from pathlib import Path
from typing import Any

from syncd.sandbox.api import Sandbox
from syncd.sandbox.forms import kept
from syncd.testing.company import Company, Shown, shown_by
from tests.kit.installation.commands import Ended, ForkedCommand, command_line, run_command, start_command

SECRET = "sandbox-secret"
SOURCE = """[source.file]
type = "ldif"
path = "company.ldif"
base = "ou=people,dc=example,dc=com"

[source.file.users]
[source.file.departments]
"""


class Result:
    """How a command ended, and what it said."""

    def __init__(self, done: subprocess.CompletedProcess[bytes] | Ended) -> None:
        self.code, self.out, self.err = done.returncode, done.stdout.decode(), done.stderr.decode()

    def __repr__(self) -> str:
        """Show how it ended and what it said, which a failed test prints."""
        return f"<ended with {self.code}; output {self.out!r}; errors {self.err!r}>"

    @property
    def json(self) -> Any:  # noqa: ANN401 - JSON
        """Give the output, which is JSON."""
        return json.loads(self.out)

    @property
    def fault(self) -> str:
        """Give the line that says what is wrong, but for its code; there is one, and no traceback."""
        assert "Traceback" not in self.err
        lines = [line for line in self.err.splitlines() if line.startswith("syncd: ")]
        assert len(lines) == 1, self.err
        return lines[0].partition(" (more: syncd error ")[0]

    @property
    def error(self) -> str:
        """Give the code of what is wrong, as `syncd error` takes it."""
        return self.err.rpartition(" (more: syncd error ")[2].strip().rstrip(")")


class Site:
    """One installation: a folder with a configuration, an LDIF file and a store, beside a sandbox."""

    def __init__(self, folder: Path, sandbox: Sandbox, url: str) -> None:
        self.folder, self.sandbox, self.url = folder, sandbox, url
        self.configure()

    def configure(self, source: str = SOURCE, tail: str = "", platform: str = "", secret: str = SECRET) -> None:
        """Write the configuration."""
        text = f'{source}\n[platform]\nurl = "{self.url}"\nappkey = "sandbox"\nappsecret = "{secret}"\nrate = 0\n'
        if self.sandbox.quirks.body == "form":
            text += 'body = "form"\n'
        (self.folder / "syncd.toml").write_text(f"{text}{platform}\n{tail}", encoding="utf-8")

    def employ(self, company: Company) -> None:
        """Let the directory hold this company."""
        (self.folder / "company.ldif").write_bytes(company.ldif())

    def command(self, *arguments: str) -> list[str]:
        """Return the command line of a command with an interpreter of its own."""
        return command_line(*arguments)

    def run(self, *arguments: str, **environ: str) -> Result:
        """Run a command to its end."""
        kept = {name: value for name, value in os.environ.items() if not name.startswith("SYNCD_")}
        return Result(run_command(arguments, self.folder, {**kept, **environ}))

    def start(self, *arguments: str, out: str = "out", **environ: str) -> ForkedCommand | subprocess.Popen[bytes]:
        """Begin a command, whose output goes to the file `out`: nobody reads a pipe while it runs."""
        with (self.folder / out).open("wb") as file:
            return start_command(arguments, self.folder, os.environ | environ, file)

    def fingerprint(self) -> str:
        """Give the fingerprint of the plan as it is now."""
        found: str = self.run("plan", "--json").json["fingerprint"]
        return found

    def settle(self) -> Result:
        """Bring the platform to what the directory says, approving what is held."""
        return self.run("reconcile", "--approve", self.fingerprint())

    @property
    def shown(self) -> dict[str, Shown]:
        """Give what the platform shows of everybody."""
        state = self.sandbox.company.state
        # Copies: the sandbox changes them in a thread of its own.
        return shown_by(dict(state.users), dict(state.departments))

    def wanted(self, company: Company) -> dict[str, Shown]:
        """Give what the platform should show of this company, in the forms that it keeps."""

        def form(field: str, value: str) -> str:
            return kept(self.sandbox.quirks, {field: value})[field]

        return {
            form("account", account): (
                form("name", name),
                form("phone", phone),
                form("email", email),
                form("position", position),
                tuple(form("name", one) for one in path),
            )
            for account, (name, phone, email, position, path) in company.wanted().items()
        }

    @property
    def refused(self) -> list[object]:
        """Give the writing calls that the platform refused."""
        return [call for call in self.sandbox.calls if call[2] != 10000]
