"""What tells of changes in the sources, as the configuration wants it."""

from collections.abc import Callable, Iterator, Mapping

from syncd.app.incremental import Feed
from syncd.bootstrap.reads import reads_of
from syncd.bootstrap.sources import ldap_reader, tree_settings
from syncd.config.settings import Settings
from syncd.config.source_settings import LdapSource
from syncd.directory.reading import AUTO


def feeds(settings: Settings, facts: Mapping[str, str], wake: Callable[[], None]) -> Iterator[Feed]:
    """Make what tells of changes, for each source that can; `wake` is called, from any thread, when there are some.

    Who is a member of a group is told by no change of people, so that sources with `members_of` are read whole.
    """
    for name, chosen in settings.source.items():
        if isinstance(chosen, LdapSource) and chosen.incremental == AUTO and not chosen.users.members_of:
            yield ldap_reader(tree_settings(name, chosen, facts), chosen, reads_of(settings, name)).feed(wake)
