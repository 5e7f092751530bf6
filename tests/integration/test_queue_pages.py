import random
from contextlib import contextmanager

import pytest
from builders import START_MS, make_comment, put_comment, put_scores
from sqlalchemy import event, text

from moderator.domain.comment import AuthorKind, Order, ScoringState, Status
from moderator.domain.queue import QueueQuery
from moderator.domain.score import Label
from moderator.storage import leases, queue
from moderator.storage.engine import Database
from moderator.storage.rows import Viewpoint, rows

NOW = START_MS
VIEW = Viewpoint(NOW, "ours")
COUNT = 160
EVERY = frozenset(Status)
SORT_KEYS = {
    Order.RISK: lambda c: (-c["risk"], c["id"]),
    Order.OLDEST: lambda c: (c["posted_at_ms"], c["id"]),
    Order.NEWEST: lambda c: (-c["posted_at_ms"], -c["id"]),
    Order.BEST: lambda c: (-c["likes"], c["id"]),
}


def shown_status(comment):
    due = comment["status"] == "deferred" and (comment["deferred_until_ms"] or NOW + 1) <= NOW
    return "pending" if due else comment["status"]


def fill(database):
    """Comments with many ties in every order, in all statuses, some deferred and due."""
    chance = random.Random(3)
    made = []
    with database.write() as conn:
        for _ in range(COUNT):
            status = chance.choices([s.value for s in Status], [6, 1, 1, 1, 3])[0]
            until = chance.choice([None, NOW - 1, NOW, NOW + 1]) if status == "deferred" else None
            columns = {
                "status": status,
                "deferred_until_ms": until,
                "risk": chance.choice([0.0, 0.1, 0.5, 0.5, 0.1 + 0.2, 0.9]),
            }
            given = {
                "posted_at_ms": START_MS - chance.randrange(40) * 1000,
                "likes": chance.randrange(-2, 9),
                "source": chance.choice(["site", "site", "demo"]),
                "section": chance.choice(["sport", "world"]),
                "language": chance.choice(["en", "ru", None]),
                "author_name": chance.choice(["Anna", "ИВАН", "50%_off"]),
                "article_title": chance.choice(["Der STRASSENBAU", "Мост закрыт", "100% wool"]),
            }
            address = f"https://news.example/{given['section']}/{len(given['article_title'])}"
            number = put_comment(conn, make_comment(**given, article_url=address), **columns)
            scores = [chance.choice([None, 0.2, 0.7, 0.9]) for _ in range(chance.randrange(3))]
            for place, score in enumerate(scores):
                put_scores(conn, number, {"insult": score}, scorer=f"s{place}", scored_at_ms=START_MS + place)
            told = [score for score in scores if score is not None]
            made.append({**given, **columns, "id": number, "insult": told[-1] if told else None})
    return made


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def filled(request, tmp_path_factory):
    """One database for all tests that only read, and what is in it."""
    if request.param == "sqlite":
        url = request.getfixturevalue("sqlite_databases").migrated(tmp_path_factory.mktemp("queue"))
    else:
        url = request.getfixturevalue("postgres_databases").migrated()
    with Database.open(url) as database:
        yield database, fill(database)


@pytest.fixture
def desk(filled):
    return filled[0]


@pytest.fixture
def comments(filled):
    return filled[1]


def expected(comments, order=Order.RISK, statuses=frozenset({Status.PENDING}), keep=lambda _: True):
    chosen = [c for c in comments if shown_status(c) in statuses and keep(c)]
    return [c["id"] for c in sorted(chosen, key=SORT_KEYS[order])]


def paged(conn, query, limit=11):
    found = queue.first_rows(conn, query, limit, VIEW)
    while page := queue.next_rows(conn, query, found[-1], limit, VIEW) if found else []:
        assert len(page) <= limit
        found += page
    return found


@pytest.mark.parametrize("order", Order)
@pytest.mark.parametrize(
    "statuses",
    [
        {Status.PENDING},
        {Status.DEFERRED},
        {Status.PENDING, Status.DEFERRED},
        {Status.PENDING, Status.ESCALATED},
        {Status.APPROVED, Status.REJECTED},
        set(Status),
    ],
    ids=lambda given: "+".join(sorted(given)),
)
def test_pages_in_every_order(desk, comments, order, statuses):
    query = QueueQuery(order=order, statuses=frozenset(statuses))
    wanted = expected(comments, order, statuses)
    assert len(wanted) > 11
    with desk.read() as conn:
        assert [row.id for row in paged(conn, query)] == wanted
        assert list(queue.ids(conn, query, VIEW)) == wanted
        assert queue.count(conn, query, VIEW) == len(wanted)
        assert {row.status for row in paged(conn, query, 50)} <= statuses


FILTERS = {
    "section": ({"section": "sport"}, lambda c: c["section"] == "sport"),
    "title": ({"article": "strassen"}, lambda c: "STRASSEN" in c["article_title"]),
    "title in Cyrillic": ({"article": "Мост ЗАКРЫТ"}, lambda c: "Мост" in c["article_title"]),
    "a sign that LIKE would read": ({"article": "0%"}, lambda c: "0%" in c["article_title"]),
    "address": ({"article": "/SPORT/"}, lambda c: c["section"] == "sport"),
    "section and title": (
        {"section": "world", "article": "wool"},
        lambda c: c["section"] == "world" and "wool" in c["article_title"],
    ),
    "author": ({"author": "иван"}, lambda c: c["author_name"] == "ИВАН"),
    "author's sign": ({"author": "_"}, lambda c: "_" in c["author_name"]),
    "language": ({"language": "ru"}, lambda c: c["language"] == "ru"),
    "source": ({"source": "demo"}, lambda c: c["source"] == "demo"),
    "risk": ({"min_risk": 0.1 + 0.2}, lambda c: c["risk"] >= 0.1 + 0.2),
    "score": ({"label": Label.INSULT, "at_least": 0.7}, lambda c: (c["insult"] or 0) >= 0.7),
    "many": (
        {"label": Label.INSULT, "at_least": 0.2, "language": "en", "min_risk": 0.1, "author": "a"},
        lambda c: (
            (c["insult"] or 0) >= 0.2 and c["language"] == "en" and c["risk"] >= 0.1 and c["author_name"] == "Anna"
        ),
    ),
    "none": ({"section": "nowhere"}, lambda _: False),
}


@pytest.mark.parametrize(("given", "keep"), FILTERS.values(), ids=FILTERS)
def test_filters(monkeypatch, desk, comments, given, keep):
    pending, deferred = frozenset({Status.PENDING}), frozenset({Status.DEFERRED})
    ways = [
        # how many are tried first, what counts as few
        (1000, 20_000, Order.RISK, pending),
        (10, 20_000, Order.NEWEST, EVERY),
        (10, 20, Order.RISK, deferred),
        (1, 0, Order.BEST, pending),
        (1, 0, Order.RISK, EVERY),
        (1, 0, Order.OLDEST, deferred),
    ]
    for peek, few, order, statuses in ways:
        monkeypatch.setattr(queue, "_PEEK", peek)
        monkeypatch.setattr(queue, "_FEW", few)
        query = QueueQuery(order=order, statuses=statuses, **given)
        wanted = expected(comments, order, statuses, keep)
        with desk.read() as conn:
            assert list(queue.ids(conn, query, VIEW)) == wanted
            assert queue.count(conn, query, VIEW) == len(wanted)
            assert [row.id for row in paged(conn, query, 25)] == wanted


def test_a_query_without_statuses_finds_nothing(desk, comments):
    query = QueueQuery(statuses=frozenset())
    with desk.read() as conn:
        assert queue.first_rows(conn, query, 5) == []
        assert not queue.ids(conn, query)
        assert queue.count(conn, query) == 0
        assert queue.next_rows(conn, query, queue.first_rows(conn, QueueQuery(), 1)[0], 5) == []


def test_status_counts(desk, comments):
    with desk.read() as conn:
        counts = queue.status_counts(conn, VIEW)
    assert counts == {status: sum(shown_status(c) == status for c in comments) for status in Status}


def test_a_page_goes_on_when_its_last_row_is_gone(database):
    query = QueueQuery()
    wanted = expected(fill(database))
    with database.read() as conn:
        page = queue.first_rows(conn, query, 5, VIEW)
    with database.write() as conn:
        conn.execute(text("UPDATE comment SET status = 'approved' WHERE id = :id"), {"id": page[-1].id})
    with database.read() as conn:
        assert [row.id for row in queue.next_rows(conn, query, page[-1], 5, VIEW)] == wanted[5:10]


@contextmanager
def statements(database):
    """Every statement that the database is asked inside the block, with its parameters."""
    seen = []

    def listen(_conn, _cursor, statement, parameters, _context, _many):
        seen.append((statement, parameters))

    event.listen(database.engine, "before_cursor_execute", listen)
    yield seen
    event.remove(database.engine, "before_cursor_execute", listen)


def plan(conn, statement, parameters):
    explain = "EXPLAIN QUERY PLAN " if conn.dialect.name == "sqlite" else "EXPLAIN "
    if conn.dialect.name == "postgresql":
        # A table of some hundred rows is read whole in any case: what counts is whether an index could do it.
        for habit in ("seqscan", "bitmapscan", "sort"):
            conn.exec_driver_sql(f"SET LOCAL enable_{habit} = off")
    return " | ".join(str(row[-1]) for row in conn.exec_driver_sql(explain + statement, parameters))


@pytest.mark.parametrize("order", Order)
@pytest.mark.parametrize("statuses", [{Status.PENDING}, set(Status)], ids=["pending", "every"])
def test_no_page_sorts_or_scans(desk, comments, order, statuses):
    query = QueueQuery(order=order, statuses=frozenset(statuses))
    index = {Order.RISK: "ix_comment_risk", Order.BEST: "ix_comment_best"}.get(order, "ix_comment_posted")
    with desk.read() as conn, statements(desk) as seen:
        first = queue.first_rows(conn, query, 20, VIEW)
        queue.next_rows(conn, query, first[9], 20, VIEW)
        asked = list(seen)
        assert sum("ORDER BY" in statement for statement, _ in asked) >= 2 * len(statuses)
        for statement, given in asked:
            found = plan(conn, statement, given)
            for bad in ("TEMP B-TREE", "SCAN comment", "Sort", "Seq Scan"):
                assert bad not in found, found
            if "ORDER BY" in statement:
                assert index in found, found


@pytest.mark.parametrize("order", Order)
def test_the_whole_list_of_a_status_is_read_off_its_index(desk, comments, order):
    query = QueueQuery(order=order, statuses=frozenset({Status.APPROVED}))
    with desk.read() as conn, statements(desk) as seen:
        queue.ids(conn, query, VIEW)
        ((statement, given),) = list(seen)
        found = plan(conn, statement, given)
        assert "TEMP B-TREE" not in found
        assert "Sort" not in found


@pytest.mark.parametrize("filtered", [{"min_risk": 0.3}, {}])
def test_a_first_page_of_pending_reads_one_range(sqlite_url, filtered):
    with Database.open(sqlite_url) as database:
        with database.write() as conn:
            for _ in range(30):
                put_comment(conn, make_comment())
        with database.read() as conn, statements(database) as seen:
            assert len(queue.first_rows(conn, QueueQuery(**filtered), 20, VIEW)) == 20
            (statement,) = [each for each in seen if "ORDER BY" in each[0]]
            found = plan(conn, *statement)
    assert found.startswith("SEARCH comment USING COVERING INDEX ix_comment_risk (status=?")


def test_rows_keep_the_given_order_and_leave_gaps_out(desk, comments):
    wanted = [comments[5]["id"], 10**9, comments[2]["id"], comments[5]["id"]]
    with desk.read() as conn:
        found = rows(conn, wanted, VIEW)
        assert [row.id for row in found] == [wanted[0], wanted[2], wanted[3]]
        assert len(rows(conn, [c["id"] for c in comments] * 5, VIEW)) == COUNT * 5
        assert rows(conn, []) == []


def test_a_row_says_what_a_line_needs(database, make_comment):
    body = "Ъ" * 150 + "👍" * 150
    given = make_comment(
        body=body,
        author_name="Anna",
        author_kind=AuthorKind.REGISTERED,
        author_remote_id="7",
        section="world",
        article_title="Title",
        parent_remote_id="gone",
        language="uk",
        likes=-3,
        posted_at_ms=START_MS,
    )
    with database.write() as conn:
        number = put_comment(
            conn, given, risk=0.8125, route="priority", lead_label="insult", lead_score=0.91, scoring="scored"
        )
        leases.take(conn, number, holder="theirs", moderator="bob", now_ms=NOW, expires_at_ms=NOW + 1)
    with database.read() as conn:
        (row,) = rows(conn, [number], VIEW)
        assert rows(conn, [number], Viewpoint(NOW, "theirs"))[0].held_by is None
        assert rows(conn, [number], Viewpoint(NOW + 1, "ours"))[0].held_by is None
    assert row.excerpt == body[:200]
    assert (row.author_name, row.author_kind, row.article_title) == ("Anna", AuthorKind.REGISTERED, "Title")
    assert (row.section, row.language, row.likes, row.posted_at_ms) == ("world", "uk", -3, START_MS)
    assert (row.risk, row.route, row.lead_label, row.lead_score) == (0.8125, "priority", Label.INSULT, 0.91)
    assert (row.is_reply, row.scoring, row.status) == (True, ScoringState.SCORED, Status.PENDING)
    assert (row.revision, row.held_by) == (1, "bob")
    assert body not in repr(row)


def test_filters_must_make_sense():
    with pytest.raises(ValueError, match="belong together"):
        QueueQuery(label=Label.INSULT)
    with pytest.raises(ValueError, match="belong together"):
        QueueQuery(at_least=0.5)
