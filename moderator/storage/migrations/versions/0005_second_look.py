"""Appeals, blind second opinions, and golden items.

Revision ID: 0005
Revises: 0004
"""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

BIG_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")

SQLITE_ERASES = """CREATE TRIGGER appeal_is_erased AFTER UPDATE OF status ON comment WHEN NEW.status = 'erased'
    BEGIN UPDATE appeal SET text = '' WHERE comment_id = NEW.id; END"""
POSTGRESQL_ERASES = (
    """CREATE FUNCTION moderator_erase_appeal() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN UPDATE appeal SET text = '' WHERE comment_id = NEW.id; RETURN NULL; END $$""",
    """CREATE TRIGGER appeal_is_erased AFTER UPDATE OF status ON comment
    FOR EACH ROW WHEN (NEW.status = 'erased') EXECUTE FUNCTION moderator_erase_appeal()""",
)


def upgrade() -> None:
    """Adds the tables, and the trigger that takes an author's words with the comment's."""
    op.create_table(
        "appeal",
        sa.Column("id", BIG_ID, autoincrement=True, nullable=False),
        sa.Column("comment_id", BIG_ID, nullable=False),
        sa.Column("decision_seq", BIG_ID, nullable=False),
        sa.Column("opened_seq", BIG_ID, nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("received_at_ms", sa.BigInteger(), nullable=False),
        sa.Column("decided_seq", BIG_ID, nullable=True),
        sa.Column("outcome", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["comment_id"], ["comment.id"]),
        sa.ForeignKeyConstraint(["decision_seq"], ["decision.seq"]),
        sa.ForeignKeyConstraint(["opened_seq"], ["decision.seq"]),
        sa.ForeignKeyConstraint(["decided_seq"], ["decision.seq"]),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ux_appeal_decision", "appeal", ["decision_seq"], unique=True)
    op.create_index("ux_appeal_opened", "appeal", ["opened_seq"], unique=True)
    op.create_index("ux_appeal_decided", "appeal", ["decided_seq"], unique=True)
    op.create_index("ix_appeal_comment", "appeal", ["comment_id", "id"])
    op.create_table(
        "opinion",
        sa.Column("id", BIG_ID, autoincrement=True, nullable=False),
        sa.Column("comment_id", BIG_ID, nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("decision_seq", BIG_ID, nullable=True),
        sa.Column("moderator", sa.Text(), nullable=False),
        sa.Column("action", sa.Text(), nullable=False),
        sa.Column("reason_code", sa.Text(), nullable=True),
        sa.Column("given_at_ms", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["comment_id"], ["comment.id"]),
        sa.ForeignKeyConstraint(["decision_seq"], ["decision.seq"]),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ux_opinion", "opinion", ["comment_id", "revision", "moderator"], unique=True)
    op.create_index("ix_opinion_decision", "opinion", ["decision_seq"])
    op.create_table(
        "golden",
        sa.Column("comment_id", BIG_ID, nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("action", sa.Text(), nullable=False),
        sa.Column("reason_code", sa.Text(), nullable=True),
        sa.Column("set_by", sa.Text(), nullable=False),
        sa.Column("set_at_ms", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["comment_id"], ["comment.id"]),
        sa.PrimaryKeyConstraint("comment_id"),
    )
    sqlite = op.get_bind().dialect.name == "sqlite"
    for statement in (SQLITE_ERASES,) if sqlite else POSTGRESQL_ERASES:
        op.execute(sa.text(statement))


def downgrade() -> None:
    """There is no way back: restore the backup that was made before the migration."""
    raise NotImplementedError("restore the backup that was made before the migration")
