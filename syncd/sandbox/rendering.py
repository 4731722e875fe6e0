"""Templates of the page, made into answers."""

import importlib.resources
from collections.abc import Mapping
from datetime import datetime
from typing import Any

import jinja2
from starlette.types import Send

from syncd.sandbox.meeting_list import CHINA
from syncd.sandbox.showing import HTML, Header, reply

POLICY: Header = (b"content-security-policy", b"default-src 'none'; style-src 'unsafe-inline'; form-action 'self'")


async def render(send: Send, status: int, template: str, shown: Mapping[str, Any]) -> None:
    """Answer with a page."""
    text = ENVIRONMENT.get_template(template).render(**shown)
    await reply(send, status, text.encode(), HTML, POLICY)


def plain(text: str) -> str:
    """Give a text of the guide without its marks."""
    return text.replace("`", "")


def _moment(milliseconds: float) -> str:
    return datetime.fromtimestamp(milliseconds / 1000, CHINA).strftime("%Y-%m-%d %H:%M:%S")


def _environment() -> jinja2.Environment:
    folder = importlib.resources.files("syncd.sandbox")
    templates = {one.name: one.read_text("utf-8") for one in folder.iterdir() if one.name.endswith(".html")}
    made = jinja2.Environment(loader=jinja2.DictLoader(templates), autoescape=True, undefined=jinja2.StrictUndefined)
    made.filters["moment"] = _moment
    return made


ENVIRONMENT = _environment()
