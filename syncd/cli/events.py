"""events: what the platform has told, and what became of it."""

import time
from typing import Annotated

import typer

from syncd.app.records import EventState
from syncd.app.replay import NoSuchEvent, discard, replay, replay_all
from syncd.bootstrap.actors import acting
from syncd.cli.session import deciding, opened
from syncd.cli.terminal import ConfigOption, JsonOption, note, print_bytes, print_json, print_text, spoken
from syncd.errors import ConfigurationError
from syncd.model.json_text import encoded
from syncd.report.events import event_form, event_line, shown_body

events = typer.Typer(help="What the platform has told, and what became of it.", no_args_is_help=True)
STATES = ", ".join(EventState)
IdArgument = Annotated[int, typer.Argument(metavar="ID", min=1, help="An event's id, as `events list` has it.")]


@events.command("list")
def list_command(
    config: ConfigOption = None,
    state: Annotated[str, typer.Option("--state", help=f"Only those in this state: {STATES}.")] = "",
    limit: Annotated[int, typer.Option("--limit", "-n", min=1, help="How many, newest first.")] = 20,
    json: JsonOption = False,
) -> None:
    """The latest events, newest first; as JSON an object a line.

    Examples: `syncd events list --state dead`, `syncd events list -n 100 --json | jq -r .type`
    """
    chosen = _state(state) if state else None
    with opened(config) as (_, store), store.reading() as work:
        found = work.inbox.latest(limit, chosen)
    if json:
        print_bytes(b"".join(encoded(event_form(one)) + b"\n" for one in found))
        return
    words = spoken()
    print_text("\n".join([event_line(one, words) for one in found] or [words.say("events.none")]) + "\n")


@events.command("show")
def show_command(event_id: IdArgument, config: ConfigOption = None, json: JsonOption = False) -> None:
    """What the platform sent, as JSON; with --json beside what became of it.

    Examples: `syncd events show 42`, `syncd events show 42 --json | jq .state`
    """
    with opened(config) as (_, store), store.reading() as work:
        found = work.inbox.get(event_id)
    if found is None:
        raise NoSuchEvent(f"there is no event {event_id} in the inbox; `syncd events list` names those there are")
    if json:
        print_json({**event_form(found), "body": shown_body(found)})
        return
    words = spoken()
    note(words.say("events.stamp", line=event_line(found, words), at=words.moment(found.time_stamp, "milliseconds")))
    print_json(shown_body(found))


@events.command("replay")
def replay_command(
    event_id: Annotated[int, typer.Argument(metavar="[ID]", help="An event's id.")] = 0,
    config: ConfigOption = None,
    state: Annotated[str, typer.Option("--state", help="All that are in this state, such as dead.")] = "",
    json: JsonOption = False,
) -> None:
    """Let events be ingested again, by `syncd listen` or `syncd serve`.

    Examples: `syncd events replay 42`, `syncd events replay --state dead`, after an update that knows more types
    """
    if bool(event_id) == bool(state):
        raise ConfigurationError("replay wants one of: the id of an event, --state STATE")
    with deciding(config) as (_, store):
        if event_id:
            replay(store, event_id, acting(), time.time())
        count = replay_all(store, _state(state), acting(), time.time()) if state else 1
    note(spoken().say("events.again"))
    print_json({"events": count}) if json else print_text(spoken().say("events.replayed", count=count) + "\n")


@events.command("discard")
def discard_command(event_id: IdArgument, config: ConfigOption = None, json: JsonOption = False) -> None:
    """Let an event be dead, so that nothing follows from it; `events replay ID` takes it back.

    Example: `syncd events discard 42`
    """
    with deciding(config) as (_, store):
        discard(store, event_id, acting(), time.time())
    message = spoken().say("events.discarded", id=event_id)
    print_json({"events": 1}) if json else print_text(message + "\n")


def _state(name: str) -> EventState:
    try:
        return EventState(name)
    except ValueError:
        raise ConfigurationError(f"--state {name} is not known; it is one of {STATES}") from None
