"""password: a new password for one linked user."""

from typing import Annotated

import typer

from syncd.app.giving_password import Given, give_password
from syncd.app.stopping import Stop
from syncd.bootstrap.actors import acting
from syncd.bootstrap.world import world
from syncd.cli.session import deciding
from syncd.cli.stopping import run_until_stopped
from syncd.cli.terminal import ConfigOption, JsonOption, leave, print_json, print_text, spoken
from syncd.errors import ConfigurationError


def password_command(
    who: Annotated[str, typer.Argument(metavar="WHO", help="Key, platform id, account, DN or name of a linked user.")],
    config: ConfigOption = None,
    json: JsonOption = False,
) -> None:
    """Give one linked user a new random password, which the handover file takes (platform.handover).

    The one before ends at once. Example: `syncd password zhang.wei`
    """
    actor = acting()
    with deciding(config) as (loaded, store):
        handover = loaded.settings.platform.handover
        if not handover:
            raise ConfigurationError(
                "platform.handover is empty, so nobody would learn the new password; name a file that takes it"
            )

        async def work(stop: Stop) -> Given:
            async with world(loaded, store) as everything:
                return await give_password(everything, who, actor, stop)

        given, signalled = run_until_stopped(loaded, work)
    if json:
        print_json({"platform_id": given.platform_id, "key": given.key, "account": given.account, "name": given.name})
    else:
        words = spoken()
        print_text(words.say("password.given", account=given.account, name=given.name, file=handover) + "\n")
    leave(signalled)
