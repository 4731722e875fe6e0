"""The command `syncd`."""

import sys
from pathlib import Path
from types import ModuleType
from typing import Annotated, Any

import typer

from syncd.cli.commands import Commands
from syncd.cli.terminal import INTERRUPTED, Chosen, abandon_output, give_closed_streams_a_place, spoken
from syncd.errors import ConfigurationError, SyncdError
from syncd.model.visible import visible
from syncd.report.error_text import code_of
from syncd.telemetry.masking import masked_text

USAGE = 1
HTTPX_COMMAND = "httpx._main"
"""A command line of httpx's own, with Click, Rich and Pygments; httpx foresees that they are missing."""
# Typer carries its own Click, whose errors it does not export but for this one.
UsageFault: Any = next(one for one in typer.BadParameter.__mro__ if one.__name__ == "ClickException")

app = typer.Typer(
    name="syncd",
    cls=Commands,
    help="Keeps the H5-YES meeting platform's users and departments equal to a company's directory.",
    no_args_is_help=True,
    context_settings={"help_option_names": ["--help", "-h"]},
    pretty_exceptions_enable=False,
)


def _version(wanted: bool) -> None:  # noqa: FBT001 - the library's signature
    if wanted:
        import importlib.metadata  # noqa: PLC0415 - no command waits for it

        typer.echo(f"syncd {importlib.metadata.version('syncd')}")
        raise typer.Exit


@app.callback()
def common(
    config: Annotated[Path | None, typer.Option("--config", "-c", help="The configuration.")] = None,
    version: Annotated[bool, typer.Option("--version", callback=_version, is_eager=True, help="The version.")] = False,
) -> None:
    """Take what stands before the command's name."""
    del version
    Chosen.config = config


def leave_out(module: str) -> None:
    """Let a module count as missing, unless it is loaded already."""
    modules: dict[str, ModuleType | None] = sys.modules  # type: ignore[assignment]  # Python takes None so
    modules.setdefault(module, None)


def main() -> None:
    """Run a command; every foreseeable fault is one line on standard error and the contract's exit code."""
    give_closed_streams_a_place()
    leave_out(HTTPX_COMMAND)
    try:
        code = app(standalone_mode=False)
    except SyncdError as error:
        # Only mistakes in a configuration are several, each on a line of its own; a line break is always a value's.
        several = error.args if isinstance(error, ConfigurationError) and error.args else (error,)
        *lines, last = (masked_text(str(one)) for one in several)
        for line in (*lines, spoken().say("note.more", message=last, code=code_of(error))):
            typer.echo(f"syncd: {visible(line)}", err=True)
        code = error.exit_code
    except UsageFault as error:
        where = error.ctx.command_path if getattr(error, "ctx", None) else "syncd"
        message = error.format_message().rstrip(".").replace("Value error, ", "") or "a command is wanted"
        typer.echo(f"syncd: {message}; see {where} --help", err=True)
        code = USAGE
    except UnicodeEncodeError:
        message = f"an argument is no text in this terminal's encoding ({sys.getfilesystemencoding()})"
        typer.echo(f"syncd: {message}; set LC_ALL=C.UTF-8", err=True)
        code = USAGE
    except (typer.Abort, KeyboardInterrupt):
        typer.echo("syncd: interrupted", err=True)
        code = INTERRUPTED
    except BrokenPipeError:
        abandon_output()
        code = USAGE
    except OSError as error:
        abandon_output()
        typer.echo(f"syncd: {error.filename or 'standard output'}: {error.strerror or error}", err=True)
        code = USAGE
    sys.exit(code if isinstance(code, int) else 0)
