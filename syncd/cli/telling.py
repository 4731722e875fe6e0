"""error: what a code means, and what to do."""

from typing import Annotated

import msgspec
import typer

from syncd.cli.terminal import JsonOption, UnreadConfigOption, print_json, print_text, spoken
from syncd.errors import ConfigurationError
from syncd.report.error_text import every_meaning, meaning_text, meanings


def error_command(
    code: Annotated[str, typer.Argument(help="A code; without one, all of them.")] = "",
    json: JsonOption = False,
    config: UnreadConfigOption = None,
) -> None:
    """What a code means, and what to do: an exit code, a code of the platform, an error, a guard, a finding.

    Examples: `syncd error 71006`, `syncd error source_broken`, `syncd error`
    """
    del config
    words = spoken()
    found = meanings(code, words) if code else tuple(every_meaning(words))
    if not found:
        raise ConfigurationError(words.say("codes.unknown", code=code))
    if json:
        print_json([msgspec.structs.asdict(one) for one in found])
    elif code:
        print_text("".join(meaning_text(one, words) for one in found))
    else:
        print_text("".join(f"{one.code:<32} {words.word('codes', one.group)}: {one.title}\n" for one in found))
