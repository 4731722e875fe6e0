"""What is known of the face of each linked user."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

TEXTS = ("platform_id", "state", "mark", "original", "sent", "code", "message")


def upgrade() -> None:
    """Add the table."""
    op.create_table(
        "faces",
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        *(sa.Column(name, sa.Text(), nullable=False) for name in TEXTS),
        sa.Column("at", sa.Float(), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("picture", sa.LargeBinary(), nullable=True),
        sa.Column("kept_at", sa.Float(), nullable=True),
        sa.PrimaryKeyConstraint("source", "key", name=op.f("pk_faces")),
    )


def downgrade() -> None:
    """Take it away; every face is then sent once more, which changes nothing."""
    op.drop_table("faces")
