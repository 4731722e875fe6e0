"""The pictures of the sources, as the configuration wants them."""

from collections.abc import Iterator, Mapping
from pathlib import Path

from syncd.app.faces import Faces
from syncd.app.ports import Pictures, Source
from syncd.app.world import World
from syncd.bootstrap.decisions import rules
from syncd.bootstrap.sources import ldap_pictures
from syncd.config.loading import Loaded
from syncd.config.settings import Settings
from syncd.config.source_settings import LdapSource
from syncd.mapping.faces import FaceRule, Form
from syncd.platform.fitting import fitted


def faces(loaded: Loaded, world: World) -> Faces | None:
    """Wire what a pass of faces works with; nothing where no source maps a face."""
    with world.store.reading() as work:
        facts = work.facts.all()
    found = dict(pictures(loaded, world.sources, facts))
    return Faces(found, fitted, keeps=loaded.settings.retention.faces != 0) if found else None


def pictures(loaded: Loaded, sources: tuple[Source, ...], facts: Mapping[str, str]) -> Iterator[tuple[str, Pictures]]:
    """Make what reads the pictures of each authority that maps a face, by its name."""
    for source in (one for one in sources if one.name in loaded.settings.authorities):
        rule = rules(loaded.settings, source.name).face
        if rule.form is not Form.NONE:
            yield source.name, _of(loaded.settings, loaded.path.parent, source, rule, facts)


def _of(settings: Settings, folder: Path, source: Source, rule: FaceRule, facts: Mapping[str, str]) -> Pictures:
    chosen = settings.source[source.name]
    if rule.form is Form.URL:
        from syncd.directory.picture_urls import Fetching, UrlPictures  # noqa: PLC0415 - slow to load, often not needed

        ca_file, insecure = getattr(chosen, "ca_file", ""), getattr(chosen, "insecure", False)
        return UrlPictures(source, rule, Fetching(ca_file=ca_file, insecure=insecure))
    if rule.form is Form.PATH:
        from syncd.directory.picture_files import FilePictures  # noqa: PLC0415 - slow to load, often not needed

        return FilePictures(source, rule, folder)
    if isinstance(chosen, LdapSource):
        return ldap_pictures(settings, source.name, chosen, facts)
    from syncd.directory.pictures import ValuePictures  # noqa: PLC0415 - slow to load, often not needed

    return ValuePictures(source, rule)
