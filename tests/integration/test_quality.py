"""Blind second opinions and golden items: what is drawn, who sees what, and what is left unsaid."""

import pytest
from builders import POLICY, put_comment, put_scores
from cli_runs import InProcess

from moderator.domain.decision import Action, Intent
from moderator.domain.stats import Rate
from moderator.errors import ConfigError, NotFoundError
from moderator.services.quality import Quality
from moderator.services.review import Review

PEOPLE = ("anna", "olena", "taras")


@pytest.fixture
def decided(database, clock, make_comment):
    """Twelve decisions, four by each of three people, half of them queued by a label."""
    with database.write() as conn:
        ids = [put_comment(conn, make_comment()) for _ in range(12)]
        for at, comment_id in enumerate(ids):
            put_scores(conn, comment_id, {"toxicity": 0.1, "insult": 0.1 if at % 2 else 0.9})
    for at, comment_id in enumerate(ids):
        review = Review(database, POLICY, moderator=PEOPLE[at % 3], app_version="1", author_key=b"k" * 32, clock=clock)
        action = Action.REJECT if at % 4 < 2 else Action.APPROVE
        review.decide(Intent(comment_id=comment_id, revision=1, action=action))
    return ids


def quality(database, who, clock, share=1.0, smallest=4):
    return Quality(database, who, share=share, smallest_group=smallest, clock=clock)


def judge_all(database, clock, right=True):
    """Everybody judges what they are given: as was decided first, or the other way."""
    with database.read() as conn:
        first = dict(conn.exec_driver_sql("SELECT comment_id, action FROM decision").fetchall())
    for who in PEOPLE:
        mine = quality(database, who, clock)
        while item := mine.next_item():
            said = (
                first[item.comment_id] if right else {"approve": "reject", "reject": "approve"}[first[item.comment_id]]
            )
            mine.judge(item.comment_id, Action(said))


def test_everybody_judges_what_others_decided_and_each_text_once(database, clock, decided):
    judge_all(database, clock)
    with database.read() as conn:
        rows = conn.exec_driver_sql(
            "SELECT o.comment_id, o.moderator, d.moderator FROM opinion o JOIN decision d ON d.seq = o.decision_seq"
        ).fetchall()
    assert sorted(row[0] for row in rows) == decided
    assert all(second != first for _, second, first in rows)
    found = quality(database, "anna", clock).report()
    assert (found.texts, found.all.agreed) == (12, Rate(12, 12))
    assert found.all.kappa.value == found.all.alpha.value == 1.0
    assert set(found.by_label) == {"insult", "none"}
    assert found.by_label["insult"].agreed == Rate(6, 6)


def test_disagreement_is_measured(database, clock, decided):
    judge_all(database, clock, right=False)
    found = quality(database, "anna", clock).report()
    assert found.all.agreed == Rate(0, 12)
    assert found.all.kappa.value == pytest.approx(-1.0)


def test_nothing_of_the_first_decision_is_shown(database, clock, decided):
    item = quality(database, "anna", clock).next_item()
    shown = {item.body, item.article_title, item.section, item.language}
    assert not shown & {"approve", "reject", "olena", "taras", "insult"}


def test_only_the_share_is_drawn(database, clock, decided):
    assert quality(database, "anna", clock, share=0.0).next_item() is None
    with database.read() as conn:
        numbers = conn.exec_driver_sql("SELECT decision_id FROM decision WHERE moderator <> 'anna'").fetchall()
    half = sum(int(number[:8], 16) < 0x80000000 for (number,) in numbers)
    mine, seen = quality(database, "anna", clock, share=0.5), 0
    while item := mine.next_item():
        mine.judge(item.comment_id, Action.APPROVE)
        seen += 1
    assert seen == half


def test_what_is_undone_or_my_own_is_not_mine_to_judge(database, clock, decided):
    mine = quality(database, "anna", clock)
    with pytest.raises(NotFoundError, match="isn't one for you"):
        mine.judge(decided[0], Action.APPROVE)
    with pytest.raises(ConfigError, match="approve or reject"):
        mine.judge(decided[1], Action.DEFER)
    mine.judge(decided[1], Action.APPROVE)
    with pytest.raises(NotFoundError):
        mine.judge(decided[1], Action.APPROVE)
    review = Review(database, POLICY, moderator="taras", app_version="1", author_key=b"k" * 32, clock=clock)
    review.undo()
    with pytest.raises(NotFoundError):
        mine.judge(decided[11], Action.APPROVE)


def test_small_groups_are_left_out_and_ones_own_are_not_others(database, clock, decided):
    judge_all(database, clock)
    found = quality(database, "operator", clock, smallest=7).report()
    assert found.all is not None
    assert found.by_label == {"insult": None, "none": None}
    assert quality(database, "operator", clock, smallest=13).report().all is None
    mine = quality(database, "olena", clock).report(mine=True)
    assert 4 <= mine.texts < 12
    assert mine.all is not None
    assert quality(database, "operator", clock).report(mine=True).texts == 0
    assert quality(database, "anna", clock).report(since_ms=clock() + 1).texts == 0


def test_two_people_s_figures_are_not_told_to_a_third(database, clock, decided):
    with database.write() as conn:
        conn.exec_driver_sql("DELETE FROM opinion")
    anna = quality(database, "anna", clock)
    for comment_id in decided[1::3]:
        anna.judge(comment_id, Action.APPROVE)
    assert quality(database, "operator", clock, smallest=2).report().all is None
    assert quality(database, "anna", clock, smallest=2).report(mine=True).all is not None


def test_golden_items_are_mixed_in_and_counted(database, clock, decided):
    operator = quality(database, "operator", clock)
    for comment_id in decided[:3]:
        operator.settle(comment_id, Action.REJECT)
    assert quality(database, "operator", clock, share=0.0).next_item() is None
    for who, says in zip(PEOPLE, (Action.REJECT, Action.REJECT, Action.APPROVE), strict=True):
        mine = quality(database, who, clock, share=0.0)
        while item := mine.next_item():
            mine.judge(item.comment_id, says)
    assert operator.report().golden == Rate(6, 9)
    assert quality(database, "taras", clock, smallest=2).report(mine=True).golden == Rate(0, 3)


def test_the_command_line(tmp_path, monkeypatch):
    run = InProcess(tmp_path, monkeypatch)
    (tmp_path / "config.toml").write_text("[quality]\ndouble_share = 1.0\nsmallest_group = 2\n")
    (tmp_path / "in.jsonl").write_text('{"id": "1", "text": "Some \\u001b[2J words."}\n')
    assert run("intake", "in.jsonl", "--article", "https://n.example/a").status == 0
    assert run("decide", 1, "reject", "--reason", "hate").status == 0
    assert run("quality", "next").status == 1
    shown = run("quality", "next", "--moderator", "olena")
    assert "words." in shown.out
    assert "\x1b" not in shown.out
    assert "hate" not in shown.out
    for verb in ("judge", "golden"):
        refused = run("quality", verb, 1, "reject", "--reason", "haet", "--moderator", "olena")
        assert (refused.status, "there is no reason 'haet'\nDid you mean hate?" in refused.err) == (2, True)
    assert run("quality", "judge", 1, "approve", "--moderator", "olena").status == 0
    assert run("quality", "golden", 1, "reject").status == 0
    (told,) = run("quality", "report", "--json").json
    assert (told["texts"], told["all"], told["golden"]) == (1, None, None)
    assert "too few" in run("quality", "report", "--mine").out
    run.close()
