"""sandbox: the platform, emulated, until it is stopped."""

import asyncio
from pathlib import Path
from typing import Annotated

import typer

from syncd.cli.terminal import note, spoken
from syncd.errors import ConfigurationError

QUIRK_HELP = "How it does what the document leaves open; may be said again. `--quirk list` names them all."


def sandbox_command(
    host: Annotated[str, typer.Option("--host", help="The address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option("--port", min=0, max=65535, help="The port to listen on.")] = 8080,
    state: Annotated[Path | None, typer.Option("--state", help="Keep what it holds in this file.")] = None,
    appkey: Annotated[str, typer.Option("--appkey", help="The appkey that it takes.")] = "sandbox",
    appsecret: Annotated[str, typer.Option("--appsecret", help="The appsecret that it takes.")] = "sandbox-secret",
    callback_url: Annotated[str, typer.Option("--callback-url", help="Where events go; it is checked first.")] = "",
    callback_token: Annotated[str, typer.Option("--callback-token", help="The token that signs events.")] = "",
    callback_aes_key: Annotated[str, typer.Option("--callback-aes-key", help="The key that encrypts events.")] = "",
    quirk: Annotated[list[str] | None, typer.Option("--quirk", metavar="NAME=VALUE", help=QUIRK_HELP)] = None,
) -> None:
    """Serve a faithful emulation of the whole platform, to test a client against.

    Examples:
    `syncd sandbox --port 8080 --state platform.json`

    `syncd sandbox --quirk root=0 --quirk digits_only=phone --quirk cut=name:20,memo:100`

    While it runs, `/sandbox/` is a page to look at it and edit it by hand. Faults and quirks are switched by
    `curl 127.0.0.1:8080/sandbox/faults -d '[{"fault": "429", "match": "user/add", "count": 3, "seconds": 1}]'`,
    `curl 127.0.0.1:8080/sandbox/quirks -d '{"admin_field": "isAdmin"}'`;
    events are sent to the URL that `/sandbox/callback` was given;
    what happened is shown by `/sandbox/calls` and `/sandbox/state`. docs/guides/sandbox.md has it all.

    """
    from syncd.sandbox.api import PREFIX, Sandbox  # noqa: PLC0415 - a server is no matter of the other commands
    from syncd.sandbox.callback import merged, save  # noqa: PLC0415 - likewise
    from syncd.sandbox.quirks import Quirks, descriptions, from_texts  # noqa: PLC0415 - likewise
    from syncd.sandbox.serving import serve  # noqa: PLC0415 - likewise

    if quirk == ["list"]:
        typer.echo("\n".join(f"{name:18} {meaning}" for name, meaning in descriptions().items()))
        return
    sandbox = Sandbox(appkey=appkey, appsecret=appsecret, state_file=state)
    sandbox.quirks = from_texts(Quirks(), _pairs(quirk or []))
    if callback_url or callback_token or callback_aes_key:
        known = sandbox.pushes.settings
        asyncio.run(save(sandbox, merged(known, callback_url, callback_token, callback_aes_key)))
    if sandbox.pushes.settings.url:
        note(spoken().say("note.pushes", url=sandbox.pushes.settings.url))
    note(spoken().say("note.sandbox", url=f"http://{host}:{port}{PREFIX}", appkey=appkey))
    note(spoken().say("note.sandbox_page", url=f"http://{host}:{port}/sandbox/"))
    serve(sandbox, host, port)


def _pairs(quirks: list[str]) -> dict[str, str]:
    for one in quirks:
        if "=" not in one:
            raise ConfigurationError(f"--quirk {one}: it is NAME=VALUE, such as --quirk root=0")
    return dict(one.split("=", 1) for one in quirks)
