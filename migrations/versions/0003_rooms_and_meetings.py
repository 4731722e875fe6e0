"""The shadow of rooms and of meetings to come."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

ADDED = ("shadow_rooms", "shadow_meetings")


def upgrade() -> None:
    """Add the tables; the next refresh fills them."""
    for name in ADDED:
        op.create_table(
            name,
            sa.Column("id", sa.Text(), nullable=False),
            sa.Column("fields", sa.Text(), nullable=False),
            sa.Column("as_of", sa.Float(), nullable=False),
            sa.Column("origin", sa.Text(), nullable=False),
            sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{name}")),
        )


def downgrade() -> None:
    """Take them away; the platform has it all."""
    for name in ADDED:
        op.drop_table(name)
