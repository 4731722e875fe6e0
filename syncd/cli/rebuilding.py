"""db rebuild: a new store in place of a lost one."""

from functools import partial

from syncd.app.rebuild import rebuild
from syncd.bootstrap.actors import acting
from syncd.cli.reading import look
from syncd.cli.session import deciding
from syncd.cli.terminal import ConfigOption, JsonOption, leave, print_json, print_text, spoken


def rebuild_command(config: ConfigOption = None, json: JsonOption = False) -> None:
    """Make a new store in place of a lost one, from the platform and the directory; nothing is written there.

    What we made is known by its ids, leavers too. What was adopted is asked again by the next plan, and what was said
    and written before is learned by it anew. The next plan is the first of a store, and waits for approval.

    Example: `syncd db rebuild && syncd plan`
    """
    with deciding(config) as (loaded, store):
        done, signalled = look(loaded, store, partial(rebuild, actor=acting()))
    counts = {"linked": len(done.found.links), "leavers": len(done.found.leavers), "strangers": done.strangers}
    if json:
        print_json(counts)
    else:
        print_text(spoken().say("store.rebuilt", **counts) + "\n")
    leave(signalled)
