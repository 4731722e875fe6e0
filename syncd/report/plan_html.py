"""A plan or run as one HTML page that needs nothing beside itself: no script, no other file, no network."""

import importlib.resources

import jinja2

from syncd.model.visible import shortened, visible
from syncd.report.contents import Contents, Subject, contents
from syncd.report.messages import Words
from syncd.report.run_form import approval_text, counts_text

TEMPLATE = "plan.html"


def plan_html(subject: Subject, words: Words) -> str:
    """Give the page; names and values from the directory are text in it, whatever they hold."""
    report = contents(subject, words)
    return _ENVIRONMENT.get_template(TEMPLATE).render(
        report=report,
        head=head(report, words),
        chapters=_chapters(report, words),
        lang=words.lang,
        translates=words.translates,
        say=words.say,
        word=words.word,
    )


def head(report: Contents, words: Words) -> list[tuple[str, str]]:
    """Give what identifies a plan or run, by label; what is not known is empty."""
    plan, run = report.plan, report.run
    known = {"fingerprint": plan.fingerprint, "company": plan.company, "store": plan.store}
    if run is not None:
        known |= {"started": words.moment(run.started_at), "finished": words.moment(run.finished_at)}
        known |= {"outcomes": counts_text(run.counts, words)}
        known |= {"approved": "; ".join(approval_text(each, words) for each in report.approvals)}
    return [(words.say(f"page.{label}"), text) for label, text in known.items()]


def _chapters(report: Contents, words: Words) -> list[tuple[str, str, int]]:
    """Give what the page links to beside the operations: anchor, heading and how many are in it."""
    found = {
        "troubles": len(report.troubles),
        "guards": len(report.guards),
        "notes": len(report.notes) + len(report.notices),
        "conflicts": sum(len(one.cases) for one in report.conflicts),
        "skips": sum(len(one.cases) for one in report.skips),
        "leaving": len(report.leaving),
        "unmanaged": len(report.unmanaged),
        "sources": len(report.sources),
    }
    return [(anchor, words.say(f"page.{anchor}"), count) for anchor, count in found.items()]


def shown(value: object) -> object:
    """Return a value as a page shows it: in a text nothing may reorder what stands beside it."""
    return shortened(visible(value)) if type(value) is str else value


def _environment() -> jinja2.Environment:
    text = importlib.resources.files("syncd.report").joinpath(TEMPLATE).read_text("utf-8")
    return jinja2.Environment(
        loader=jinja2.DictLoader({TEMPLATE: text}),
        autoescape=True,
        finalize=shown,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


_ENVIRONMENT = _environment()
