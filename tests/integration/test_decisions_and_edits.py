from builders import POLICY, START_MS
from sqlalchemy import text

from moderator.domain.decision import Action, Intent
from moderator.services.audit import verify
from moderator.services.review import Review
from moderator.storage import comments
from moderator.storage.decisions import DecisionWriter
from moderator.storage.engine import Database


def test_a_decision_that_comes_between_reading_and_storing_an_edit_is_reopened(
    monkeypatch, postgres_databases, make_comment, clock
):
    # On SQLite an intake's transaction keeps every other writer out; on PostgreSQL only locked rows do.
    writer = DecisionWriter(policy=POLICY, app_version="1", author_key=b"key")
    store = comments._store

    with Database.open(postgres_databases.emptied()) as database:
        review = Review(database, POLICY, moderator="anna", app_version="1", author_key=b"key", clock=clock)
        with database.write() as conn:
            comments.store_batch(conn, [make_comment(remote_id="x", body="read and approved")], START_MS, writer)

        def decide_then_store(*given):
            review.decide(Intent(comment_id=1, revision=1, action=Action.APPROVE))
            store(*given)

        monkeypatch.setattr(comments, "_store", decide_then_store)
        with database.write() as conn:
            edit = make_comment(remote_id="x", body="read by nobody")
            assert comments.store_batch(conn, [edit], START_MS, writer).reopened == 1
        with database.read() as conn:
            assert conn.execute(text("SELECT status, revision FROM comment")).one() == ("pending", 2)
        assert [decision.action for decision in review.history(5)] == [Action.REOPEN, Action.APPROVE]
        assert verify(database).intact
