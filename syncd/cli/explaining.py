"""explain: everything about one object."""

from typing import Annotated

import typer

from syncd.app.explain import Explained, explain
from syncd.app.world import World
from syncd.cli.reading import look
from syncd.cli.session import opened
from syncd.cli.terminal import ConfigOption, JsonOption, leave, print_json, print_text, spoken
from syncd.report.explanation_form import explanation_form
from syncd.report.explanation_text import explanation_text


def explain_command(
    who: Annotated[str, typer.Argument(metavar="WHO", help="Key, platform id, account, DN, or a name or part of one.")],
    config: ConfigOption = None,
    limit: Annotated[int, typer.Option("--limit", "-n", min=1, help="How much of its history, newest first.")] = 20,
    json: JsonOption = False,
) -> None:
    """Everything about one user or department: what the directory says, what is wanted and there, what follows and why.

    It reads both sides as `plan` does, and writes nothing. The guide is docs/guides/explain.md.

    Examples: `syncd explain zhang.wei`, `syncd explain uid=li,ou=people,dc=example,dc=org`,
    `syncd explain 财务部 --json | jq .findings`
    """
    with opened(config) as (loaded, store):

        async def explaining(everything: World) -> Explained:
            return await explain(everything, who, limit)

        found, signalled = look(loaded, store, explaining)
    if json:
        print_json(explanation_form(found))
    else:
        print_text(explanation_text(found, spoken()))
    leave(signalled)
