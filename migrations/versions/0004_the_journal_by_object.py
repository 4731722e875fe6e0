"""The journal, asked by object: whose entry an operation was for, and indexes by key and by platform id."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

ADDED = ("source", "key")
INDEXED = ("key", "platform_id")


def upgrade() -> None:
    """Add the columns; of operations before this nobody knows the key, and the platform id finds them."""
    for name in ADDED:
        op.add_column("journal", sa.Column(name, sa.Text(), nullable=True))
    for name in INDEXED:
        op.create_index(op.f(f"ix_journal_{name}"), "journal", [name])


def downgrade() -> None:
    """Take them away."""
    for name in INDEXED:
        op.drop_index(op.f(f"ix_journal_{name}"), table_name="journal")
    with op.batch_alter_table("journal", schema=None) as batch_op:
        for name in ADDED:
            batch_op.drop_column(name)
