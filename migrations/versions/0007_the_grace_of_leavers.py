"""What is known of the grace of each linked object whose entry is gone, and which operations went on with one."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the columns; who was in grace before has none, so their grace is planned, and so told, at the next run."""
    op.add_column("links", sa.Column("grace", sa.Text(), nullable=True))
    op.add_column("journal", sa.Column("further_step", sa.Boolean(), nullable=True))


def downgrade() -> None:
    """Take them away; the dates by `missing_since` stay."""
    with op.batch_alter_table("journal") as table:
        table.drop_column("further_step")
    with op.batch_alter_table("links") as table:
        table.drop_column("grace")
