"""What is known of the grace of each linked object whose entry is gone."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the column; who was in grace before has none, so their grace is planned, and so told, at the next run."""
    op.add_column("links", sa.Column("grace", sa.Text(), nullable=True))


def downgrade() -> None:
    """Take it away; the dates by `missing_since` stay."""
    with op.batch_alter_table("links") as table:
        table.drop_column("grace")
