"""The guide to the daemon shows what a configuration takes and what the daemon says."""

import re
import signal
import tomllib
from pathlib import Path

import msgspec

from syncd.config.sections import Schedule
from syncd.config.timing import timing
from syncd.testing.company import generated
from tests.kit.installation.callbacks import SETTINGS
from tests.kit.installation.listening import LISTENER, ListenProcess
from tests.kit.installation.site import Site

GUIDE = (Path(__file__).parents[2] / "docs" / "guides" / "daemon.md").read_text(encoding="utf-8")


def test_its_schedule_is_one() -> None:
    """The schedule in the guide has every key, and its times mean what the guide says."""
    block = tomllib.loads(re.findall(r"```toml\n(.*?)```", GUIDE, re.DOTALL)[0])["schedule"]
    settings = Schedule(**block)
    assert set(block) == set(Schedule.model_fields)
    assert msgspec.to_builtins(timing(settings.prune))["fields"]["day_of_week"] == "sun"


def test_its_first_lines_are_what_the_daemon_says(site: Site) -> None:
    """The daemon's first lines are those of the guide, but for places and ports."""
    site.employ(generated(3, 1))
    site.configure(tail=f'{SETTINGS}{LISTENER}[admin]\nbind = "127.0.0.1:0"\n')
    shown = re.findall(r"\$ syncd serve\n(.*?)```", GUIDE, re.DOTALL)[0].splitlines()
    with ListenProcess(site, command="serve") as running:
        assert running.stop(signal.SIGTERM) == 0
        said = running.said.splitlines()[: len(shown)]
    assert [_without_places(line) for line in said] == [_without_places(line) for line in shown]


def _without_places(line: str) -> str:
    return re.sub(r"(?:/|http://|sqlite:)\S+", "PLACE", line).replace("PLACE,", "PLACE").replace("PLACE;", "PLACE")
