"""export: the shadow with its links."""

from typing import Annotated

import typer

from syncd.app.export import export_lines
from syncd.cli.session import opened
from syncd.cli.terminal import ConfigOption, print_bytes
from syncd.errors import ConfigurationError
from syncd.model.json_text import encoded
from syncd.model.objects import Kind
from syncd.report.run_form import iso


def export_command(
    config: ConfigOption = None,
    kind: Annotated[str, typer.Option("--kind", help="user, department or room; else all")] = "",
    json: Annotated[bool, typer.Option("--json", help="Taken for sameness: it is JSON in any case.")] = False,
) -> None:
    """The shadow with its links, a JSON object a line.

    Example: `syncd export --kind user | jq -r .shadow.account`
    """
    del json
    if kind not in ("", *Kind):
        raise ConfigurationError(f"--kind {kind} is not known; it is one of {', '.join(Kind)}")
    with opened(config) as (_, store):
        for line in export_lines(store, (Kind(kind),) if kind else tuple(Kind)):
            print_bytes(encoded({**line, "shadow_as_of": iso(line["shadow_as_of"])}) + b"\n")
