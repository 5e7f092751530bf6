"""How it stands with each source, from comments, cursors and the outbox, on both databases."""

import builders

from moderator.domain.decision import Action, Intent
from moderator.domain.source_state import SourceState
from moderator.services.review import Review
from moderator.services.source_states import SourceStates

START = builders.START_MS


def test_each_source_is_told_with_what_came_what_goes_back_and_what_went_wrong(database, clock):
    with database.write() as conn:
        ids = [
            builders.put_comment(conn, builders.make_comment(source=name)) for name in ("site", "site", "blog", "site")
        ]
        for name, updated_ms, failures, error in (("site", START, 0, None), ("quiet", 0, 3, "no route to host")):
            said = "NULL" if error is None else f"'{error}'"
            conn.exec_driver_sql(
                "INSERT INTO source_cursor"
                " (source, cursor, updated_at_ms, tried_at_ms, next_pull_ms, failures, last_error)"
                f" VALUES ('{name}', 'c', {updated_ms}, {START + 5}, {START + 9}, {failures}, {said})"
            )
    review = Review(
        database,
        builders.POLICY,
        moderator="anna",
        app_version="1",
        author_key=b"k" * 32,
        sinks=frozenset({"site"}),
        clock=clock,
    )
    for comment_id in ids[:2]:
        review.decide(Intent(comment_id=comment_id, revision=1, action=Action.APPROVE))
    with database.write() as conn:
        conn.exec_driver_sql(f"UPDATE outbox SET state = 'dead', last_error = '503' WHERE comment_id = {ids[1]}")
    blog, quiet, site = SourceStates(database).read()
    assert blog == SourceState(name="blog", comments=1, waiting=1)
    assert quiet == SourceState(
        name="quiet", tried_at_ms=START + 5, next_pull_ms=START + 9, failures=3, problem="no route to host"
    )
    assert site == SourceState(
        name="site",
        comments=3,
        waiting=1,
        pulled_at_ms=START,
        tried_at_ms=START + 5,
        next_pull_ms=START + 9,
        to_send=1,
        send_after_ms=START + 30_000,
        dead=1,
        send_problem="503",
    )


def test_an_empty_database_has_no_sources(database):
    assert SourceStates(database).read() == ()
