import pytest
from builders import START_MS, put_comment, put_revision, put_scores
from sqlalchemy import text

from moderator.domain.comment import AuthorKind, Status
from moderator.domain.score import Label
from moderator.errors import NotFoundError
from moderator.storage import card as cards
from moderator.storage.card import MAX_REPLIES, card
from moderator.storage.rows import Viewpoint

VIEW = Viewpoint(START_MS)


def show(database, comment_id):
    with database.read() as conn:
        return card(conn, comment_id, VIEW)


def test_a_card_has_the_text_whole_and_its_place(database, make_comment):
    body = "A long text. " * 100
    with database.write() as conn:
        number = put_comment(
            conn,
            make_comment(body=body, remote_id="r", author_name="Anna"),
            scoring="failed",
            scoring_error="too long",
        )
    shown = show(database, number)
    assert (shown.body, shown.previous_body, shown.revision) == (body, None, 1)
    assert (shown.source, shown.remote_id, shown.article_url) == ("site", "r", "https://news.example/bridge")
    assert shown.row.excerpt == body[:200]
    assert (shown.parent, shown.parent_missing, shown.replies, shown.reply_count) == (None, False, (), 0)
    assert (shown.score_sets, shown.scoring_error) == ((), "too long")


def test_an_edited_comment_shows_both_texts(database, make_comment):
    with database.write() as conn:
        number = put_comment(conn, make_comment(body="first"))
        for revision, body in ((2, "second"), (3, "third")):
            put_revision(conn, number, revision, body)
        conn.execute(text("UPDATE comment SET revision = 3"))
        put_scores(conn, number, {"toxicity": 0.1}, revision=2)
        put_scores(conn, number, {"toxicity": 0.9}, revision=3)
    shown = show(database, number)
    assert (shown.body, shown.previous_body, shown.revision) == ("third", "second", 3)
    assert [each.scores for each in shown.score_sets] == [{Label.TOXICITY: 0.9}]


def test_a_reply_shows_its_parent_and_its_own_replies(database, make_comment):
    with database.write() as conn:
        parent = put_comment(conn, make_comment(remote_id="p", body="parent", author_name="Pavlo"), status="approved")
        put_comment(conn, make_comment(source="other", remote_id="p", body="another site's"))
        number = put_comment(conn, make_comment(remote_id="c", parent_remote_id="p"))
        late = put_comment(conn, make_comment(parent_remote_id="c", body="late", posted_at_ms=START_MS))
        early = put_comment(conn, make_comment(parent_remote_id="c", body="early", posted_at_ms=START_MS - 1))
        put_comment(conn, make_comment(source="other", parent_remote_id="c"))
    shown = show(database, number)
    assert (shown.parent.id, shown.parent.body, shown.parent.author_name) == (parent, "parent", "Pavlo")
    assert shown.parent.status is Status.APPROVED
    assert not shown.parent_missing
    assert [(each.id, each.body) for each in shown.replies] == [(early, "early"), (late, "late")]
    assert shown.reply_count == 2


def test_a_parent_that_never_came_is_missing(database, make_comment):
    with database.write() as conn:
        number = put_comment(conn, make_comment(parent_remote_id="lost"))
    shown = show(database, number)
    assert shown.parent is None
    assert shown.parent_missing
    assert shown.row.is_reply


def test_many_replies_are_counted_and_cut(monkeypatch, database, make_comment):
    assert MAX_REPLIES == 50
    monkeypatch.setattr(cards, "MAX_REPLIES", 3)
    with database.write() as conn:
        number = put_comment(conn, make_comment(remote_id="c"))
        for _ in range(5):
            put_comment(conn, make_comment(parent_remote_id="c"))
    shown = show(database, number)
    assert (len(shown.replies), shown.reply_count) == (3, 5)


def test_an_author_s_record(database, make_comment):
    registered = {"author_name": "Anna", "author_remote_id": "7", "author_kind": AuthorKind.REGISTERED}
    with database.write() as conn:
        number = put_comment(conn, make_comment(**registered))
        for status in ("rejected", "rejected", "approved"):
            put_comment(conn, make_comment(**registered), status=status)
        put_comment(conn, make_comment(**registered, source="other"), status="rejected")
        put_comment(conn, make_comment(author_name="Anna"), status="rejected")
    author = show(database, number).author
    assert (author.name, author.kind, author.first_seen_ms) == ("Anna", AuthorKind.REGISTERED, START_MS)
    assert author.counts == {
        Status.PENDING: 1,
        Status.APPROVED: 1,
        Status.REJECTED: 2,
        Status.ESCALATED: 0,
        Status.DEFERRED: 0,
    }


def test_counting_stops_somewhere(monkeypatch, database, make_comment):
    monkeypatch.setattr(cards, "MAX_COUNTED", 2)
    with database.write() as conn:
        number, *_ = [put_comment(conn, make_comment(author_name="")) for _ in range(4)]
    assert show(database, number).author.counts[Status.PENDING] == 2


def test_no_such_comment(database):
    with pytest.raises(NotFoundError, match="no comment 12"):
        show(database, 12)
