"""What the platform makes of written values, and how often a drift was written over."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

ADDED = ("kept", "unseen", "enforced")


def upgrade() -> None:
    """Add the columns; what is not known yet is null."""
    for name in ADDED:
        op.add_column("links", sa.Column(name, sa.Text(), nullable=True))


def downgrade() -> None:
    """Take them away."""
    with op.batch_alter_table("links", schema=None) as batch_op:
        for name in ADDED:
            batch_op.drop_column(name)
