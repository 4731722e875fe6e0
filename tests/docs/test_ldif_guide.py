"""The guide of LDIF files has a configuration that syncd takes, and says what the shipped one does."""

from pathlib import Path

from syncd.config.source_settings import LdifSource
from tests.kit.configurations import loaded
from tests.kit.installation.guide import Guide


def test_the_configuration_of_the_guide_has_a_key_for_each_kind(tmp_path: Path) -> None:
    """The configuration of the guide is taken, with an attribute as the key of people and the DN as departments'."""
    (tmp_path / "appsecret").write_text("geheim")
    source = loaded(tmp_path, Guide("ldif.md").configuration).settings.source["file"]
    assert isinstance(source, LdifSource)
    assert (source.key_of(source.users), source.key_of(source.departments)) == ("employeeNumber", "dn")
