"""What commands begin with: the configuration, its language, its store, and who runs them."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from syncd.bootstrap.stores import opened_store
from syncd.cli.terminal import Chosen, note, spoken
from syncd.config.loading import Loaded, load
from syncd.errors import ConfigurationError
from syncd.shadow.schema import shown
from syncd.shadow.store import Store

LOGIN_UID = Path("/proc/self/loginuid")
UNSET = 2**32 - 1  # of a service, or in a container


def configured(config: Path | None) -> Loaded:
    """Load the configuration, speak its language, and name it and its store on standard error."""
    loaded = load(config or Chosen.config, os.environ, Path.cwd())
    Chosen.lang, Chosen.zone = loaded.settings.log.lang, loaded.settings.schedule.timezone
    store = shown(loaded.settings.store.url.get_secret_value())
    note(spoken().say("note.in_use", configuration=loaded.path, store=store))
    return loaded


def configured_if_there(config: Path | None) -> Loaded | None:
    """Load the configuration where one can be used; one that is named must be."""
    try:
        return configured(config)
    except ConfigurationError as error:
        if config or Chosen.config:
            raise
        note(spoken().say("note.no_configuration", error=error))
        return None


@contextmanager
def opened(config: Path | None) -> Iterator[tuple[Loaded, Store]]:
    """Load the configuration and open its store."""
    loaded = configured(config)
    with opened_store(loaded.settings) as store:
        yield loaded, store


def who() -> str:
    """Return who runs this, for the record of an approval: the user of the process, and who became that user.

    Variables such as LOGNAME are whatever the caller wants them to be. `sudo` sets SUDO_USER, which only root could
    make another one; the kernel keeps who signed in (loginuid, credentials(7)).
    """
    became = [f"by sudo of {sudo}"] if (sudo := os.environ.get("SUDO_USER", "")) else []
    became += [f"signed in as {name}"] if (name := _signed_in()) else []
    more = f" ({', '.join(became)})" if became else ""
    return f"{_name_of(os.geteuid())}@{os.uname().nodename}{more}"


def _name_of(uid: int) -> str:
    import pwd  # noqa: PLC0415 - needed by few commands

    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return str(uid)


def _signed_in() -> str:
    """Return the name of the login user where it is another one than this process's; nothing where none signed in."""
    try:
        uid = int(LOGIN_UID.read_text(encoding="ascii"))
    except (OSError, ValueError):
        return ""
    return "" if uid in (UNSET, os.geteuid()) else _name_of(uid)
