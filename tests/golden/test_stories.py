"""The program says and does what it said and did, letter by letter, in a dozen companies and situations.

`python -m tests.golden.keep` keeps what it says and does today instead; what differs is then looked at by a person.
"""

import tempfile
from pathlib import Path

import pytest

from syncd.sandbox.api import Sandbox
from syncd.sandbox.serving import running
from tests.golden.stories import STORIES
from tests.golden.telling import DATA, Story, difference
from tests.kit.installation.site import Site


def told(name: str) -> str:
    """Return a story as it is today."""
    tell, company = STORIES[name]
    sandbox = Sandbox()
    with running(sandbox) as url, tempfile.TemporaryDirectory(prefix="story") as folder:
        story = Story(Site(Path(folder), sandbox, url), company)
        tell(story)
    return "\n".join(story.lines)


@pytest.mark.parametrize("name", STORIES)
def test_a_story_is_told_as_it_was(name: str) -> None:
    """Outputs, exit codes, plans with their fingerprints, and calls are those that were kept."""
    found = difference(told(name), (DATA / f"{name}.txt").read_text(encoding="utf-8"))
    assert not found, found
