"""Scoring stored comments: order, resuming, bad texts, rescoring, the auto-approve rule. On both databases."""

import os
import random
import signal
import subprocess
import sys
import textwrap
import time
from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest
from builders import POLICY, START_MS, put_comment, put_revision
from sqlalchemy import text

from moderator.domain.comment import Status
from moderator.domain.decision import Action, ActorKind
from moderator.domain.policy import Policy, Threshold
from moderator.domain.score import Label, ScorerId, ScoreSet, Span, SpanRole
from moderator.errors import ScoringError
from moderator.scoring.base import ScoringFailure
from moderator.services.scoring import AUTO_APPROVE, ScoringService
from moderator.storage import decision_rows, leases
from moderator.storage.decisions import DecisionWriter, Draft
from moderator.storage.engine import Database
from moderator.storage.score_rows import score_sets

WRITER = DecisionWriter(policy=POLICY, app_version="test", author_key=b"k" * 32)
LENIENT = replace(POLICY, auto_approve=True)


class WordScorer:
    """Scores by what a text says of itself: `toxic 0.8`, `unknown`, `bad`; remembers what it was asked."""

    labels = frozenset({Label.TOXICITY, Label.COLLECTIVE_BLAME})

    def __init__(self, version="1"):
        self.identity = ScorerId("words", version, "0123456789ab")
        self.asked = []
        self.before = lambda: None

    def score(self, requests):
        self.before()
        self.asked += [request.text for request in requests]
        return [self._one(request.text) for request in requests]

    def _one(self, body):
        if body == "bad":
            return ScoringFailure("nothing to hold on to")
        if body == "outside":
            return ScoreSet(self.identity, "en", {}, (Span(0, 900, SpanRole.TOXIC, Label.TOXICITY),))
        value = None if body == "unknown" else float(body.split()[1]) if body.startswith("toxic") else 0.01
        return ScoreSet(self.identity, "en", {Label.TOXICITY: value})


@pytest.fixture
def put(database, make_comment):
    def put_one(body="fine", **columns):
        with database.write() as conn:
            return put_comment(conn, make_comment(body=body), **columns)

    return put_one


@pytest.fixture
def scorer():
    return WordScorer()


@pytest.fixture
def service(database, scorer, clock):
    return ScoringService(database, [scorer], POLICY, clock=clock)


@pytest.fixture
def approving(database, scorer, clock):
    return ScoringService(database, [scorer], LENIENT, decisions=WRITER, clock=clock)


def column(database, name, comment_id):
    with database.read() as conn:
        return conn.execute(text(f"SELECT {name} FROM comment WHERE id = :id"), {"id": comment_id}).scalar_one()


def decisions(database):
    with database.read() as conn:
        return list(decision_rows.read(conn))


def test_a_run_scores_what_waits_and_a_second_one_has_nothing_to_do(database, service, scorer, put):
    fine, toxic = put(), put("toxic 0.95")
    summary = service.run()
    assert (summary.scored, summary.failed, summary.skipped, summary.approved) == (2, 0, 0, 0)
    assert summary.elapsed_s > 0
    assert [column(database, "route", each) for each in (fine, toxic)] == ["approve", "priority"]
    assert service.run().scored == 0
    assert len(scorer.asked) == 2


def test_nobody_is_asked_where_nothing_waits(database, put):
    class Untouchable:
        def __getattr__(self, name):
            raise AssertionError(f"the scorer was asked for its {name}")

    put(scoring="scored")
    assert ScoringService(database, [Untouchable()], POLICY).run().scored == 0


def test_a_bad_text_is_marked_with_its_reason_and_the_others_go_on(database, service, put):
    first, bad, outside, last = put(), put("bad"), put("outside"), put()
    summary = service.run()
    assert (summary.scored, summary.failed) == (2, 2)
    assert [column(database, "scoring", each) for each in (first, bad, outside, last)] == [
        "scored",
        "failed",
        "failed",
        "scored",
    ]
    assert column(database, "scoring_error", bad) == "nothing to hold on to"
    assert column(database, "scoring_error", outside) == "words gave evidence outside the text"
    assert column(database, "status", bad) == "pending"
    assert service.run().failed == 0


def test_what_is_on_the_screen_goes_first_also_when_it_changes_meanwhile(service, scorer, put):
    ids = [put(f"text {number}") for number in range(60)]
    screens = iter([[ids[50], ids[40]], [ids[59]]])
    service.run(first_ids=lambda: next(screens, []))
    assert scorer.asked[:2] == ["text 50", "text 40"]
    assert scorer.asked[16] == "text 59"
    assert sorted(scorer.asked) == sorted(f"text {number}" for number in range(60))


def test_limit_progress_and_stop(service, scorer, put):
    for _ in range(60):
        put()
    seen = []
    assert service.run(limit=20, progress=lambda *given: seen.append(given)).scored == 20
    assert [(done, total) for done, total, _ in seen] == [(16, 20), (20, 20)]
    assert all(rate > 0 for _, _, rate in seen)
    assert service.run(should_stop=lambda: len(scorer.asked) >= 30).scored == 16
    assert service.run(first_ids=[1]).scored == 24


def test_batches_grow_where_they_are_quick_and_stay_bounded(database, service, scorer, make_comment):
    with database.write() as conn:
        for _ in range(700):
            put_comment(conn, make_comment())
    sizes = []
    original = scorer.score
    scorer.score = lambda requests: sizes.append(len(requests)) or original(requests)
    service.run()
    assert sizes == [16, 32, 64, 128, 256, 204]


def test_a_text_that_changes_while_it_is_scored_is_scored_again(database, service, scorer, put):
    edited = put("toxic 0.95")

    def edit():
        scorer.before = lambda: None
        with database.write() as conn:
            put_revision(conn, edited, 2, "fine after all")
            conn.execute(text("UPDATE comment SET revision = 2 WHERE id = :id"), {"id": edited})

    scorer.before = edit
    summary = service.run()
    assert (summary.scored, summary.skipped) == (1, 1)
    assert scorer.asked == ["toxic 0.95", "fine after all"]
    assert column(database, "route", edited) == "approve"


def test_a_text_that_changes_for_ever_does_not_keep_the_run_alive(database, service, scorer, put):
    restless = put()

    def edit():
        with database.write() as conn:
            number = conn.execute(text("SELECT revision FROM comment")).scalar_one() + 1
            put_revision(conn, restless, number, f"version {number}")
            conn.execute(text("UPDATE comment SET revision = :n"), {"n": number})

    scorer.before = edit
    assert service.run().scored == 0


def test_a_scorer_that_fails_as_a_whole_loses_nothing_of_what_was_saved(database, service, scorer, put):
    for _ in range(20):
        put()

    def fail():
        if scorer.asked:
            raise ScoringError("out of memory")

    scorer.before = fail
    with pytest.raises(ScoringError):
        service.run()
    scorer.before = lambda: None
    assert service.run().scored == 4


def test_rescoring_asks_again_only_where_another_scorer_spoke_last(database, service, scorer, put, clock):
    toxic, failed, decided = put("toxic 0.95"), put("bad"), put("toxic 0.95")
    service.run()
    with database.write() as conn:
        conn.execute(text("UPDATE comment SET status = 'rejected' WHERE id = :id"), {"id": decided})
    clock.advance(1)
    newer = WordScorer("2")
    again = ScoringService(database, [newer], POLICY, clock=clock)
    waits = put("new")
    summary = again.run(rescore=True)
    assert newer.asked == ["new", "toxic 0.95", "bad"]
    assert (summary.scored, summary.failed) == (2, 1)
    with database.read() as conn:
        assert [each.scorer.version for each in score_sets(conn, [toxic])[toxic]] == ["1", "2"]
    newer.asked.clear()
    assert again.run(rescore=True).scored == 0
    assert newer.asked == ["bad"]
    # Back to the first: it speaks again, last.
    clock.advance(1)
    service.run(rescore=True)
    with database.read() as conn:
        assert [each.scorer.version for each in score_sets(conn, [toxic])[toxic]] == ["2", "1"]
    assert column(database, "scoring", waits) == "scored"
    assert column(database, "scoring", failed) == "failed"


class BlameScorer(WordScorer):
    """A second scorer: one label of its own, and it chokes on `odd`."""

    labels = frozenset({Label.COLLECTIVE_BLAME})

    def __init__(self):
        super().__init__()
        self.identity = ScorerId("blame", "1", "ba9876543210")

    def _one(self, body):
        if body == "odd":
            return ScoringFailure("blame is lost here")
        return ScoreSet(self.identity, "en", {Label.COLLECTIVE_BLAME: 0.95 if "all of them" in body else 0.0})


def test_two_scorers_each_give_their_set_and_one_that_fails_costs_only_its_labels(database, scorer, put, clock):
    scorer.labels = frozenset({Label.TOXICITY})
    blame = BlameScorer()
    service = ScoringService(database, [scorer, blame], POLICY, clock=clock)
    fine, guilty, odd, bad = put(), put("all of them"), put("odd"), put("bad")
    summary = service.run()
    assert (summary.scored, summary.failed) == (3, 1)
    assert [column(database, "scoring", each) for each in (fine, guilty, odd, bad)] == [*["scored"] * 3, "failed"]
    assert column(database, "scoring_error", odd) == "blame is lost here"
    assert column(database, "scoring_error", bad) == "nothing to hold on to"
    assert column(database, "route", guilty) == "priority"
    with database.read() as conn:
        sets = score_sets(conn, [fine, odd, bad])
    names = {each: [one.scorer.name for one in given] for each, given in sets.items()}
    assert names == {fine: ["words", "blame"], odd: ["words"], bad: ["blame"]}
    assert service.run().scored == 0
    clock.advance(1)
    again = service.run(rescore=True)
    assert (again.scored, again.failed, again.skipped) == (0, 1, 1), "the same is not written again"
    assert blame.asked[-2:] == ["odd", "bad"]
    clock.advance(1)
    alone = ScoringService(database, [scorer], POLICY, clock=clock)
    assert alone.run(rescore=True).scored == 0, "a label that nobody is asked for any more outdates nothing"


def test_a_second_scorer_that_cannot_work_is_left_out_unless_it_is_needed(database, scorer, put, clock):
    scorer.labels = frozenset({Label.TOXICITY})
    blame = BlameScorer()

    def fail():
        raise ScoringError("no memory for blame")

    blame.before = fail
    ids = [put() for _ in range(40)]
    needed = replace(POLICY, required=frozenset({Label.TOXICITY, Label.COLLECTIVE_BLAME}))
    with pytest.raises(ScoringError, match="no memory"):
        ScoringService(database, [scorer, blame], needed, clock=clock).run()
    assert {column(database, "scoring", each) for each in ids} == {"waiting"}
    summary = ScoringService(database, [scorer, blame], POLICY, clock=clock).run()
    assert (summary.scored, summary.failed) == (40, 0)
    assert {column(database, "scoring_error", each) for each in ids} == {"no memory for blame"}


def test_a_label_that_is_required_and_fails_is_a_failure(database, scorer, put, clock):
    scorer.labels = frozenset({Label.TOXICITY})
    needed = replace(POLICY, required=frozenset({Label.TOXICITY, Label.COLLECTIVE_BLAME}))
    odd, fine = put("odd"), put()
    summary = ScoringService(database, [scorer, BlameScorer()], needed, clock=clock).run()
    assert (summary.scored, summary.failed) == (1, 1)
    assert [column(database, "scoring", each) for each in (odd, fine)] == ["failed", "scored"]
    with database.read() as conn:
        assert [each.scorer.name for each in score_sets(conn, [odd])[odd]] == ["words"]


def test_nothing_is_approved_without_a_person_unless_the_rule_is_on(database, service, put):
    comment_id = put()
    service.run()
    assert column(database, "status", comment_id) == "pending"
    assert decisions(database) == []


def test_the_rule_approves_the_harmless_and_signs_for_it(database, approving, put, clock):
    fine, toxic = put(), put("toxic 0.75")
    unknown, bad = put("unknown"), put("bad")
    assert approving.run().approved == 1
    assert column(database, "status", fine) == Status.APPROVED.value
    assert {column(database, "status", each) for each in (toxic, unknown, bad)} == {"pending"}
    (decision,) = decisions(database)
    assert (decision.comment_id, decision.action, decision.new_status) == (fine, Action.APPROVE, Status.APPROVED)
    assert (decision.actor_kind, decision.moderator) == (ActorKind.RULE, AUTO_APPROVE)
    assert decision.decided_at_ms == START_MS
    assert decision.scorers[0]["scores"] == {"toxicity": 0.01}


def test_the_rule_keeps_out_where_a_person_has_spoken_or_is_about_to(database, approving, put, clock):
    held, reopened, escalated = put(), put(), put(status="escalated")
    with database.write() as conn:
        leases.take(conn, held, holder="h", moderator="ann", now_ms=START_MS, expires_at_ms=START_MS + 60_000)
        for action in (Action.REJECT, Action.REOPEN):
            WRITER.append(conn, Draft(comment_id=reopened, action=action, moderator="ann"), now_ms=START_MS)
    summary = approving.run()
    assert (summary.scored, summary.approved) == (3, 0)
    assert [column(database, "status", each) for each in (held, reopened, escalated)] == [
        "pending",
        "pending",
        "escalated",
    ]


def test_a_rule_without_a_writer_is_refused_at_once(database, scorer):
    with pytest.raises(ValueError, match="auto-approve"):
        ScoringService(database, [scorer], LENIENT)
    with pytest.raises(ValueError, match="auto-approve"):
        ScoringService(database, [scorer], POLICY).reroute(LENIENT)


def test_a_new_policy_moves_what_is_scored_and_decides_nothing(database, approving, scorer, put):
    ids = [put(f"toxic 0.{number}") for number in (3, 4, 5, 6)]
    with database.write() as conn:
        for each in ids:
            leases.take(conn, each, holder="h", moderator="ann", now_ms=START_MS, expires_at_ms=START_MS + 60_000)
    approving.run()
    asked = len(scorer.asked)
    with database.write() as conn:
        leases.release_all(conn, holder="h", now_ms=START_MS)
    strict = Policy(thresholds={Label.TOXICITY: Threshold(0.45, 0.55)}, auto_approve=True)
    assert approving.reroute(strict) == 4
    assert [column(database, "route", each) for each in ids] == ["approve", "approve", "review", "priority"]
    assert {column(database, "status", each) for each in ids} == {"pending"}
    assert len(scorer.asked) == asked
    assert approving.reroute(strict) == 0
    assert approving.reroute(POLICY, should_stop=lambda: True) == 0
    later = put("toxic 0.5")
    approving.run()
    assert column(database, "route", later) == "approve", "later runs score under the policy set last"


KILLED = """
    import sys, time
    from pathlib import Path
    from builders import POLICY
    from moderator.domain.score import Label, ScorerId, ScoreSet
    from moderator.services.scoring import ScoringService
    from moderator.storage.engine import Database

    class Slow:
        identity = ScorerId("slow", "1", "0123456789ab")
        labels = frozenset({Label.TOXICITY})

        def score(self, requests):
            with open(sys.argv[2], "a") as log:
                log.write("".join(request.text + "\\n" for request in requests))
            time.sleep(0.004 * len(requests))
            return [ScoreSet(self.identity, "en", {Label.TOXICITY: 0.1}) for _ in requests]

    with Database.open(sys.argv[1]) as database:
        print("up", flush=True)
        ScoringService(database, [Slow()], POLICY).run()
    print("done", flush=True)
"""


def test_a_run_killed_at_any_moment_is_finished_by_the_next(database_url, tmp_path, make_comment):
    """Kills runs at random moments; whatever was saved by then is never scored again, and the rest always is."""
    count, log = 250, tmp_path / "asked.txt"
    with Database.open(database_url) as database:
        with database.write() as conn:
            for number in range(count):
                put_comment(conn, make_comment(body=f"text {number}"))
        environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parent.parent)}
        command = [sys.executable, "-c", textwrap.dedent(KILLED), database_url, str(log)]
        chance = random.Random(7)
        saved: set[str] = set()
        for attempt in range(12):
            asked_before = len(log.read_text().splitlines()) if log.exists() else 0
            with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment) as run:
                assert run.stdout.readline() == "up\n"
                if attempt < 4:
                    time.sleep(chance.uniform(0.05, 0.5))
                    run.send_signal(signal.SIGKILL)
                finished = run.stdout.read() == "done\n"
            asked = log.read_text().splitlines()[asked_before:]
            assert not saved & set(asked), "what was saved was scored again"
            with database.read() as conn:
                bodies = "SELECT body FROM revision JOIN comment ON id = comment_id WHERE scoring = 'scored'"
                saved = set(conn.execute(text(bodies)).scalars())
                sets = Counter(conn.execute(text("SELECT comment_id FROM scoreset")).scalars())
            assert len(saved) == len(sets)
            assert set(sets.values()) <= {1}
            if finished:
                break
        assert finished
        assert len(saved) == count
