"""A guide whose files, configuration and runs are held by tests."""

import re
from collections.abc import Iterator
from pathlib import Path

from tests.kit.installation.site import Site

RUN = re.compile(r"Run \S+:")


class Guide:
    """A page of `docs/guides`, whose `text` is all of it.

    `files` has its blocks that name a file, `faults` the table of what is said of what.
    """

    def __init__(self, name: str) -> None:
        self.text = (Path(__file__).parents[3] / "docs" / "guides" / name).read_text(encoding="utf-8")
        self.files = dict(re.findall(r"```\w+ (\S+)\n(.*?)```", self.text, re.DOTALL))
        _, _, table = self.text.partition("| what | said |\n")
        self.faults = dict(re.findall(r"^\| ([^|`]+) \| `(.*)` \|$", table, re.MULTILINE))

    @property
    def configuration(self) -> str:
        """Return the first configuration of the guide."""
        return self.blocks("toml")[0]

    def blocks(self, kind: str) -> list[str]:
        """Give the blocks of a kind that name no file."""
        return re.findall(rf"```{kind}\n(.*?)```", self.text, re.DOTALL)

    def steps(self, site: Site) -> Iterator[tuple[str, str]]:
        """Run each command; give a pattern of what the guide shows, and what was printed, but for the ids of runs.

        A line `…` is any lines.
        """
        for command, wanted in re.findall(r"```console\n\$ syncd (.*?)\n(.*?)```", self.text, re.DOTALL):
            words = [site.fingerprint() if word == "FINGERPRINT" else word for word in command.split()]
            output = "".join(f"{RUN.sub('Run …:', line)}\n" for line in site.run(*words).out.splitlines())
            yield "".join(r"(?:.*\n)*" if one == "…" else re.escape(one) + r"\n" for one in wanted.splitlines()), output
