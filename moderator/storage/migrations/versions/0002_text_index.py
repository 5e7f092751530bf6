"""An index of the words of current texts, and one of decisions that were taken together.

SQLite gets a contentless FTS5 table: it holds words and numbers of comments, never a text. Taking a word out of it takes
the text that put it in, so triggers on `revision` do that before the text is changed or gone, whoever changes it.
PostgreSQL keeps its index in step by itself.
"""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

SQLITE = (
    """
    CREATE VIRTUAL TABLE comment_text
    USING fts5(body, content='', columnsize=0, detail=none, tokenize='unicode61 remove_diacritics 0')
    """,
    # Texts that are stored already are searchable from the start.
    """
    INSERT INTO comment_text(rowid, body)
    SELECT comment.id, revision.body FROM comment
    JOIN revision ON revision.comment_id = comment.id AND revision.number = comment.revision
    ORDER BY comment.id
    """,
    "UPDATE comment SET indexed_revision = revision",
    """
    CREATE TRIGGER comment_text_changed BEFORE UPDATE OF body ON revision
    WHEN old.number = (SELECT indexed_revision FROM comment WHERE id = old.comment_id)
    BEGIN
        INSERT INTO comment_text(comment_text, rowid, body) VALUES ('delete', old.comment_id, old.body);
        INSERT INTO comment_text(rowid, body) VALUES (new.comment_id, new.body);
    END
    """,
    """
    CREATE TRIGGER comment_text_gone BEFORE DELETE ON revision
    WHEN old.number = (SELECT indexed_revision FROM comment WHERE id = old.comment_id)
    BEGIN
        INSERT INTO comment_text(comment_text, rowid, body) VALUES ('delete', old.comment_id, old.body);
        UPDATE comment SET indexed_revision = NULL WHERE id = old.comment_id;
    END
    """,
)
POSTGRESQL = (
    """
    CREATE INDEX ix_revision_text ON revision USING gin (
        to_tsvector('simple', translate("left"(body, 100000), './_-@:%#&?=+', '            '))
    )
    """,
)


def upgrade() -> None:
    """Adds both indexes."""
    op.add_column("comment", sa.Column("indexed_revision", sa.Integer(), nullable=True))
    statements = SQLITE if op.get_bind().dialect.name == "sqlite" else POSTGRESQL
    for statement in statements:
        # As the driver takes it: a colon is no parameter here.
        op.get_bind().exec_driver_sql(statement.replace("%", "%%") if statements is POSTGRESQL else statement)
    op.create_index(
        "ix_decision_batch",
        "decision",
        ["batch_id", "seq"],
        sqlite_where=sa.text("batch_id IS NOT NULL"),
        postgresql_where=sa.text("batch_id IS NOT NULL"),
    )


def downgrade() -> None:
    """There is no way back: restore the backup that was made before the migration."""
    raise NotImplementedError("restore the backup that was made before the migration")
