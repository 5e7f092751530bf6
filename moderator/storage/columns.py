"""Tables and columns by name, for statements.

`tables.py` says what a table is; these say only what it's called, and need no SQLModel: importing that costs 0.2 to
0.3 s, which a moderator would wait for before the first comment. A test holds the two equal.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import JSON, Boolean, LargeBinary, TableClause, column, table
from sqlalchemy.types import TypeEngine


def _table(name: str, columns: str, **types: TypeEngine[Any]) -> TableClause:
    return table(name, *(column(each, types.get(each)) for each in columns.split()))


ARTICLE = _table("article", "id source url title section first_seen_ms")
AUTHOR = _table("author", "id source key name kind first_seen_ms")
COMMENT = _table(
    "comment",
    """id source remote_id article_id author_id parent_remote_id posted_at_ms received_at_ms likes dislikes language
    status deferred_until_ms revision scoring scoring_error risk route lead_label lead_score indexed_revision
    erased_in""",
)
REVISION = _table(
    "revision", "comment_id number body content_hash salt seen_at_ms", content_hash=LargeBinary(), salt=LargeBinary()
)
SCORESET = _table(
    "scoreset",
    """id comment_id revision scorer version weights_hash language scored_at_ms labels toxicity severe_toxicity obscene
    threat insult identity_attack sexual_explicit collective_blame blame extra""",
    blame=JSON(none_as_null=True),
    extra=JSON(none_as_null=True),
)
SCORE_SPAN = _table("score_span", "id scoreset_id start_at end_at role label weight")
DECISION = _table(
    "decision",
    """seq decision_id decided_at_ms actor_kind moderator comment_id source section remote_id parent_remote_id
    article_url revision content_digest author_ref language posted_at_ms action previous_status new_status reason_code
    note_digest scorers thresholds risk route rule config_hash app_version revealed seconds_open batch_id undo_of
    prev_hash row_hash masked reason_title""",
    scorers=JSON(),
    thresholds=JSON(),
    revealed=Boolean(),
    masked=Boolean(),
)
DECISION_NOTE = _table("decision_note", "seq note salt", salt=LargeBinary())
CHAIN_HEAD = _table("chain_head", "id seq row_hash")
ERASURE = _table(
    "erasure",
    """seq erased_at_ms kind subject ordered_by done_by comments texts notes decision_seq decision_hash app_version
    prev_hash row_hash""",
)
EXPORT_FILE = _table("export_file", "id path kind written_at_ms sha256")
APPEAL = _table("appeal", "id comment_id decision_seq opened_seq text received_at_ms decided_seq outcome")
OPINION = _table("opinion", "id comment_id revision decision_seq moderator action reason_code given_at_ms")
GOLDEN = _table("golden", "comment_id revision action reason_code set_by set_at_ms")
LEASE = _table("lease", "comment_id holder moderator expires_at_ms")
OUTBOX = _table(
    "outbox",
    "id decision_seq comment_id source state not_before_ms attempts last_error stands_at settled_at_ms",
)
SOURCE_CURSOR = _table(
    "source_cursor", "source cursor updated_at_ms tried_at_ms next_pull_ms failures last_error held_there"
)

ALL = (
    ARTICLE,
    AUTHOR,
    COMMENT,
    REVISION,
    SCORESET,
    SCORE_SPAN,
    DECISION,
    DECISION_NOTE,
    CHAIN_HEAD,
    ERASURE,
    EXPORT_FILE,
    APPEAL,
    OPINION,
    GOLDEN,
    LEASE,
    OUTBOX,
    SOURCE_CURSOR,
)
