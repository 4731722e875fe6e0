"""keep and let-go: what a person decides of somebody in grace."""

import datetime as dt
import time
from typing import Annotated
from zoneinfo import ZoneInfo

import typer

from syncd.app.leavers import Decision, decide
from syncd.bootstrap.actors import acting
from syncd.cli.session import deciding
from syncd.cli.terminal import ConfigOption, JsonOption, print_json, print_text, spoken
from syncd.errors import ConfigurationError
from syncd.model.links import KEPT_FOR_GOOD
from syncd.plan.values import Leaver
from syncd.report.leavers import leaver_form, leaver_line

LeaverArgument = Annotated[
    str, typer.Argument(metavar="WHO", help="Key, platform id, account, DN or name of somebody in grace.")
]
ReasonOption = Annotated[str, typer.Option("--reason", help="Why; kept with the decision.")]


def keep_command(
    leaver: LeaverArgument,
    until: Annotated[
        str, typer.Option("--until", metavar="DATE", help="The last day, as 2027-01-31; without it for good.")
    ] = "",
    reason: ReasonOption = "",
    config: ConfigOption = None,
    json: JsonOption = False,
) -> None:
    """Stop the clock for somebody in grace: they stay as they are, for good or until the end of a day.

    Nothing is written to the platform. Examples: `syncd keep zhang.wei --reason "parental leave"`,
    `syncd keep zhang.wei --until 2027-01-31`
    """
    with deciding(config) as (loaded, store):
        now, settings = time.time(), loaded.settings
        kept_until = end_of_day(until, settings.schedule.timezone, now) if until else KEPT_FOR_GOOD
        decision = Decision(kept_until, acting(), reason, now)
        found = decide(store, leaver, decision, settings.policy.remove_after)
    _tell(found, "leaving.was_kept", json=json)


def let_go_command(
    leaver: LeaverArgument,
    reason: ReasonOption = "",
    config: ConfigOption = None,
    json: JsonOption = False,
) -> None:
    """End the grace of somebody: the next run removes them, unless a guard holds that.

    Nothing is written to the platform. Example: `syncd let-go zhang.wei --reason "left for a competitor"`
    """
    with deciding(config) as (loaded, store):
        decision = Decision(None, acting(), reason, time.time())
        found = decide(store, leaver, decision, loaded.settings.policy.remove_after)
    _tell(found, "leaving.was_let_go", json=json)


def end_of_day(date: str, timezone: str, now: float) -> float:
    """Return the end of a day in a time zone, in seconds since the epoch.

    Raises `ConfigurationError` where it is no date (ISO 8601, 2027-01-31) or over already.
    """
    try:
        day = dt.date.fromisoformat(date)
        end = dt.datetime.combine(day + dt.timedelta(days=1), dt.time(), ZoneInfo(timezone)).timestamp()
    except (ValueError, OverflowError):
        raise ConfigurationError(f"--until {date} is no date; write it as 2027-01-31") from None
    if end <= now:
        raise ConfigurationError(f"--until {date} is over already; name a day to come")
    return end


def _tell(found: Leaver, key: str, *, json: bool) -> None:
    words = spoken()
    if json:
        print_json(leaver_form(found))
    else:
        print_text(words.say(key, line=leaver_line(found, words).strip()) + "\n")
