"""The audit log, and who approved by fields of their own."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the table; what was decided before is told of where it was kept, not in the log."""
    op.create_table(
        "audit",
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("at", sa.Float(), nullable=False),
        sa.Column("previous", sa.Text(), nullable=False),
        sa.Column("hash", sa.Text(), nullable=False),
        sa.Column("record", sa.Text(), nullable=False),
        sa.Column("personal", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_audit")),
    )
    op.create_index(op.f("ix_audit_at"), "audit", ["at"])
    op.create_index(op.f("ix_audit_previous"), "audit", ["previous"], unique=True)
    op.add_column("approvals", sa.Column("actor", sa.Text(), nullable=True))


def downgrade() -> None:
    """Take it away; who approved stays as one text."""
    with op.batch_alter_table("approvals") as table:
        table.drop_column("actor")
    op.drop_table("audit")
