"""db upgrade, db current: the version of the store's schema."""

from syncd.cli.session import configured
from syncd.cli.terminal import ConfigOption, JsonOption, print_json, print_text, spoken
from syncd.shadow import schema


def upgrade_command(config: ConfigOption = None, json: JsonOption = False) -> None:
    """Bring the store's schema to the version that this program knows.

    Example: `syncd db upgrade`, after a new version was installed
    """
    url = configured(config).settings.store.url.get_secret_value()
    schema.upgrade(url)
    found = schema.current(url)
    print_json(_versions(found)) if json else print_text(spoken().say("store.schema", schema=found) + "\n")


def current_command(config: ConfigOption = None, json: JsonOption = False) -> None:
    """Say which version the store's schema has, and which one this program knows.

    Example: `syncd db current --json | jq -r .schema`
    """
    found = schema.current(configured(config).settings.store.url.get_secret_value())
    words = spoken()
    told = words.say("store.schemas", schema=found or words.say("store.no_schema"), known=schema.head())
    print_json(_versions(found)) if json else print_text(told + "\n")


def _versions(found: str) -> dict[str, str | None]:
    return {"schema": found or None, "known": schema.head()}
