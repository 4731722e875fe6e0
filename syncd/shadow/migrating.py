"""The migrations of the store, run by Alembic on a connection that is open."""

import sqlalchemy as sa
from alembic import command
from alembic.config import Config


def upgrade(connection: sa.Connection, target: str) -> None:
    """Run the migrations up to a version."""
    command.upgrade(configuration(connection), target)


def downgrade(connection: sa.Connection, target: str) -> None:
    """Take the migrations back down to a version."""
    command.downgrade(configuration(connection), target)


def configuration(connection: sa.Connection | None = None) -> Config:
    """Return what Alembic wants to know: where the migrations are, and on which connection they run."""
    config = Config()
    config.set_main_option("script_location", "syncd_migrations:")
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    return config
