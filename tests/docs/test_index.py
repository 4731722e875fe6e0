"""Whoever looks for a page finds it: the index has every page, and no link leads nowhere."""

import re
from pathlib import Path

TOP = Path(__file__).parents[2]
DOCS = TOP / "docs"
LINK = re.compile(r"\]\(([^)\s]+)\)")
PAGES = [*DOCS.rglob("*.md"), *(TOP / name for name in ("README.md", "CONTRIBUTING.md", "deploy/README.md"))]


def links(page: Path) -> set[Path]:
    """Return the files and folders that a page links to."""
    found = (target.partition("#")[0] for target in LINK.findall(page.read_text(encoding="utf-8")))
    return {(page.parent / target).resolve() for target in found if target and "://" not in target}


def test_the_index_has_every_page() -> None:
    """Each page of docs/ is linked from docs/README.md, the decisions by their folder."""
    linked = links(DOCS / "README.md")
    pages = {page for page in DOCS.rglob("*.md") if page.parent.name != "decisions" and page.name != "README.md"}
    assert sorted(map(str, pages - linked)) == []


def test_no_link_leads_nowhere() -> None:
    """Each relative link of a page leads to a file or folder that is there, and each anchor to a heading."""
    assert [
        f"{page.relative_to(TOP)}: {target}" for page in PAGES for target in links(page) if not target.exists()
    ] == []
    for page in PAGES:
        for target in LINK.findall(page.read_text(encoding="utf-8")):
            path, _, anchor = target.partition("#")
            if anchor and "://" not in target:
                found = (page.parent / path if path else page).read_text(encoding="utf-8")
                assert anchor in {anchor_of(line) for line in found.splitlines() if line.startswith("#")}, (
                    page,
                    target,
                )


def anchor_of(heading: str) -> str:
    """Return the anchor that GitHub and GitLab make of a heading."""
    words = re.sub(r"[^\w\- ]", "", heading.lstrip("#").strip().lower())
    return words.replace(" ", "-")
