"""What the exchange with sites needs to remember: where a comment stands there, and how the last pull went."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("outbox", sa.Column("stands_at", sa.Text(), nullable=True))
    op.add_column("outbox", sa.Column("settled_at_ms", sa.BigInteger(), nullable=True))
    op.create_index("ix_outbox_comment", "outbox", ["comment_id", "id"], unique=False)
    for name, kind in (
        ("tried_at_ms", sa.BigInteger()),
        ("next_pull_ms", sa.BigInteger()),
        ("failures", sa.Integer()),
        ("last_error", sa.Text()),
        ("held_there", sa.BigInteger()),
    ):
        op.add_column("source_cursor", sa.Column(name, kind, nullable=True))


def downgrade() -> None:
    """There is no way back: restore the backup that was made before the migration."""
    raise NotImplementedError("restore the backup that was made before the migration")
