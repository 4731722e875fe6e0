"""face check: whether a picture can be a face, and what would be sent of it."""

from pathlib import Path
from typing import Annotated, Any

import msgspec
import typer

from syncd.cli.terminal import JsonOption, UnreadConfigOption, leave, print_json, print_text, spoken
from syncd.errors import ConfigurationError
from syncd.model.faces import Fitted
from syncd.platform import FaceCheck, check_face
from syncd.platform.fitting import fitted
from syncd.report.messages import Words

face = typer.Typer(help="Pictures of faces.", no_args_is_help=True)


@face.command("check")
def check_command(
    file: Annotated[Path, typer.Argument(metavar="F", help="The picture.")],
    json: JsonOption = False,
    config: UnreadConfigOption = None,
) -> None:
    """Whether a picture can be a face: whether it is fit as it is, what is sent of it, and what to do; 1 if it cannot.

    Example: `syncd face check anna.jpg`
    """
    del config
    picture = _read(file)
    check, made = check_face(picture), fitted(picture)
    print_json(_form(check, made)) if json else print_text(_lines(file, check, made, spoken()))
    leave(0 if made.content else 1)


def _read(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError as error:
        raise ConfigurationError(f"{file} cannot be read: {error.strerror}") from error


def _form(check: FaceCheck, made: Fitted) -> dict[str, Any]:
    sent = {"format": "jpeg", "width": made.width, "height": made.height, "size": len(made.content)}
    return {
        **msgspec.structs.asdict(check),
        "sent": sent if made.content else None,
        "finding": made.finding,
        "notes": made.notes,
    }


def _lines(file: Path, check: FaceCheck, made: Fitted, words: Words) -> str:
    shape = {"format": check.format, "width": check.width, "height": check.height}
    kind = words.say("face_check.kind", **shape) if check.format else ""
    first = words.say("face_check.fit" if check.is_fit else "face_check.unfit", file=file, kind=kind, size=check.size)
    sent = words.say("face_check.sent", width=made.width, height=made.height, size=len(made.content))
    last = (sent, *made.notes) if made.content else (words.say("face_check.not_sent", message=made.finding),)
    return "".join(f"{line}\n" for line in (first, *(f"  {one}" for one in (*check.findings, *last))))
