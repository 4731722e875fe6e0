"""Who runs this process, by the kernel's word alone: a variable is whatever its caller wants it to be."""

import os
import stat
from pathlib import Path

import msgspec

from syncd.model.actors import Actor

LOGIN_UID = Path("/proc/self/loginuid")
PROCESSES = Path("/proc")
UNSET = 2**32 - 1  # of a service, or in a container
FIRST_PERSON = 1000  # below are system accounts (UID_MIN of login.defs)
DYNAMIC = range(61184, 65520)  # of systemd's DynamicUser
NO_SIGN_IN = ("nologin", "false")


def acting() -> Actor:
    """Return who runs this process.

    `sudo` sets SUDO_USER, but so may whoever is that user already. Who called it is told by the processes above this
    one: nobody can begin one as another user without being let. It ends where a process above has gone, and then says
    nothing. The kernel keeps who signed in (loginuid, credentials(7)); only root could set that a second time.
    """
    uid = os.geteuid()
    above, login = _above(uid), _signed_in()
    known = [one for one in (login, above, uid) if one is not None]
    return Actor(
        user=_name_of(uid),
        uid=uid,
        host=os.uname().nodename,
        started_by=_name_of(above) if above is not None else "",
        login_user=_name_of(login) if login is not None else "",
        person=next((_name_of(one) for one in known if is_person(one)), ""),
    )


def serving_actor() -> Actor:
    """Return who runs this daemon: its own account is nobody's name, whatever it is called."""
    found = acting()
    return msgspec.structs.replace(found, person="") if found.person == found.user else found


def owner_of(path: Path) -> str:
    """Return the person who alone, beside root, can write a file; nothing where that is nobody, or more may."""
    try:
        found = path.stat()
    except OSError:
        return ""
    may_others = found.st_mode & (stat.S_IWGRP | stat.S_IWOTH)
    return _name_of(found.st_uid) if is_person(found.st_uid) and not may_others else ""


def _above(uid: int) -> int | None:
    """Return the user of the nearest process above that is neither root's nor this user's; nothing where none is."""
    if os.getuid() not in (0, uid):
        return os.getuid()
    process = os.getppid()
    while process > 1:
        try:
            status = (PROCESSES / str(process) / "status").read_text(encoding="utf-8", errors="replace")
            values = dict(line.split(":\t", 1) for line in status.splitlines() if ":\t" in line)
            owner, process = int(values["Uid"].split()[0]), int(values["PPid"])
        except (OSError, KeyError, ValueError, IndexError):
            return None
        if owner not in (0, uid):
            return owner
    return None


def _signed_in() -> int | None:
    """Return the login user; nothing where none signed in."""
    try:
        uid = int(LOGIN_UID.read_text(encoding="ascii"))
    except (OSError, ValueError):
        return None
    return None if uid == UNSET else uid


def _name_of(uid: int) -> str:
    import pwd  # noqa: PLC0415 - needed by few commands

    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return str(uid)


def is_person(uid: int) -> bool:
    """Tell whether somebody signs in with an account: no system account, and none whose shell lets nobody in."""
    import pwd  # noqa: PLC0415 - needed by few commands

    if uid < FIRST_PERSON or uid in DYNAMIC:
        return False
    try:
        return Path(pwd.getpwuid(uid).pw_shell).name not in NO_SIGN_IN
    except KeyError:
        return True
