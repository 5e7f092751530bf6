"""Everything that 0.1 keeps, with the guards of the decision log.

A migration stands by itself: it doesn't import the tables, which go on changing after it.
"""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

BIG_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")

SQLITE_GUARDS = (
    """CREATE TRIGGER decision_refuses_update BEFORE UPDATE ON decision
    BEGIN SELECT RAISE(ABORT, 'decision is append-only'); END""",
    """CREATE TRIGGER decision_refuses_delete BEFORE DELETE ON decision
    BEGIN SELECT RAISE(ABORT, 'decision is append-only'); END""",
    # INSERT OR REPLACE deletes the row in its way without asking the trigger above.
    """CREATE TRIGGER decision_refuses_replace BEFORE INSERT ON decision
    WHEN EXISTS (SELECT 1 FROM decision WHERE seq = NEW.seq)
      OR EXISTS (SELECT 1 FROM decision WHERE decision_id = NEW.decision_id)
      OR EXISTS (SELECT 1 FROM decision WHERE undo_of = NEW.undo_of)
    BEGIN SELECT RAISE(ABORT, 'decision is append-only'); END""",
    """CREATE TRIGGER decision_note_refuses_update BEFORE UPDATE ON decision_note
    BEGIN SELECT RAISE(ABORT, 'decision_note is append-only'); END""",
)

POSTGRESQL_GUARDS = (
    """CREATE FUNCTION moderator_append_only() RETURNS trigger LANGUAGE plpgsql AS
    $$ BEGIN RAISE EXCEPTION '% is append-only', TG_TABLE_NAME USING ERRCODE = 'restrict_violation'; END $$""",
    """CREATE TRIGGER decision_refuses_change BEFORE UPDATE OR DELETE ON decision
    FOR EACH ROW EXECUTE FUNCTION moderator_append_only()""",
    """CREATE TRIGGER decision_refuses_truncate BEFORE TRUNCATE ON decision
    FOR EACH STATEMENT EXECUTE FUNCTION moderator_append_only()""",
    """CREATE TRIGGER decision_note_refuses_update BEFORE UPDATE ON decision_note
    FOR EACH ROW EXECUTE FUNCTION moderator_append_only()""",
)


def upgrade() -> None:
    """Creates the tables, their indexes, the guards, and the head of an empty chain."""
    op.create_table(
        "article",
        sa.Column("id", BIG_ID, autoincrement=True, nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("section", sa.Text(), nullable=False),
        sa.Column("first_seen_ms", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ux_article", "article", ["source", "url"], unique=True)
    op.create_table(
        "author",
        sa.Column("id", BIG_ID, autoincrement=True, nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("first_seen_ms", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ux_author", "author", ["source", "key"], unique=True)
    op.create_table(
        "chain_head",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("row_hash", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_table(
        "source_cursor",
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("cursor", sa.Text(), nullable=False),
        sa.Column("updated_at_ms", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("source"),
    )
    op.create_table(
        "comment",
        sa.Column("id", BIG_ID, autoincrement=True, nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("remote_id", sa.Text(), nullable=False),
        sa.Column("article_id", BIG_ID, nullable=False),
        sa.Column("author_id", BIG_ID, nullable=False),
        sa.Column("parent_remote_id", sa.Text(), nullable=True),
        sa.Column("posted_at_ms", sa.BigInteger(), nullable=False),
        sa.Column("received_at_ms", sa.BigInteger(), nullable=False),
        sa.Column("likes", sa.BigInteger(), nullable=False),
        sa.Column("dislikes", sa.BigInteger(), nullable=False),
        sa.Column("language", sa.Text(), nullable=True),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("deferred_until_ms", sa.BigInteger(), nullable=True),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("scoring", sa.Text(), nullable=False),
        sa.Column("scoring_error", sa.Text(), nullable=True),
        sa.Column("risk", sa.Float(), nullable=False),
        sa.Column("route", sa.Text(), nullable=False),
        sa.Column("lead_label", sa.Text(), nullable=True),
        sa.Column("lead_score", sa.Float(), nullable=True),
        sa.ForeignKeyConstraint(["article_id"], ["article.id"]),
        sa.ForeignKeyConstraint(["author_id"], ["author.id"]),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_comment_article", "comment", ["article_id", "posted_at_ms"], unique=False)
    op.create_index("ix_comment_author", "comment", ["author_id", "status", "id"], unique=False)
    op.create_index(
        "ix_comment_deferred",
        "comment",
        ["deferred_until_ms"],
        unique=False,
        sqlite_where=sa.text("status = 'deferred'"),
        postgresql_where=sa.text("status = 'deferred'"),
    )
    op.create_index(
        "ix_comment_parent",
        "comment",
        ["source", "parent_remote_id", "posted_at_ms", "id"],
        unique=False,
        sqlite_where=sa.text("parent_remote_id IS NOT NULL"),
        postgresql_where=sa.text("parent_remote_id IS NOT NULL"),
    )
    op.create_index("ix_comment_posted", "comment", ["status", "posted_at_ms", "id"], unique=False)
    op.create_index(
        "ix_comment_waiting",
        "comment",
        ["id"],
        unique=False,
        sqlite_where=sa.text("scoring = 'waiting'"),
        postgresql_where=sa.text("scoring = 'waiting'"),
    )
    op.create_index("ix_comment_best", "comment", ["status", sa.text("likes DESC"), "id"], unique=False)
    op.create_index("ix_comment_risk", "comment", ["status", sa.text("risk DESC"), "id"], unique=False)
    op.create_index("ux_comment", "comment", ["source", "remote_id"], unique=True)
    op.create_table(
        "decision",
        sa.Column("seq", BIG_ID, autoincrement=False, nullable=False),
        sa.Column("decision_id", sa.Text(), nullable=False),
        sa.Column("decided_at_ms", sa.BigInteger(), nullable=False),
        sa.Column("actor_kind", sa.Text(), nullable=False),
        sa.Column("moderator", sa.Text(), nullable=False),
        sa.Column("comment_id", BIG_ID, nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("section", sa.Text(), nullable=False),
        sa.Column("remote_id", sa.Text(), nullable=False),
        sa.Column("parent_remote_id", sa.Text(), nullable=True),
        sa.Column("article_url", sa.Text(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("content_digest", sa.Text(), nullable=False),
        sa.Column("author_ref", sa.Text(), nullable=False),
        sa.Column("language", sa.Text(), nullable=True),
        sa.Column("posted_at_ms", sa.BigInteger(), nullable=False),
        sa.Column("action", sa.Text(), nullable=False),
        sa.Column("previous_status", sa.Text(), nullable=False),
        sa.Column("new_status", sa.Text(), nullable=False),
        sa.Column("reason_code", sa.Text(), nullable=True),
        sa.Column("note_digest", sa.Text(), nullable=True),
        sa.Column("scorers", sa.JSON(), nullable=False),
        sa.Column("thresholds", sa.JSON(), nullable=False),
        sa.Column("risk", sa.Float(), nullable=False),
        sa.Column("route", sa.Text(), nullable=False),
        sa.Column("rule", sa.Text(), nullable=False),
        sa.Column("config_hash", sa.Text(), nullable=False),
        sa.Column("app_version", sa.Text(), nullable=False),
        sa.Column("revealed", sa.Boolean(), nullable=False),
        sa.Column("seconds_open", sa.Float(), nullable=True),
        sa.Column("batch_id", sa.Text(), nullable=True),
        sa.Column("undo_of", BIG_ID, nullable=True),
        sa.Column("prev_hash", sa.Text(), nullable=False),
        sa.Column("row_hash", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["comment_id"], ["comment.id"]),
        sa.ForeignKeyConstraint(["undo_of"], ["decision.seq"]),
        sa.PrimaryKeyConstraint("seq"),
    )
    op.create_index("ix_decision_comment", "decision", ["comment_id", "seq"], unique=False)
    op.create_index("ix_decision_moderator", "decision", ["moderator", "seq"], unique=False)
    op.create_index("ix_decision_time", "decision", ["decided_at_ms", "seq"], unique=False)
    op.create_index("ux_decision_id", "decision", ["decision_id"], unique=True)
    op.create_index("ux_decision_undo", "decision", ["undo_of"], unique=True)
    op.create_table(
        "lease",
        sa.Column("comment_id", BIG_ID, nullable=False),
        sa.Column("holder", sa.Text(), nullable=False),
        sa.Column("moderator", sa.Text(), nullable=False),
        sa.Column("expires_at_ms", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["comment_id"], ["comment.id"]),
        sa.PrimaryKeyConstraint("comment_id"),
    )
    op.create_index("ix_lease_holder", "lease", ["holder"], unique=False)
    op.create_table(
        "revision",
        sa.Column("comment_id", BIG_ID, nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("content_hash", sa.LargeBinary(), nullable=False),
        sa.Column("salt", sa.LargeBinary(), nullable=False),
        sa.Column("seen_at_ms", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["comment_id"], ["comment.id"]),
        sa.PrimaryKeyConstraint("comment_id", "number"),
    )
    op.create_table(
        "scoreset",
        sa.Column("id", BIG_ID, autoincrement=True, nullable=False),
        sa.Column("comment_id", BIG_ID, nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("scorer", sa.Text(), nullable=False),
        sa.Column("version", sa.Text(), nullable=False),
        sa.Column("weights_hash", sa.Text(), nullable=False),
        sa.Column("language", sa.Text(), nullable=False),
        sa.Column("scored_at_ms", sa.BigInteger(), nullable=False),
        sa.Column("labels", sa.Text(), nullable=False),
        sa.Column("toxicity", sa.Float(), nullable=True),
        sa.Column("severe_toxicity", sa.Float(), nullable=True),
        sa.Column("obscene", sa.Float(), nullable=True),
        sa.Column("threat", sa.Float(), nullable=True),
        sa.Column("insult", sa.Float(), nullable=True),
        sa.Column("identity_attack", sa.Float(), nullable=True),
        sa.Column("sexual_explicit", sa.Float(), nullable=True),
        sa.Column("collective_blame", sa.Float(), nullable=True),
        sa.Column("blame", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("extra", sa.JSON(none_as_null=True), nullable=True),
        sa.ForeignKeyConstraint(["comment_id"], ["comment.id"]),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(
        "ux_scoreset", "scoreset", ["comment_id", "revision", "scorer", "version", "weights_hash"], unique=True
    )
    op.create_table(
        "decision_note",
        sa.Column("seq", BIG_ID, autoincrement=False, nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("salt", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["seq"], ["decision.seq"]),
        sa.PrimaryKeyConstraint("seq"),
    )
    op.create_table(
        "outbox",
        sa.Column("id", BIG_ID, autoincrement=True, nullable=False),
        sa.Column("decision_seq", BIG_ID, nullable=False),
        sa.Column("comment_id", BIG_ID, nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("not_before_ms", sa.BigInteger(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("last_error", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["decision_seq"], ["decision.seq"]),
        sa.ForeignKeyConstraint(["comment_id"], ["comment.id"]),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_outbox_due", "outbox", ["state", "not_before_ms"], unique=False)
    op.create_index("ux_outbox_decision", "outbox", ["decision_seq"], unique=True)
    op.create_table(
        "score_span",
        sa.Column("id", BIG_ID, autoincrement=True, nullable=False),
        sa.Column("scoreset_id", BIG_ID, nullable=False),
        sa.Column("start_at", sa.Integer(), nullable=False),
        sa.Column("end_at", sa.Integer(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("label", sa.Text(), nullable=False),
        sa.Column("weight", sa.Float(), nullable=True),
        sa.ForeignKeyConstraint(["scoreset_id"], ["scoreset.id"]),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_score_span", "score_span", ["scoreset_id"], unique=False)

    head = sa.table("chain_head", sa.column("id"), sa.column("seq"), sa.column("row_hash"))
    op.execute(sa.insert(head).values(id=1, seq=0, row_hash="0" * 64))
    for statement in SQLITE_GUARDS if op.get_bind().dialect.name == "sqlite" else POSTGRESQL_GUARDS:
        op.execute(sa.text(statement))


def downgrade() -> None:
    """There is no way back: decisions would be lost."""
    raise NotImplementedError("restore the backup that was made before the migration")
