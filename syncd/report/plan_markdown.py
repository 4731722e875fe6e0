"""A plan or run as Markdown with tables (GitHub's): for tickets, merge requests and chats."""

import re
from collections.abc import Iterable, Iterator

from syncd.model.visible import visible
from syncd.report.contents import Contents, Line, ShownField, Subject, Value, contents
from syncd.report.findings import Finding, Held
from syncd.report.messages import Words
from syncd.report.plan_html import head

MARKS = re.compile(r"([\\`*_{}\[\]|~#!])")
LINKS = re.compile(r"(@|https?|ftp|www|mailto)([\w:.])", re.IGNORECASE)
BREAKS = re.compile(r"\r\n|[\r\n\v\f\x85\u2028\u2029]")


def plan_markdown(subject: Subject, words: Words) -> str:
    """Give the text; names and values from the directory are text in it, whatever marks they hold."""
    report = contents(subject, words)
    return "\n\n".join(_Telling(words).blocks(report)) + "\n"


def escaped(text: str) -> str:
    """Return a text that is shown as it is, on one line: marks, pipes and HTML mean nothing in it.

    Nobody is mentioned by it (@name), and no address in it becomes a link.
    """
    return "<br>".join(_escaped_line(line) for line in BREAKS.split(text))


def _escaped_line(line: str) -> str:
    plain = visible(line).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return LINKS.sub(r"\1<!-- -->\2", MARKS.sub(r"\\\1", plain))


def _code(text: str) -> str:
    return f"`{BREAKS.sub(' ', text.replace('`', ''))}`"


class _Telling:
    """A report, block by block."""

    def __init__(self, words: Words) -> None:
        self._words = words
        self._say = words.say

    def blocks(self, report: Contents) -> Iterator[str]:
        yield f"# {escaped(report.title)}"
        yield f"**{escaped(report.state)}**"
        if report.approval:
            yield f"{self._say('page.approve')} {_code(report.approval)}"
        yield "\n".join(f"- {label}{self._say('page.colon')}{escaped(text)}" for label, text in self._head(report))
        yield from self._summary(report)
        if report.troubles:
            yield f"## {self._say('page.troubles')}"
            yield self._operations(report.troubles, is_run=True, with_what=True)
        yield from self._verdicts("page.guards", report.guards)
        yield from (f"> {escaped(notice)}" for notice in report.notices)
        yield from self._verdicts("page.notes", report.notes)
        yield from self._findings("page.conflicts", report.conflicts)
        yield from self._findings("page.skips", report.skips)
        for section in report.sections:
            yield f"## {self._say('page.section', title=section.title, count=len(section.lines))}"
            yield self._operations(section.lines, is_run=report.run is not None)
        yield from self._leaving(report)
        yield from self._unmanaged(report)
        yield from self._sources(report)
        yield f"*{self._say('page.private')}*"

    def _head(self, report: Contents) -> Iterator[tuple[str, str]]:
        return ((label, text) for label, text in head(report, self._words) if text)

    def _summary(self, report: Contents) -> Iterator[str]:
        if not report.sections:
            return
        yield f"## {self._say('page.summary')}"
        kinds = report.kinds.items()
        labels = [self._say("page.action"), *(self._words.word("kinds", kind) for kind, _ in kinds)]
        rows = [
            [
                self._words.word("action", action),
                *(str(len(sections[action].lines)) if action in sections else "0" for _, sections in kinds),
            ]
            for action in report.actions
        ]
        of_all = [sum(len(section.lines) for section in sections.values()) for _, sections in kinds]
        of_held = [sum(section.held for section in sections.values()) for _, sections in kinds]
        rows.append([self._say("page.all"), *map(str, of_all)])
        yield _table(labels, [*rows, [self._say("page.held"), *map(str, of_held)]])

    def _verdicts(self, heading: str, verdicts: Iterable[Held]) -> Iterator[str]:
        found = [self._verdict(one) for one in verdicts]
        if found:
            yield f"## {self._say(heading)}"
            yield "\n".join(found)

    def _verdict(self, one: Held) -> str:
        colon = self._say("page.colon")
        figures = " · ".join(f"{label}{colon}{escaped(text)}" for label, text in one.figures.items())
        return f"- **{escaped(one.title)}** ({_code(one.name)}){colon}{escaped(one.detail)}<br>{figures}<br>{one.help}"

    def _findings(self, heading: str, findings: Iterable[Finding]) -> Iterator[str]:
        found = list(findings)
        if found:
            yield f"## {self._say(heading)}"
        for one in found:
            yield f"### {self._say('page.section', title=escaped(one.title), count=len(one.cases))}"
            if one.help:
                yield f"**{one.help}**"
            labels = [self._say(f"page.{label}") for label in ("who", "field", "detail")]
            rows = [
                [escaped(case.who), escaped(f"{case.field} {case.value}".strip()), escaped(case.detail)]
                for case in one.cases
            ]
            yield _table(labels, rows)

    def _operations(self, lines: Iterable[Line], *, is_run: bool, with_what: bool = False) -> str:
        labels = [self._say(f"page.{label}") for label in ("name", "changes", "why", "result" if is_run else "state")]
        return _table(labels, (self._row(line, with_what=with_what) for line in lines))

    def _row(self, line: Line, *, with_what: bool) -> list[str]:
        name = f"**{escaped(line.name)}**" + (f" {line.what}" if with_what else "")
        changes = "<br>".join(self._field(field) for field in line.fields)
        state = "<br>".join(escaped(text) for text in (line.result, line.held, line.message) if text)
        return [f"{name}<br>{escaped(line.place)}", changes, line.why, state]

    def _field(self, field: ShownField) -> str:
        shown = [self._value(value) for value in (field.before, field.after) if value is not None]
        gone = field.after is None
        text = f"~~{shown[0]}~~" if gone else " → ".join(shown)
        return f"{field.label}{self._say('page.colon')}{text}"

    def _value(self, value: Value) -> str:
        text = escaped(value.text) or f"*{self._say('value.empty')}*"
        return f"{text} ({escaped(value.id)})" if value.id else text

    def _leaving(self, report: Contents) -> Iterator[str]:
        if report.leaving:
            yield f"## {self._say('page.section', title=self._say('page.leaving'), count=len(report.leaving))}"
            yield self._say("page.leaving_help")
            labels = [self._say(f"page.{label}") for label in ("name", "kind", "account", "since", "why", "next")]
            rows = (
                (leaver.name, leaver.kind, leaver.account, leaver.since, leaver.why, leaver.next)
                for leaver in report.leaving
            )
            yield _table(labels, ([escaped(cell) for cell in row] for row in rows))

    def _unmanaged(self, report: Contents) -> Iterator[str]:
        if report.unmanaged:
            yield f"## {self._say('page.section', title=self._say('page.unmanaged'), count=len(report.unmanaged))}"
            yield self._say("page.unmanaged_help")
            labels = [self._say(f"page.{label}") for label in ("name", "kind", "account", "id")]
            yield _table(
                labels,
                (
                    [
                        escaped(one.name),
                        self._words.word("kind", one.kind),
                        escaped(one.account),
                        escaped(one.platform_id),
                    ]
                    for one in report.unmanaged
                ),
            )

    def _sources(self, report: Contents) -> Iterator[str]:
        if report.sources:
            yield f"## {self._say('page.sources')}"
            labels = [self._say(f"page.{label}") for label in ("source", "grade", "proof")]
            rows = [
                [
                    escaped(one.name),
                    self._words.word("grade", one.grade),
                    "<br>".join(
                        escaped(text) for name in ("doubts", "proofs") for text in one.certificate.get(name, ())
                    ),
                ]
                for one in report.sources
            ]
            yield _table(labels, rows)


def _table(labels: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    """Give a table; its cells are escaped already."""
    named = list(labels)
    lines = [named, ["---"] * len(named), *rows]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)
