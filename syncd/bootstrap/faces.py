"""The pictures of people, and what reads them, as the configuration wants them."""

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from syncd.app.faces import Faces
from syncd.app.ports import Pictures, Source
from syncd.app.world import World
from syncd.bootstrap.decisions import rules
from syncd.bootstrap.sources import ldap_pictures, with_pictures
from syncd.bootstrap.tables import http_access
from syncd.config.loading import Loaded
from syncd.config.settings import Settings
from syncd.config.source_settings import LdapSource
from syncd.config.table_settings import HttpSource
from syncd.mapping.faces import FaceRule, Form
from syncd.mapping.rules import Compiled
from syncd.platform.fitting import fitted

if TYPE_CHECKING:
    from syncd.directory.http_access import Access


def faces(loaded: Loaded, world: World) -> Faces | None:
    """Wire what a pass of faces works with; nothing where no source maps a face."""
    with world.store.reading() as work:
        facts = work.facts.all()
    return faces_of(loaded, world.sources, facts)


def faces_of(loaded: Loaded, sources: tuple[Source, ...], facts: Mapping[str, str]) -> Faces | None:
    """Wire it from sources as a run reads them; of a directory server that has pictures a pass reads more."""
    settings = loaded.settings
    faced = {name: one for name in settings.authorities if (one := rules(settings, name)).face.form is not Form.NONE}
    if not faced:
        return None
    wanted = frozenset(faced).union(*(one.joined for one in faced.values()))
    holders = {one.face.holder or name for name, one in faced.items() if one.face.form is Form.ATTRIBUTE}
    read = tuple(
        with_pictures(settings, one, facts) if one.name in holders else one for one in sources if one.name in wanted
    )
    found = dict(_pictures(loaded, faced))
    return Faces(read, found, fitted, keeps=settings.retention.faces != 0)


def _pictures(loaded: Loaded, faced: Mapping[str, Compiled]) -> Iterator[tuple[str, Pictures]]:
    """Make what reads the pictures of each authority that maps a face, by its name."""
    for name, one in faced.items():
        if one.face.form is Form.ATTRIBUTE:
            yield name, _of_attribute(loaded.settings, one.face.holder or name, one.face.attribute)
        else:
            yield name, _of_place(loaded, name, one.face)


def _of_attribute(settings: Settings, holder: str, attribute: str) -> Pictures:
    chosen = settings.source[holder]
    if isinstance(chosen, LdapSource):
        return ldap_pictures(holder, chosen, attribute)
    from syncd.directory.pictures import ValuePictures  # noqa: PLC0415 - slow to load, often not needed

    return ValuePictures(attribute)


def _service(settings: Settings, beginning: str) -> tuple[str, "Access | None"]:
    """Give the source on whose server the addresses are, and what shows it who asks; nothing where it is another."""
    services = ((name, one) for name, one in settings.source.items() if isinstance(one, HttpSource))
    found = ((name, http_access(name, one)) for name, one in services)
    return next(((name, access) for name, access in found if access.is_for(beginning)), ("", None))


def _of_place(loaded: Loaded, name: str, rule: FaceRule) -> Pictures:
    if rule.form is Form.URL:
        from syncd.directory.picture_urls import Fetching, UrlPictures  # noqa: PLC0415 - slow to load, often not needed

        service, access = _service(loaded.settings, rule.beginning)
        trusted = loaded.settings.source[service or name]
        ca_file, insecure = getattr(trusted, "ca_file", ""), getattr(trusted, "insecure", False)
        return UrlPictures(Fetching(ca_file=ca_file, insecure=insecure, source=service or name), access)
    from syncd.directory.picture_files import FilePictures  # noqa: PLC0415 - slow to load, often not needed

    return FilePictures(rule.beginning, loaded.path.parent)
