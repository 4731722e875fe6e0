"""What the store tells of somebody who is to be forgotten, for people and programs."""

import msgspec

from syncd.app.forget import Traces
from syncd.report.messages import Words

COUNTED = ("runs", "held", "journal", "events", "facts", "audit")


def traces_form(found: Traces, *, is_done: bool) -> dict[str, object]:
    """Return the counts as JSON; `forgotten` says whether it was taken out."""
    return {"forgotten": is_done, **{name: getattr(found, name) for name in COUNTED}}


def traces_text(found: Traces, words: Words, *, is_done: bool) -> str:
    """Return a sentence of the counts, and one of what nobody but people can take out."""
    told = msgspec.structs.asdict(found)
    counts = words.say("forget.counts", **{name: told[name] for name in COUNTED})
    first = words.say("forget.done" if is_done else "forget.has", who=found.named, counts=counts)
    return f"{first}\n{words.say('forget.beyond')}"
