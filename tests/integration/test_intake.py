import json
import logging
import threading
from dataclasses import replace

import pytest
from builders import POLICY, START_MS, put_scores
from sqlalchemy import text

from moderator.connectors.base import BadRecord, Position
from moderator.connectors.files import FileOptions, open_file
from moderator.domain.comment import AuthorKind, content_hash
from moderator.domain.decision import Action, ActorKind
from moderator.domain.score import Label
from moderator.errors import ConnectorError, StorageError
from moderator.services.intake import Intake
from moderator.storage.chain_audit import verify
from moderator.storage.decisions import DecisionWriter, Draft
from moderator.storage.engine import Database

LOG = DecisionWriter(policy=POLICY, app_version="test", author_key=b"k" * 32)


class Given:
    """A source of what it's given, which may fail at the end."""

    def __init__(self, *records, name="site", error=None):
        self.given, self.name, self.error, self.line = records, name, error, 0

    @property
    def position(self):
        return Position("given", self.line, self.line * 10, len(self.given) * 10, b"raw")

    def records(self):
        for line, record in enumerate(self.given, 1):
            self.line = line
            yield record
        if self.error:
            raise self.error


def take(database, *records, clock=lambda: START_MS, batch_size=5000, **options):
    error = options.pop("error", None)
    return Intake(database, LOG, clock=clock, batch_size=batch_size).run(Given(*records, error=error), **options)


def counts(summary):
    return summary.read, summary.added, summary.unchanged, summary.revised, summary.reopened, summary.rejected


def query(database, sql, **values):
    with database.read() as conn:
        return [tuple(row) for row in conn.execute(text(sql), values)]


def bodies(database, remote_id):
    sql = "SELECT number, body FROM revision JOIN comment c ON c.id = comment_id WHERE remote_id = :id ORDER BY number"
    return query(database, sql, id=remote_id)


def everything(database):
    tables = ("article", "author", "comment", "revision", "decision", "outbox")
    return {table: query(database, f"SELECT * FROM {table} ORDER BY 1, 2") for table in tables}


def decide(database, remote_id, action=Action.APPROVE):
    ((comment_id,),) = query(database, "SELECT id FROM comment WHERE remote_id = :id", id=remote_id)
    with database.write() as conn:
        LOG.append(conn, Draft(comment_id=comment_id, action=action, moderator="ann"), now_ms=START_MS)
    return comment_id


def test_a_comment_is_stored_with_all_that_is_known_of_it(database, make_comment):
    comment = make_comment(
        author_name="Ann",
        author_remote_id="u5",
        author_kind=AuthorKind.REGISTERED,
        parent_remote_id="c0",
        likes=4,
        dislikes=2,
        language="en",
        body="Schöne Grüße \U0001f600\x1b[31m",
    )
    assert counts(take(database, comment)) == (1, 1, 0, 0, 0, 0)
    rows = query(
        database,
        """SELECT c.source, remote_id, parent_remote_id, posted_at_ms, received_at_ms, likes, dislikes, language,
            status, c.revision, scoring, risk, route, lead_label,
            url, title, section, a.first_seen_ms, key, name, kind, body
        FROM comment c JOIN article a ON a.id = article_id JOIN author ON author.id = author_id
        JOIN revision r ON r.comment_id = c.id""",
    )
    (row,) = rows
    assert row[:8] == ("site", comment.remote_id, "c0", comment.posted_at_ms, START_MS, 4, 2, "en")
    assert row[8:14] == ("pending", 1, "waiting", 0.5, "review", None)
    assert row[14:18] == (comment.article_url, comment.article_title, comment.section, START_MS)
    assert row[18:] == ("id:u5", "Ann", "registered", comment.body)
    ((digest, salt, seen),) = query(database, "SELECT content_hash, salt, seen_at_ms FROM revision")
    assert (bytes(digest), len(salt), seen) == (content_hash(comment.body), 16, START_MS)


def test_authors_and_articles_are_shared_and_kept_apart_by_source(database, make_comment):
    records = [
        make_comment(author_name="Ann"),
        make_comment(author_name="Ann"),
        make_comment(author_name="Ann", author_kind=AuthorKind.REGISTERED),
        make_comment(author_name="Ann", author_remote_id="1", author_kind=AuthorKind.REGISTERED),
        make_comment(author_name="guest:Ann", author_remote_id="guest:Ann", author_kind=AuthorKind.REGISTERED),
        make_comment(author_name="Ann", source="other"),
        make_comment(author_name="Bob", article_url="https://news.example/other"),
    ]
    assert take(database, *records).added == 7
    assert query(database, "SELECT source, key FROM author ORDER BY source, key") == [
        ("other", "guest:Ann"),
        ("site", "guest:Ann"),
        ("site", "guest:Bob"),
        ("site", "id:1"),
        ("site", "id:guest:Ann"),
        ("site", "name:Ann"),
    ]
    assert query(database, "SELECT count(*) FROM article") == [(3,)]
    salts = query(database, "SELECT DISTINCT salt FROM revision")
    assert len(salts) == 7


def test_a_second_run_adds_nothing_whatever_the_batches(database, make_comment):
    records = [make_comment(likes=number) for number in range(50)]
    assert counts(take(database, *records, batch_size=7)) == (50, 50, 0, 0, 0, 0)
    before = everything(database)
    later = lambda: START_MS + 60_000  # noqa: E731 - a clock
    for batch_size in (1, 8, 5000):
        assert counts(take(database, *records, batch_size=batch_size, clock=later)) == (50, 0, 50, 0, 0, 0)
    assert everything(database) == before


def test_the_same_id_of_another_source_is_another_comment(database, make_comment):
    comment = make_comment()
    summary = take(database, comment, replace(comment, source="other"))
    assert summary.added == 2


def test_an_edit_is_a_new_revision_and_the_old_text_stays(database, make_comment):
    comment = make_comment(body="First.")
    take(database, comment)
    with database.write() as conn:
        conn.execute(text("UPDATE comment SET scoring='scored', risk=0.9, route='priority', lead_label='insult'"))
    summary = take(database, replace(comment, body="Second."), clock=lambda: START_MS + 5)
    assert counts(summary) == (1, 0, 0, 1, 0, 0)
    assert bodies(database, comment.remote_id) == [(1, "First."), (2, "Second.")]
    assert query(
        database, "SELECT revision, scoring, risk, route, lead_label, status, received_at_ms FROM comment"
    ) == [(2, "waiting", 0.5, "review", None, "pending", START_MS)]
    assert query(database, "SELECT seen_at_ms FROM revision ORDER BY number") == [(START_MS,), (START_MS + 5,)]
    assert query(database, "SELECT count(*) FROM decision") == [(0,)], "nobody had decided: nothing to re-open"


@pytest.mark.parametrize("action", [Action.APPROVE, Action.REJECT, Action.ESCALATE, Action.DEFER])
def test_an_edit_after_a_decision_reopens_it_in_the_log(database, make_comment, action):
    comment, other = make_comment(body="First."), make_comment()
    take(database, comment, other)
    comment_id = decide(database, comment.remote_id, action)
    decide(database, other.remote_id, action)
    with database.write() as conn:
        put_scores(conn, comment_id, {Label.TOXICITY: 0.2})
    edited = replace(comment, body="Second.")
    assert counts(take(database, edited, other)) == (2, 0, 1, 1, 1, 0)
    assert query(database, "SELECT status FROM comment WHERE id = :id", id=comment_id) == [("pending",)]
    last = query(
        database,
        "SELECT action, actor_kind, moderator, comment_id, revision, new_status FROM decision ORDER BY seq DESC",
    )
    assert last[0] == (Action.REOPEN, ActorKind.IMPORT, "intake", comment_id, 2, "pending")
    assert len(last) == 3
    with database.read() as conn:
        assert verify(conn).intact
    assert counts(take(database, edited, other)) == (2, 0, 2, 0, 0, 0)
    assert query(database, "SELECT count(*) FROM decision") == [(3,)]


def test_many_edits_of_decided_comments_keep_the_chain_whole(database, make_comment):
    records = [make_comment(source=source) for source in ("site", "other") for _ in range(10)]
    take(database, *records)
    for record in records:
        decide(database, record.remote_id)
    summary = take(database, *(replace(record, body="Edited.") for record in records))
    assert (summary.revised, summary.reopened) == (20, 20)
    with database.read() as conn:
        assert verify(conn).checked == 40


def test_likes_titles_names_and_a_missing_parent_are_brought_up_to_date_without_a_revision(database, make_comment):
    comment = make_comment(likes=1, dislikes=1, author_name="Ann", author_remote_id="u1", article_title="", section="")
    take(database, comment)
    decide(database, comment.remote_id)
    newer = replace(
        comment,
        likes=9,
        dislikes=3,
        author_name="Ann B.",
        article_title="Now it has one",
        section="local",
        parent_remote_id="c0",
    )
    assert counts(take(database, newer)) == (1, 0, 1, 0, 0, 0)
    state = """SELECT likes, dislikes, parent_remote_id, revision, status, name, title, section
        FROM comment c JOIN article a ON a.id = article_id JOIN author ON author.id = author_id"""
    expected = [(9, 3, "c0", 1, "approved", "Ann B.", "Now it has one", "local")]
    assert query(database, state) == expected
    silent = replace(newer, likes=0, dislikes=0, author_name="", article_title="", section="", parent_remote_id=None)
    take(database, silent)
    assert query(database, state) == expected, "a source that doesn't say takes nothing away"
    take(database, replace(newer, dislikes=0))
    assert query(database, "SELECT likes, dislikes FROM comment") == [(9, 0)]


def test_a_title_that_only_some_of_a_batch_name_is_kept(database, make_comment):
    named = [
        make_comment(article_url="/a", article_title="A title", section="local", author_name="Ann", **extra)
        for extra in ({}, {"author_remote_id": "u1"})
    ]
    silent = [
        replace(make_comment(article_url="/a", author_remote_id="u1"), article_title="", section="", author_name="")
    ]
    for records in (named + silent, silent + named):
        take(database, *records)
        assert query(database, "SELECT title, section FROM article") == [("A title", "local")]
        assert query(database, "SELECT name FROM author WHERE key = 'id:u1'") == [("Ann",)]


def test_replies_keep_parents_that_arrive_later_or_never(database, make_comment):
    reply, orphan = make_comment(parent_remote_id="later"), make_comment(parent_remote_id="never")
    take(database, reply, orphan)
    take(database, make_comment(remote_id="later"))
    found = query(
        database,
        """SELECT c.remote_id, p.remote_id FROM comment c
        LEFT JOIN comment p ON p.source = c.source AND p.remote_id = c.parent_remote_id
        WHERE c.parent_remote_id IS NOT NULL ORDER BY c.id""",
    )
    assert found == [(reply.remote_id, "later"), (orphan.remote_id, None)]


def test_a_comment_without_a_date_was_posted_when_it_came_in(database, make_comment):
    take(database, make_comment(posted_at_ms=None))
    assert query(database, "SELECT posted_at_ms FROM comment") == [(START_MS,)]


@pytest.mark.parametrize("batch_size", [1, 2, 3, 5000])
class TestSeveralTextsOfOneComment:
    def test_the_same_text_again_is_folded(self, database, make_comment, batch_size):
        comment = make_comment()
        assert counts(take(database, comment, comment, comment, batch_size=batch_size)) == (3, 1, 2, 0, 0, 0)
        assert len(bodies(database, comment.remote_id)) == 1

    def test_the_last_text_is_the_current_one(self, database, make_comment, batch_size):
        comment = make_comment(body="One.")
        texts = [replace(comment, body=body) for body in ("One.", "Two.", "Three.")]
        assert counts(take(database, *texts, batch_size=batch_size)) == (3, 1, 0, 2, 0, 0)
        assert bodies(database, comment.remote_id) == [(1, "One."), (2, "Two."), (3, "Three.")]
        assert query(database, "SELECT revision, status, scoring FROM comment") == [(3, "pending", "waiting")]

    def test_a_second_run_adds_nothing(self, database, make_comment, batch_size):
        comment = make_comment(body="One.")
        records = [replace(comment, body=body) for body in ("One.", "Two.", "Three.", "Two.")]
        records.insert(2, make_comment())
        first = take(database, *records, batch_size=batch_size)
        assert counts(first) == (5, 2, 0, 3, 0, 0)
        decide(database, comment.remote_id)
        before = everything(database)
        for other_size in (1, 2, 4, 5000):
            again = take(database, *records, batch_size=other_size)
            assert counts(again) == (5, 0, 5, 0, 0, 0)
        assert everything(database) == before

    def test_a_text_between_two_known_ones_is_kept(self, database, make_comment, batch_size):
        comment = make_comment(body="One.")
        take(database, comment, replace(comment, body="Two."))
        records = [replace(comment, body=body) for body in ("New.", "Two.", "New.", "New.", "One.")]
        summary = take(database, *records, batch_size=batch_size)
        assert summary.unchanged + summary.revised == 5
        found = [body for _, body in bodies(database, comment.remote_id)]
        assert found[:3] == ["One.", "Two.", "New."]
        assert found[-1] == "One."
        before = everything(database)
        assert counts(take(database, *records, batch_size=batch_size)) == (5, 0, 5, 0, 0, 0)
        assert everything(database) == before

    def test_going_back_to_an_old_text_is_an_edit(self, database, make_comment, batch_size):
        comment, other = make_comment(body="One."), make_comment()
        edited = replace(comment, body="Two.")
        take(database, comment, edited, other)
        decide(database, comment.remote_id)
        assert counts(take(database, other, comment, other, batch_size=batch_size)) == (3, 0, 2, 1, 1, 0)
        assert bodies(database, comment.remote_id) == [(1, "One."), (2, "Two."), (3, "One.")]
        assert query(database, "SELECT revision, status FROM comment ORDER BY id") == [(3, "pending"), (1, "pending")]
        assert counts(take(database, comment, batch_size=batch_size)) == (1, 0, 1, 0, 0, 0)

    def test_a_dry_run_counts_the_same_and_writes_nothing(self, database, make_comment, batch_size):
        comment, known = make_comment(body="One."), make_comment(body="Old.")
        take(database, known, replace(known, body="New."))
        decide(database, known.remote_id)
        before = everything(database)
        records = [replace(comment, body=body) for body in ("One.", "One.", "Two.")]
        records += [known, replace(known, body="New."), replace(known, body="Newest.")]
        dry = take(database, *records, batch_size=batch_size, dry_run=True)
        assert dry.dry_run
        assert everything(database) == before
        wet = take(database, *records, batch_size=batch_size)
        assert counts(dry)[:4] == counts(wet)[:4] == (6, 1, 3, 2)
        assert counts(take(database, *records, batch_size=batch_size, dry_run=True)) == (6, 0, 6, 0, 0, 0)


def test_too_many_old_texts_to_hold_back_are_taken_as_edits(database, make_comment, monkeypatch):
    monkeypatch.setattr("moderator.services.intake_target._MOST_HELD", 3)
    old = [make_comment(body="One.") for _ in range(8)]
    take(database, *old, *(replace(comment, body="Two.") for comment in old))
    for dry_run in (True, False):
        summary = take(database, *old, batch_size=2, dry_run=dry_run)
        assert (summary.revised, summary.unchanged) == (8, 0)


def test_what_is_left_out_is_counted_and_written_with_file_line_and_reason(database, make_comment, tmp_path):
    records = [
        make_comment(),
        BadRecord("given", 2, "broken JSON", "json.broken"),
        make_comment(body=" "),
        make_comment(body="a\0b"),
        make_comment(body="x" * 100_001),
        make_comment(body="y" * 100_000),
    ]
    path = tmp_path / "given.rejects.jsonl"
    summary = take(database, *records, rejects_path=path, keep_lines=True)
    assert counts(summary) == (6, 2, 0, 0, 0, 4)
    assert summary.reasons == {"json.broken": 1, "text.empty": 1, "text.nul": 1, "text.too_long": 1}
    assert summary.rejects_path == path
    rejects = [json.loads(line) for line in path.read_text(encoding="ascii").splitlines()]
    assert [(each["file"], each["line"], each["code"]) for each in rejects] == [
        ("given", 2, "json.broken"),
        ("given", 3, "text.empty"),
        ("given", 4, "text.nul"),
        ("given", 5, "text.too_long"),
    ]
    assert rejects[3]["reason"] == "text: 100,001 characters, the limit is 100,000"
    assert rejects[3]["raw"] == "raw"
    assert take(database, *records).rejects_path is None


def test_nothing_to_take_in(database):
    summary = take(database)
    assert counts(summary) == (0, 0, 0, 0, 0, 0)
    assert summary.reasons == {}
    assert counts(take(database, dry_run=True)) == (0, 0, 0, 0, 0, 0)


def test_progress_tells_bytes_and_counts(database, make_comment):
    seen = []
    bad = BadRecord("given", 1, "broken JSON")
    take(database, *(make_comment() for _ in range(10)), *[bad] * 2500, batch_size=4, progress=seen.append)
    assert [each.added for each in seen] == sorted(each.added for each in seen)
    assert {4, 8, 10} <= {each.added for each in seen}
    assert any(each.rejected == 2000 for each in seen)
    last = seen[-1]
    assert (last.read, last.added, last.rejected) == (2510, 10, 2500)
    assert last.bytes_read == last.bytes_total == 25_100


def test_long_texts_make_smaller_batches(database, make_comment):
    seen = []
    take(database, *(make_comment(body=f"{number}" + "x" * 99_000) for number in range(90)), progress=seen.append)
    assert len(seen) >= 3


def test_a_source_that_fails_keeps_what_came_before(database, make_comment):
    records = [make_comment() for _ in range(3)]
    with pytest.raises(ConnectorError, match="gone"):
        take(database, *records, error=ConnectorError("gone"))
    assert query(database, "SELECT count(*) FROM comment") == [(3,)]


def test_a_failing_batch_leaves_nothing_of_itself(database, make_comment, monkeypatch):
    records = [make_comment() for _ in range(4)]
    broken = replace(records[3], likes=2**70)
    with pytest.raises((StorageError, OverflowError)):
        take(database, *records[:3], broken, batch_size=2)
    assert query(database, "SELECT count(*) FROM comment") == [(2,)]
    assert query(database, "SELECT count(*) FROM revision") == [(2,)]
    assert take(database, *records).added == 2


def test_two_intakes_of_one_source_at_once_add_each_comment_once(database, make_comment):
    records = [make_comment() for _ in range(600)]
    done = []

    def work(part):
        done.append(take(database, *part, batch_size=40))

    threads = [threading.Thread(target=work, args=(part,)) for part in (records, records[::-1], records[300:])]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(summary.added for summary in done) == 600
    assert sum(summary.unchanged for summary in done) == 900
    assert (
        query(database, "SELECT count(*) FROM comment") == query(database, "SELECT count(*) FROM revision") == [(600,)]
    )


def test_no_text_or_name_reaches_the_log(database, make_comment, caplog):
    with caplog.at_level(logging.DEBUG, logger="moderator"):
        take(database, make_comment(body="Sensitive words", author_name="Private Name"), make_comment(body="\0"))
    (record,) = [record for record in caplog.records if record.name.startswith("moderator")]
    assert (record.added, record.rejected, record.source) == (1, 1, "site")
    assert not {"Sensitive words", "Private Name"} & {str(value) for value in vars(record).values()}


def test_the_demo_file_twice(database, tmp_path):
    from pathlib import Path

    path = Path(__file__).parents[2] / "fixtures" / "demo.jsonl"
    lines = len(path.read_text(encoding="utf-8").splitlines())
    for minutes, expected in ((0, (lines, lines, 0, 0, 0, 0)), (90, (lines, 0, lines, 0, 0, 0))):
        now_ms = START_MS + minutes * 60_000
        source = open_file(str(path), FileOptions(now_ms=now_ms, source="demo"))
        assert counts(Intake(database, LOG, clock=lambda now_ms=now_ms: now_ms).run(source)) == expected
    found = query(database, "SELECT count(*) FROM comment c JOIN comment p ON p.remote_id = c.parent_remote_id")
    assert found[0][0] > 20


def test_hostile_files_store_what_can_be_stored(database):
    from pathlib import Path

    path = Path(__file__).parents[2] / "fixtures" / "hostile.jsonl"
    summary = Intake(database, LOG).run(open_file(str(path), FileOptions(now_ms=START_MS)))
    assert summary.added + summary.rejected == summary.read
    assert summary.added > 50


def test_a_dry_run_waits_for_no_writer(sqlite_url, make_comment):
    with Database.open(sqlite_url) as database, database.write() as conn:
        conn.execute(text("UPDATE chain_head SET seq = seq"))
        assert take(database, make_comment(), dry_run=True).added == 1
