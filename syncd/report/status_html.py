"""How things stand as one HTML page that needs nothing beside itself: no script, no other file, no network."""

import base64
import hashlib
import importlib.resources
from collections.abc import Iterator

import jinja2
import msgspec

from syncd.app.records import EventState
from syncd.app.standing import Standing
from syncd.plan.certificate import PLATFORM
from syncd.report.events import inbox_form
from syncd.report.leavers import next_text
from syncd.report.messages import Words
from syncd.report.plan_html import shown
from syncd.report.run_form import approval_text, counts_text

TEMPLATE = "status.html"
BAD_OUTCOMES = frozenset({"failed", "partial", "unproven"})
SHOWN_LEAVERS = 50
HELD_COMMANDS = (("look", "show"), ("approve", "approve"))
SPANS = ((86400, "days"), (3600, "hours"), (60, "minutes"), (1, "seconds"))


class StatusSubject(msgspec.Struct, frozen=True):
    """What the page is about: how things stand, or nothing where the store is away.

    `reasons` is why callbacks are kept away, `receives_events` whether there are keys for any, `now` seconds since the
    epoch; keys may name people, so that they are shown only if `shows_people`.
    """

    found: Standing | None
    store: str
    version: str
    reasons: tuple[str, ...]
    now: float
    shows_people: bool = False
    receives_events: bool = True


class Trouble(msgspec.Struct, frozen=True):
    """Something that a person should look at, and the commands that help."""

    text: str
    commands: tuple[tuple[str, str], ...] = ()


def status_html(subject: StatusSubject, words: Words) -> str:
    """Give the page; whatever the store holds is text in it."""
    return _ENVIRONMENT.get_template(TEMPLATE).render(
        subject=subject,
        found=subject.found,
        troubles=list(_troubles(subject, words)),
        inbox=inbox_form(subject.found, subject.now) if subject.found else {},
        say=words.say,
        word=words.word,
        lang=words.lang,
        source=lambda name: _source(name, words),
        when=lambda at: _when(at, subject.now, words),
        span=lambda seconds: _span(seconds, words),
        moment=words.moment,
        next_of=lambda leaver: next_text(leaver, words),
        shown_leavers=SHOWN_LEAVERS,
        counts=lambda run: counts_text(run.counts, words),
        approval=lambda each: words.say("terminal.approved", approval=approval_text(each, words)),
    )


def _troubles(subject: StatusSubject, words: Words) -> Iterator[Trouble]:
    for reason in subject.reasons:
        yield Trouble(words.say("status.not_ready", reason=reason))
    found = subject.found
    if found is None:
        yield Trouble(words.say("status.store_away"))
        return
    for held in found.held:
        span, guards = _span(subject.now - held.since, words), words.listed("guard", held.guards)
        commands = tuple(
            (words.say(f"status.{one}"), f"syncd {verb} {held.fingerprint}") for one, verb in HELD_COMMANDS
        )
        yield Trouble(words.say("status.held", span=span, guards=guards), commands)
    if found.last_run and found.last_run.outcome in BAD_OUTCOMES:
        outcome = words.word("run", found.last_run.outcome)
        command = (words.say("status.look"), f"syncd show {found.last_run.run}")
        yield Trouble(words.say("status.last_run_bad", outcome=outcome), (command,))
    if found.last_faces and found.last_faces.outcome in BAD_OUTCOMES:
        outcome = words.word("run", found.last_faces.outcome)
        yield Trouble(words.say("status.last_faces_bad", outcome=outcome))
    for name, grade in found.grades.items():
        if grade != "whole":
            source, shown = _source(name, words), words.word("grade", grade)
            yield Trouble(words.say("status.grade_bad", source=source, grade=shown))
    if found.failing:
        command = (words.say("status.look"), "syncd status")
        yield Trouble(words.say("status.failing", count=len(found.failing)), (command,))
    yield from _event_troubles(found, words)
    if found.contended:
        yield Trouble(words.say("status.contended", count=len(found.contended)))


def _event_troubles(found: Standing, words: Words) -> Iterator[Trouble]:
    if dead := found.inbox.get(EventState.DEAD, 0):
        command = (words.say("status.look"), "syncd events list --state dead")
        yield Trouble(words.say("status.dead", count=dead), (command,))
    if found.missed.last:
        yield Trouble(words.say("status.missed", count=found.missed.last))


def _source(name: str, words: Words) -> str:
    return words.say("status.platform") if name == PLATFORM else name


def _when(at: float, now: float, words: Words) -> str:
    """Give how long ago a time is, or in how long it comes."""
    return words.say("status.ago" if at <= now else "status.in", span=_span(abs(now - at), words))


def _span(seconds: float, words: Words) -> str:
    """Give a span in its largest whole unit."""
    size, unit = next((one for one in SPANS if seconds >= one[0]), SPANS[-1])
    return words.say(f"status.{unit}", count=max(0, int(seconds // size)))


def _environment() -> jinja2.Environment:
    return jinja2.Environment(
        loader=jinja2.DictLoader({TEMPLATE: _TEXT}),
        autoescape=True,
        finalize=shown,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def _style_hash(page: str) -> str:
    """Give what a content security policy calls the style of the page: its hash, so that no other is applied."""
    style = page.partition("<style>")[2].partition("</style>")[0]
    return f"sha256-{base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()}"


_TEXT = importlib.resources.files("syncd.report").joinpath(TEMPLATE).read_text("utf-8")
_ENVIRONMENT = _environment()
STYLE_HASH = _style_hash(_TEXT)
