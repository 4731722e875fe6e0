"""check --platform-probe: what this installation does where the document leaves it open."""

import sys
import time
from contextlib import aclosing
from pathlib import Path

import typer

from syncd.app.probing.marks import Marks
from syncd.app.probing.probe import WRITES, probe
from syncd.app.probing.values import Observation, Probed
from syncd.app.stopping import Stop
from syncd.bootstrap.platforms import raw_platform
from syncd.cli.session import configured
from syncd.cli.stopping import run_until_stopped
from syncd.cli.terminal import leave, note, print_json, print_text, spoken
from syncd.config.loading import Loaded
from syncd.config.sections import Platform
from syncd.errors import ConfigurationError
from syncd.report.probe_text import ending_text, observation_text, probe_form

PARTLY = 4
YES = ("y", "yes")


def probe_platform(config: Path | None, *, yes: bool, json: bool) -> None:
    """Warn, ask, probe, and say what was seen; the exit code is 4 where something is left or was not tried."""
    loaded = configured(config)
    _permitted(loaded, yes=yes)
    platform, words = loaded.settings.platform, spoken()
    marks = Marks.of(platform.owner, int(time.time() * 1000))

    def tell(observation: Observation) -> None:
        if not json:
            print_text(observation_text(observation, words))

    async def work(stop: Stop) -> Probed:
        async with aclosing(raw_platform(loaded.settings)) as raw:
            return await probe(raw, marks, platform.root_department, stop, tell)

    probed, signalled = run_until_stopped(loaded, work)
    print_json(probe_form(probed)) if json else print_text(ending_text(probed, words))
    leave(signalled or (PARTLY if probed.left or probed.ended else 0))


def _permitted(loaded: Loaded, *, yes: bool) -> None:
    """Say what will be written, and go on only where somebody wants it."""
    platform = loaded.settings.platform
    if platform.read_only:
        raise ConfigurationError(
            "platform.read_only is true, and the probe writes; nothing was written. Set platform.read_only = false in"
            f" {loaded.path}, or SYNCD_PLATFORM__READ_ONLY=false for this command alone"
        )
    note(_warning(platform))
    if yes:
        return
    if not sys.stdin.isatty():
        raise ConfigurationError("the probe wants --yes where there is nobody to ask; nothing was written")
    typer.echo(spoken().say("probe.go_on"), nl=False, err=True)
    if sys.stdin.readline().strip().lower() not in YES:
        raise ConfigurationError("the probe was not wanted; nothing was written")


def _warning(platform: Platform) -> str:
    words, root = spoken(), platform.root_department
    place = words.say("probe.below", department=root) if root else words.say("probe.below_root")
    return words.say("probe.warning", url=platform.url, place=place, message=WRITES)
