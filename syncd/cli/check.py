"""check: whether configuration, directory, mapping, platform and store are as they should be."""

import asyncio
import os
import stat
import tempfile
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Annotated

import typer

from syncd.app.check import Finding, Known, check, events_finding
from syncd.app.face_checking import check_faces
from syncd.app.stopping import Stop, unless_stopped
from syncd.bootstrap.decisions import decisions, moment
from syncd.bootstrap.faces import faces_of
from syncd.bootstrap.platforms import client
from syncd.bootstrap.sources import sources
from syncd.bootstrap.stores import opened_store
from syncd.cli.notices import are_passwords_lost
from syncd.cli.probing import probe_platform
from syncd.cli.session import configured
from syncd.cli.stopping import run_until_stopped
from syncd.cli.terminal import ConfigOption, JsonOption, leave, note, print_json, print_text, spoken
from syncd.config.loading import Loaded
from syncd.config.permissions import readable
from syncd.errors import ConfigurationError, StoreError, SyncdError
from syncd.report.check_text import finding_text
from syncd.report.messages import ENGLISH, Words
from syncd.shadow import schema


def check_command(
    config: ConfigOption = None,
    platform_probe: Annotated[
        bool,
        typer.Option(
            "--platform-probe",
            help="Instead: WRITE a few objects to the platform, see what it does with them, and remove them.",
        ),
    ] = False,
    yes: Annotated[bool, typer.Option("--yes", help="The probe may write; nobody is asked.")] = False,
    json: JsonOption = False,
) -> None:
    """Prove configuration, directory, mapping, platform and store, a line each.

    Examples: `syncd check && syncd plan`, `syncd check --platform-probe` once before the first run
    """
    if platform_probe:
        probe_platform(config, yes=yes, json=json)
        return
    if yes:
        raise ConfigurationError("--yes belongs to --platform-probe; a check by itself writes nothing")
    loaded = configured(config)
    findings: list[Finding] = []

    async def look(stop: Stop) -> None:
        await unless_stopped(stop, prove())

    async def prove() -> None:
        async for finding in _findings(loaded):
            findings.append(finding)
            if not json:
                print_text(finding_text(finding, spoken()))
        for warning in () if json else _warnings(loaded, spoken()):
            note(warning)

    _, signalled = run_until_stopped(loaded, look, tells_retries=False)
    if json:
        print_json(findings)
    leave(signalled or (0 if all(one.ok for one in findings) else 1))


async def _findings(loaded: Loaded) -> AsyncIterator[Finding]:
    yield Finding("configuration", True, str(loaded.path), tuple(_warnings(loaded, ENGLISH)))
    settings = loaded.settings
    async with client(settings) as platform:
        everything = check(
            tuple(sources(settings, {})), platform, decisions(loaded), moment(settings), lambda: _known(loaded)
        )
        async for finding in everything:
            yield finding
    async for finding in _faces(loaded):
        yield finding
    for finding in await asyncio.to_thread(_callback, loaded):
        yield finding


def _warnings(loaded: Loaded, words: Words) -> Iterator[str]:
    """Yield what can be used and should be looked at all the same."""
    mode = loaded.path.stat().st_mode
    if loaded.secrets and mode & (stat.S_IRGRP | stat.S_IROTH):
        secrets = ", ".join(loaded.secrets)
        yield words.say("check.readable_secrets", secrets=secrets, path=loaded.path, mode=stat.filemode(mode))
    for path, shown in _readable(loaded):
        yield words.say("check.readable_file", path=path, mode=shown)
    if are_passwords_lost(loaded.settings):
        yield words.say("check.lost_passwords")


def _readable(loaded: Loaded) -> Iterator[tuple[Path, str]]:
    """Yield each file that is for its owner alone and that others may read: secrets, store, handover file."""
    settings = loaded.settings
    store = schema.sqlite_path(settings.store.url.get_secret_value())
    beside = [store, Path(f"{store}-wal")] if store else []
    handover = [Path(settings.platform.handover)] if settings.platform.handover else []
    for path in (*loaded.files, *beside, *handover):
        if mode := readable(path):
            yield path, mode


async def _faces(loaded: Loaded) -> AsyncIterator[Finding]:
    """Look who has a picture, where a face is mapped; none is read."""
    found = faces_of(loaded, tuple(sources(loaded.settings, {})), {})
    if found is not None:
        async for finding in check_faces(found, decisions(loaded), moment(loaded.settings)):
            yield finding


def _callback(loaded: Loaded) -> list[Finding]:
    """Ask our own listener, by the way that the platform's events take where that is known; nothing without keys."""
    chosen = loaded.settings.platform.callback
    if not chosen.token.get_secret_value():
        return []
    from syncd.bootstrap.daemon import listener_settings  # noqa: PLC0415 - a server is no matter of the other commands
    from syncd.events import self_check, serving  # noqa: PLC0415 - likewise

    settings = listener_settings(loaded.settings)
    url = chosen.url or serving.own_address(settings)
    try:
        taken = self_check.ask(url, settings.keys[0], is_ours=not chosen.url)
    except self_check.NobodyListens as error:
        return [Finding("callback", not chosen.url, str(error))]
    except SyncdError as error:
        return [Finding("callback", False, str(error))]
    return [Finding("callback", True, f"{url} answers a signed check_url after {taken * 1000:.0f} ms")]


def _known(loaded: Loaded) -> Known:
    """Look at the store without making one (DESIGN 6, store)."""
    url = loaded.settings.store.url.get_secret_value()
    path = schema.sqlite_path(url)
    if path is not None:
        _prove_folder(path)
        if not path.exists():
            return Known(f"{path} is not there yet; the first `syncd plan` or `syncd reconcile` makes it")
    with opened_store(loaded.settings) as store, store.reading() as work:
        facts, links = work.facts.all(), work.links.all()
        told = f"{schema.shown(url)}: schema {schema.head()}"
        return Known(told, facts, links, events_finding(store, time.time()))


def _prove_folder(path: Path) -> None:
    """Raise `StoreError` where an SQLite store cannot be written: its folder takes files of its own beside it."""
    try:
        with tempfile.TemporaryFile(dir=path.parent):
            pass
        if path.exists() and not os.access(path, os.W_OK):
            raise PermissionError(0, "it may not be written")
    except OSError as error:
        who = f"uid {os.geteuid()}"
        raise StoreError(
            f"the store {path} cannot be written by {who}: {error.strerror}; correct store.url, or make the folder "
            f"{path.parent} and let {who} own it"
        ) from None
