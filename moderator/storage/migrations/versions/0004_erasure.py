"""Erasures with their proof, files that texts were exported to, and what else was on the table with a decision.

What a decision holds as JSON is stored in its canonical form from here on, so that one changed byte of it is a changed
hash. Rows of before get that form; their hashes were taken over it already.
"""

import json

import rfc8785
import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

BIG_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_PAGE = 1_000
_DROPPED = "DROP TRIGGER decision_refuses_update"
_GUARD = """CREATE TRIGGER decision_refuses_update BEFORE UPDATE ON decision
    BEGIN SELECT RAISE(ABORT, 'decision is append-only'); END"""

SQLITE_GUARDS = (
    """CREATE TRIGGER erasure_refuses_update BEFORE UPDATE ON erasure
    BEGIN SELECT RAISE(ABORT, 'erasure is append-only'); END""",
    """CREATE TRIGGER erasure_refuses_delete BEFORE DELETE ON erasure
    BEGIN SELECT RAISE(ABORT, 'erasure is append-only'); END""",
    """CREATE TRIGGER erasure_refuses_replace BEFORE INSERT ON erasure
    WHEN EXISTS (SELECT 1 FROM erasure WHERE seq = NEW.seq)
    BEGIN SELECT RAISE(ABORT, 'erasure is append-only'); END""",
)
POSTGRESQL_GUARDS = (
    """CREATE TRIGGER erasure_refuses_change BEFORE UPDATE OR DELETE ON erasure
    FOR EACH ROW EXECUTE FUNCTION moderator_append_only()""",
    """CREATE TRIGGER erasure_refuses_truncate BEFORE TRUNCATE ON erasure
    FOR EACH STATEMENT EXECUTE FUNCTION moderator_append_only()""",
)


def upgrade() -> None:
    """Adds the tables, the columns and the guards, and rewrites JSON in its canonical form."""
    sqlite = op.get_bind().dialect.name == "sqlite"
    op.add_column("comment", sa.Column("erased_in", sa.BigInteger(), nullable=True))
    op.add_column("decision", sa.Column("masked", sa.Boolean(), nullable=True))
    op.add_column("decision", sa.Column("reason_title", sa.Text(), nullable=True))
    op.create_table(
        "erasure",
        sa.Column("seq", BIG_ID, autoincrement=False, nullable=False),
        sa.Column("erased_at_ms", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("ordered_by", sa.Text(), nullable=False),
        sa.Column("done_by", sa.Text(), nullable=False),
        sa.Column("comments", sa.BigInteger(), nullable=False),
        sa.Column("texts", sa.BigInteger(), nullable=False),
        sa.Column("notes", sa.BigInteger(), nullable=False),
        sa.Column("decision_seq", sa.BigInteger(), nullable=False),
        sa.Column("decision_hash", sa.Text(), nullable=False),
        sa.Column("app_version", sa.Text(), nullable=False),
        sa.Column("prev_hash", sa.Text(), nullable=False),
        sa.Column("row_hash", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("seq"),
    )
    op.create_table(
        "export_file",
        sa.Column("id", BIG_ID, autoincrement=True, nullable=False),
        sa.Column("path", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("written_at_ms", sa.BigInteger(), nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    for statement in SQLITE_GUARDS if sqlite else POSTGRESQL_GUARDS:
        op.execute(sa.text(statement))
    op.execute(_DROPPED if sqlite else "ALTER TABLE decision DISABLE TRIGGER decision_refuses_change")
    _rewrite_json()
    op.execute(_GUARD if sqlite else "ALTER TABLE decision ENABLE TRIGGER decision_refuses_change")


def _rewrite_json() -> None:
    conn = op.get_bind()
    as_json = "json" if conn.dialect.name == "postgresql" else "text"
    read = sa.text(
        "SELECT seq, CAST(scorers AS text) AS scorers, CAST(thresholds AS text) AS thresholds FROM decision"
        f" WHERE seq > :after ORDER BY seq LIMIT {_PAGE}"
    )
    write = sa.text(
        f"UPDATE decision SET scorers = CAST(:scorers AS {as_json}), thresholds = CAST(:thresholds AS {as_json})"
        " WHERE seq = :seq"
    )
    after = 0
    while page := conn.execute(read, {"after": after}).all():
        changed = [
            {"seq": row.seq, "scorers": _canonical(row.scorers), "thresholds": _canonical(row.thresholds)}
            for row in page
        ]
        conn.execute(write, changed)
        after = page[-1].seq


def _canonical(stored: str) -> str:
    try:
        return rfc8785.dumps(json.loads(stored)).decode()
    except (ValueError, rfc8785.CanonicalizationError):
        return stored  # no row was written so: the audit names it


def downgrade() -> None:
    """There is no way back: restore the backup that was made before the migration."""
    raise NotImplementedError("restore the backup that was made before the migration")
