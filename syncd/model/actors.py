"""Who does something here, as far as the kernel knows it."""

import msgspec


class Actor(msgspec.Struct, frozen=True):
    """The user of a process, and who is behind that user.

    `user` and `uid` are those of the process, `host` the machine's name. `started_by` is the user of the nearest
    process above it that is neither root's nor the same user's: whoever called `sudo` or `su`. `login_user` is who
    signed in (loginuid), `""` of a service. `person` is the account that a person signs in with: `login_user`, else
    `started_by`, else `user`; `""` where each of them is root, a system account or unknown.
    """

    user: str
    uid: int
    host: str = ""
    started_by: str = ""
    login_user: str = ""
    person: str = ""

    def __str__(self) -> str:
        """Return it as one text: the user of the process, and who else is behind it."""
        behind = [f"started by {self.started_by}"] if self.started_by else []
        behind += [f"signed in as {self.login_user}"] if self.login_user not in ("", self.user) else []
        at = f"@{self.host}" if self.host else ""
        more = f" ({', '.join(behind)})" if behind else ""
        return f"{self.user}{at}{more}"


NOBODY = Actor("", -1)
"""Of what a daemon does by itself, which nobody asked for."""
