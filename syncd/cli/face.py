"""face check: whether the platform would take a picture as a face."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from syncd.cli.session import JsonOption, leave, print_json, print_text
from syncd.errors import ConfigurationError

if TYPE_CHECKING:
    from syncd.platform import FaceCheck

face = typer.Typer(help="Pictures of faces.", no_args_is_help=True)


@face.command("check")
def check_command(
    file: Annotated[Path, typer.Argument(metavar="F", help="The picture.")], json: JsonOption = False
) -> None:
    """Whether the platform would take a picture as a face: format, bytes, pixels, and what to do; 1 if not.

    Example: `syncd face check anna.jpg`
    """
    from syncd.platform import check_face  # noqa: PLC0415 - no other command waits for it

    check = check_face(_read(file))
    print_json(check) if json else print_text(_lines(file, check))
    leave(0 if check.is_fit else 1)


def _read(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError as error:
        raise ConfigurationError(f"{file} cannot be read: {error.strerror}") from error


def _lines(file: Path, check: "FaceCheck") -> str:
    kind = f"{check.format}, {check.width} x {check.height} pixels, " if check.format else ""
    verdict = "fit" if check.is_fit else "not fit"
    first = f"{file}: {verdict} as a face ({kind}{check.size} bytes)"
    return "".join(f"{line}\n" for line in (first, *(f"  {one}" for one in check.findings)))
