"""Every figure is what an independent SQL query of the same database says, on both databases."""

import json
import random

import builders
import pytest

from moderator.cli.stats import as_json
from moderator.domain.decision import Action, ActorKind, Intent
from moderator.domain.policy import route
from moderator.domain.score import Label
from moderator.domain.stats import AGE_BANDS_S, Agreement, AppealFigures, Window, agreement
from moderator.errors import DecisionConflictError
from moderator.services.appeals import Appeals
from moderator.services.review import Review
from moderator.services.stats import Stats
from moderator.storage.decisions import DecisionWriter, Draft
from moderator.storage.engine import Database

HOUR_MS = 3_600_000
START = builders.START_MS
HUMAN = "actor_kind = 'human' AND action IN ('approve', 'reject', 'escalate', 'defer')"


def fill(db, clock):
    """Comments of several sections, languages and sources, and a few days of two moderators' work on them."""
    dice = random.Random(20261122)
    ids = []
    with db.write() as conn:
        for at in range(70):
            scores = {"toxicity": dice.choice([None, 0.1, 0.75, 0.95]), "insult": dice.choice([0.1, 0.85, 0.97])}
            routing = route({Label(name): score for name, score in scores.items()}, builders.POLICY)
            source = dice.choice(["site", "blog"])
            comment = builders.make_comment(
                source=source,
                section=dice.choice(["local", "world", "", "спорт"]),
                article_url=f"https://news.example/{at % 9}",
                posted_at_ms=START - dice.randrange(1, 200) * HOUR_MS,
                language=dice.choice(["en", "ru", None]),
            )
            scored = at % 10 not in (0, 7)
            columns = {"scoring": "scored", "risk": routing.risk, "route": routing.route.value} if scored else {}
            columns |= {"lead_label": routing.lead.value if routing.lead else None} if scored else {}
            ids.append(builders.put_comment(conn, comment, **columns))
            if scored:
                builders.put_scores(conn, ids[-1], scores)
    people = [
        Review(db, builders.POLICY, moderator=name, app_version="1", author_key=b"k" * 32, clock=clock, defer_s=7200)
        for name in ("anna", "olena")
    ]
    for _ in range(110):
        clock.advance(dice.randrange(60, 5000))
        someone = dice.choice(people)
        action = dice.choice([Action.APPROVE, Action.APPROVE, Action.REJECT, Action.REJECT, *Action][:8])
        if action is Action.REOPEN:
            continue
        try:
            if action is Action.UNDO:
                last = someone.history(30)
                someone.undo_decision(dice.choice(last).seq)
                continue
            someone.decide(
                Intent(
                    comment_id=dice.choice(ids[:50]),
                    revision=1,
                    action=action,
                    reason_code=dice.choice([None, "spam", "insult"]) if action is Action.REJECT else None,
                    seconds_open=dice.choice([None, dice.random() * 60]),
                )
            )
        except (DecisionConflictError, IndexError):
            continue
    second_opinions(db, people, ids, dice, clock)
    writer = DecisionWriter(policy=builders.POLICY, app_version="1", author_key=b"k" * 32)
    with db.write() as conn:
        rule = Draft(comment_id=ids[-1], action=Action.APPROVE, moderator="auto", actor_kind=ActorKind.RULE)
        writer.append(conn, rule, now_ms=clock())


def second_opinions(db, people, ids, dice, clock):
    """A colleague takes a decision back and decides anew."""
    for comment_id in ids[50:66]:
        clock.advance(600)
        first, second = dice.sample(people, 2)
        for who in (first, second):
            action = dice.choice([Action.APPROVE, Action.APPROVE, Action.REJECT])
            done = who.decide(Intent(comment_id=comment_id, revision=1, action=action, seconds_open=3.0))
            if who is first:
                second.undo_decision(done.decision.seq)


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def made(request, tmp_path_factory):
    """One database for all tests here: they only read it."""
    if request.param == "sqlite":
        url = request.getfixturevalue("sqlite_databases").migrated(tmp_path_factory.mktemp("stats"))
    else:
        url = request.getfixturevalue("postgres_databases").migrated()
    clock = builders.Clock()
    with Database.open(url) as db:
        fill(db, clock)
        yield db, clock


@pytest.fixture
def filled(made):
    return made[0]


@pytest.fixture
def clock(made):
    return made[1]


def ask(db, statement):
    with db.read() as conn:
        return [tuple(row) for row in conn.exec_driver_sql(statement)]


def one(db, statement):
    return ask(db, statement)[0][0]


def waits(clock):
    return f"(c.status = 'pending' OR (c.status = 'deferred' AND c.deferred_until_ms <= {clock()}))"


def test_what_waits_is_what_the_tables_say(filled, clock):
    queue = Stats(filled, clock).report().queue
    where = waits(clock)
    assert queue.waiting == one(filled, f"SELECT count(*) FROM comment c WHERE {where}") > 0
    assert sum(queue.standing.values()) == one(filled, "SELECT count(*) FROM comment")
    assert queue.unscored == one(filled, f"SELECT count(*) FROM comment c WHERE {where} AND c.scoring <> 'scored'") > 0
    for name, counts in (
        ("c.route", queue.by_route),
        ("coalesce(c.lead_label, 'none')", queue.by_label),
        ("(SELECT section FROM article a WHERE a.id = c.article_id)", queue.by_section),
        ("c.source", queue.by_source),
        ("coalesce(c.language, '')", queue.by_language),
    ):
        names = f"SELECT {name} AS name FROM comment c WHERE {where}"
        told = ask(filled, f"SELECT name, count(*) FROM ({names}) x GROUP BY name")
        assert counts == dict(told), name
        assert list(counts.values()) == sorted(counts.values(), reverse=True)


def test_how_long_it_waits_is_what_the_tables_say(filled, clock):
    queue = Stats(filled, clock).report().queue
    ages = [age for (age,) in ask(filled, f"SELECT {clock()} - c.posted_at_ms FROM comment c WHERE {waits(clock)}")]
    below = "SELECT o.age, (SELECT count(*) FROM t WHERE t.age <= o.age) AS below FROM t o"
    rank = f"SELECT min(age) FROM ({below}) x WHERE below >= %s * {len(ages)}"
    table = f"WITH t AS (SELECT {clock()} - c.posted_at_ms AS age FROM comment c WHERE {waits(clock)}) "
    assert queue.age_s.of == len(ages)
    assert queue.age_s.median == one(filled, table + rank % 0.5) / 1000
    assert queue.age_s.p90 == one(filled, table + rank % 0.9) / 1000
    assert queue.oldest_s == max(ages) / 1000
    begun = 0
    for end, count in zip(AGE_BANDS_S, queue.ages, strict=True):
        assert count == sum(begun * 1000 <= age < end * 1000 for age in ages)
        begun = end


@pytest.mark.parametrize("share", [0.0, 0.4])
def test_what_was_decided_is_what_the_log_says(filled, clock, share):
    since = round(START + share * (clock() - START))
    report = Stats(filled, clock).report(since_ms=since, parts=7)
    found, inside = report.decisions, f"d.decided_at_ms >= {since} AND d.decided_at_ms <= {clock()}"
    total = one(filled, f"SELECT count(*) FROM decision d WHERE {inside} AND {HUMAN}")
    assert found.decided == total > 20
    assert report.per_hour == pytest.approx(total / ((clock() + 1 - since) / HOUR_MS))
    assert found.by_actor == dict(ask(filled, f"SELECT actor_kind, count(*) FROM decision d WHERE {inside} GROUP BY 1"))
    people = f"{inside} AND actor_kind = 'human'"
    assert found.by_action == dict(ask(filled, f"SELECT action, count(*) FROM decision d WHERE {people} GROUP BY 1"))
    assert "undo" in found.by_action
    reasons = (
        f"SELECT coalesce(reason_code, ''), count(*) FROM decision d WHERE {people} AND action = 'reject' GROUP BY 1"
    )
    assert found.by_reason == dict(ask(filled, reasons))
    undone = f"SELECT count(*) FROM decision d WHERE {inside} AND {HUMAN} AND seq IN (SELECT undo_of FROM decision)"
    assert (found.undone.count, found.undone.of) == (one(filled, undone), total)
    for name, table in (
        ("section", found.by_section),
        ("source", found.by_source),
        ("coalesce(language, '')", found.by_language),
    ):
        told = ask(filled, f"SELECT {name}, action, count(*) FROM decision d WHERE {inside} AND {HUMAN} GROUP BY 1, 2")
        assert {(key, action): n for key, row in table.items() for action, n in row.items()} == {
            (key, action): n for key, action, n in told
        }


def test_the_label_of_a_decision_is_the_one_that_queued_it(filled, clock):
    found = Stats(filled, clock).report().decisions
    for label in ("toxicity", "insult"):
        told = ask(filled, f"SELECT action, count(*) FROM decision WHERE rule LIKE '{label} %%' AND {HUMAN} GROUP BY 1")
        assert found.by_label.get(label, {}) == dict(told)
    silent = ask(filled, f"SELECT action, count(*) FROM decision WHERE rule = '' AND {HUMAN} GROUP BY 1")
    assert found.by_label.get("none", {}) == dict(silent)
    unjudged = ask(
        filled, f"SELECT action, count(*) FROM decision WHERE rule LIKE 'not judged%%' AND {HUMAN} GROUP BY 1"
    )
    assert found.by_label["not_judged"] == dict(unjudged)


def test_overrides_are_decisions_against_what_the_scores_say(filled, clock):
    found = Stats(filled, clock).report().decisions
    standing = f"{HUMAN} AND seq NOT IN (SELECT undo_of FROM decision WHERE undo_of IS NOT NULL)"
    could = f"{standing} AND action IN ('approve', 'reject') AND route IN ('approve', 'priority')"
    against = f"{could} AND (action || '>' || route) IN ('approve>priority', 'reject>approve')"
    assert found.override.of == one(filled, f"SELECT count(*) FROM decision WHERE {could}") > 5
    assert found.override.count == one(filled, f"SELECT count(*) FROM decision WHERE {against}") > 0
    assert sum(rate.of for rate in found.override_by_label.values()) == found.override.of
    insult = found.override_by_label["insult"]
    assert insult.count == one(filled, f"SELECT count(*) FROM decision WHERE {against} AND rule LIKE 'insult %%'")


def test_times_are_ranks_of_what_was_measured(filled, clock):
    found = Stats(filled, clock).report().decisions
    for column, unit, spread in (
        ("seconds_open", 1.0, found.open_s),
        ("decided_at_ms - posted_at_ms", 1000.0, found.wait_s),
    ):
        values = sorted(v for (v,) in ask(filled, f"SELECT {column} FROM decision WHERE {HUMAN}") if v is not None)
        assert spread.of == len(values) > 10
        for share, value in ((0.5, spread.median), (0.9, spread.p90)):
            least = next(v for at, v in enumerate(values) if (at + 1) >= share * len(values))
            assert value == pytest.approx(least / unit)


def test_agreement_pairs_the_last_words_of_two_people_on_one_text(filled, clock):
    found = Stats(filled, clock).report().decisions.agreement
    pairs = """
        WITH words AS (
            SELECT comment_id, revision, moderator, max(seq) AS seq FROM decision
            WHERE actor_kind = 'human' AND action IN ('approve', 'reject') GROUP BY comment_id, revision, moderator
        ), said AS (
            SELECT d.action, lead(d.action) OVER (PARTITION BY w.comment_id, w.revision ORDER BY w.seq) AS other
            FROM words w JOIN decision d ON d.seq = w.seq
        )
        SELECT action, other, count(*) FROM said WHERE other IS NOT NULL GROUP BY action, other
    """
    table = {(action, other): count for action, other, count in ask(filled, pairs)}
    total = sum(table.values())
    same = sum(count for (action, other), count in table.items() if action == other)
    chance = sum(
        sum(n for (a, _), n in table.items() if a == what) * sum(n for (_, b), n in table.items() if b == what)
        for what in ("approve", "reject")
    ) / (total * total)
    assert found == Agreement(total, same, pytest.approx((same / total - chance) / (1 - chance)))
    assert 0 < same < total


def test_appeals_are_counted_by_when_they_came_in_and_were_decided(database, clock, make_comment):
    people = [
        Review(database, builders.POLICY, moderator=name, app_version="1", author_key=b"k" * 32, clock=clock)
        for name in ("anna", "olena")
    ]
    writer = DecisionWriter(policy=builders.POLICY, app_version="1", author_key=b"k" * 32)
    with database.write() as conn:
        ids = [builders.put_comment(conn, make_comment()) for _ in range(4)]
    for at, comment_id in enumerate(ids):
        people[0].decide(Intent(comment_id=comment_id, revision=1, action=Action.REJECT, reason_code="spam"))
        clock.advance(60)
        Appeals(database, writer, "desk", clock).add(comment_id, "why")
        clock.advance(3600)
        if at < 3:
            verdict = Action.REJECT if at < 2 else Action.APPROVE
            people[1].decide(Intent(comment_id=comment_id, revision=1, action=verdict))
    for since in (START, START + 2 * HOUR_MS):
        inside = f"BETWEEN {since} AND {clock()}"
        settled = f"JOIN decision d ON d.seq = a.decided_seq WHERE d.decided_at_ms {inside}"
        assert Stats(database, clock).report(since_ms=since).decisions.appeals == AppealFigures(
            one(database, f"SELECT count(*) FROM appeal WHERE received_at_ms {inside}"),
            one(database, "SELECT count(*) FROM appeal WHERE decided_seq IS NULL"),
            one(database, f"SELECT count(*) FROM appeal a {settled} AND a.outcome = 'upheld'"),
            one(database, f"SELECT count(*) FROM appeal a {settled} AND a.outcome = 'overturned'"),
        )
    assert Stats(database, clock).report(since_ms=START).decisions.appeals == AppealFigures(4, 1, 2, 1)


def test_series_count_each_part_of_the_window(filled, clock):
    since = START - 48 * HOUR_MS
    report = Stats(filled, clock).report(since_ms=since, parts=9)
    part, found = report.window.part_ms, report.decisions
    for at in range(9):
        inside = f">= {since + at * part} AND {{0}} < {min(since + (at + 1) * part, clock() + 1)}"
        decided = inside.format("decided_at_ms")
        assert found.series[at] == one(
            filled, f"SELECT count(*) FROM decision WHERE {HUMAN} AND decided_at_ms {decided}"
        )
        posted = inside.format("posted_at_ms")
        assert found.posted[at] == one(filled, f"SELECT count(*) FROM comment WHERE posted_at_ms {posted}")
    assert sum(found.series) == found.decided
    assert sum(found.posted) > 0


def test_an_empty_database_has_figures_too_and_they_claim_nothing(database):
    report = Stats(database, builders.Clock()).report()
    assert report.queue.waiting == report.decisions.decided == 0
    assert report.queue.age_s.median is report.queue.oldest_s is report.decisions.override.share is None
    assert report.decisions.agreement == Agreement(0, 0, None)
    assert json.loads(json.dumps(as_json(report)))["decisions"]["per_hour"] == 0


def test_no_figure_names_a_moderator(filled, clock):
    said = json.dumps(as_json(Stats(filled, clock).report()))
    assert "anna" not in said
    assert "olena" not in said


def test_kappa_of_a_worked_example():
    # 50 texts: both approve 20, both reject 15, the first alone approves 5, the second alone 10. Cohen's way gives 0.4.
    table = {("approve", "approve"): 20, ("approve", "reject"): 5, ("reject", "approve"): 10, ("reject", "reject"): 15}
    opinions = [
        (f"{pair}{at}", who, Action(action))
        for pair, count in table.items()
        for at in range(count)
        for who, action in zip(("anna", "olena"), pair, strict=True)
    ]
    assert agreement(opinions) == Agreement(50, 35, pytest.approx(0.4))
    assert agreement(opinions[:2]) == Agreement(1, 1, None)


def test_a_window_is_checked():
    with pytest.raises(ValueError, match="ends after it starts"):
        Window(10, 10)
