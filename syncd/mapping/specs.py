"""What the rules of `[mapping]` are as somebody writes them, before they are compiled."""

import difflib
import re
import urllib.parse
from collections.abc import Iterable

from syncd.errors import ConfigurationError

Spec = str | tuple[str, ...]
PARENT = "@parent"
PATH = "@path:"
SECURE, CLEAR = "https://", "http://"
_OPENING = re.compile(r"\{\{|\{%|\{#")


def face_beginning(spec: str) -> str:
    """Give the folder, or the server and the folder on it, that a template begins with; `""` of an attribute.

    Raises `ConfigurationError` where a template has none.
    """
    opening = _OPENING.search(spec)
    if opening is None:
        return ""
    beginning = spec[: opening.start()]
    folder = beginning[: beginning.rfind("/") + 1]
    if folder.startswith((SECURE, CLEAR)):
        if not _has_server(folder):
            raise ConfigurationError(f'mapping.user.face: "{spec}" must begin with the name of its server and a /')
    elif "://" in folder or not folder.strip("/."):
        raise ConfigurationError(
            f'mapping.user.face: "{spec}" must begin with https:// and a server, or with a folder that has the '
            "pictures, such as photos/{{ uid }}.jpg: nobody's attribute may name another place"
        )
    return folder


def _has_server(folder: str) -> bool:
    try:
        parts = urllib.parse.urlsplit(folder)
        return bool(parts.hostname) and parts.port != 0 and not re.search(r"\s", parts.netloc)
    except ValueError:
        return False


def no_such_source(name: str, attribute: str, sources: Iterable[str]) -> str:
    """Say that what should be read of a source is not there, and which source may be meant."""
    near = difflib.get_close_matches(name.lower(), list(sources), 1, 0.5) or sorted(sources)[:1]
    hint = f"; do you mean {near[0]}.{attribute}?" if near else ""
    return f'{name}.{attribute}, and there is no source "{name}" with role = "enrich" that it may read{hint}'
