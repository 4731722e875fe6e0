"""A line of `check` as people read it."""

from syncd.app.check import Finding
from syncd.report.messages import Words

INDENT = " " * 5


def finding_text(finding: Finding, words: Words) -> str:
    """Give a finding as a line; in another language its own sentence, which is English, stands below."""
    group, _, name = finding.what.partition(" ")
    what = words.word("checked", group)
    verdict = "good" if finding.ok else "bad"
    told = words.say(f"check_{verdict}.{group}", message=finding.message)
    line = words.say(
        "check.line",
        mark=words.say(f"check.{verdict}"),
        what=words.say("check.of", what=what, name=name) if name else what,
        told=told,
    )
    return f"{line}\n{INDENT}{finding.message}\n" if words.translates else f"{line}\n"
