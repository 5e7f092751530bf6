"""`moderator tune` on a past with a known truth, and on one that is made by deciding."""

import sys
from dataclasses import replace
from pathlib import Path

import builders
import numpy as np
import pytest
from cli_runs import InProcess
from hypothesis import given, settings
from hypothesis import strategies as st

from moderator.config.edit import with_thresholds
from moderator.domain.policy import Policy, Threshold
from moderator.domain.score import Label, ScorerId, ScoreSet
from moderator.errors import ConfigError
from moderator.services.tuning import curves
from moderator.services.tuning.choosing import Aim, Target
from moderator.services.tuning.curves import Outcomes
from moderator.services.tuning.drift import compare, mapped
from moderator.services.tuning.history import Wanted, load_history
from moderator.services.tuning.intervals import share
from moderator.services.tuning.lines import isotonic
from moderator.services.tuning.replay import Replay
from moderator.services.tuning.report import report
from moderator.services.tuning.suggest import TooLittleError, Verdict, suggest
from moderator.services.tuning.whatif import Kind, what_if
from moderator.storage.scores import Scored, save

sys.path.insert(0, str(Path(__file__).parents[2] / "benchmarks"))

from synthetic_history import POLICY, synthetic_history, write_database

NEW = replace(POLICY, thresholds={**POLICY.thresholds, Label.TOXICITY: Threshold(0.7, 0.9)})


@pytest.fixture(scope="module")
def made():
    return synthetic_history(6_000, reviewed_below=0.1, audit_share=0.1)


def test_what_if_counts_as_a_recount_one_by_one_does(made):
    found = what_if(made.history, POLICY, NEW)
    replay, past = Replay(made.history.comments), made.history.past
    old, new = replay.routes(POLICY).tolist(), replay.routes(NEW).tolist()
    pairs = list(zip(old, new, past.outcome.tolist(), strict=True))
    told = {kind: len(rows) for kind, rows in found.changed.items()}
    assert told[Kind.HELD] == sum(before == 0 < after for before, after, _ in pairs) == 0
    assert told[Kind.RELEASED] == sum(before > 0 == after for before, after, _ in pairs) > 0
    assert told[Kind.LATER] == sum(before > after > 0 for before, after, _ in pairs) > 0
    assert told[Kind.MISSED] == sum(before > 0 == after and out == 1 for before, after, out in pairs) > 0
    assert found.after.missed.known == sum(after == 0 and out == 1 for _, after, out in pairs)
    assert found.after.disagree == sum((after, out) in {(2, 0), (0, 1)} for _, after, out in pairs)
    assert sum(found.after.routes.values()) == len(made.history)
    assert 0 < found.order_kept < 1


def test_a_random_draw_makes_missed_rejects_answerable_and_without_one_that_is_said(made):
    found = what_if(made.history, POLICY, NEW).after.missed
    truth = int((made.truth & (Replay(made.history.comments).routes(NEW) == 0)).sum())
    assert found.answerable
    assert found.expected.low <= truth <= found.expected.high
    blind = synthetic_history(3_000, reviewed_below=0.1)
    lost = what_if(blind.history, POLICY, NEW)
    assert not lost.after.missed.answerable
    assert 0 < lost.looks_below.value < 0.2


def test_curves_agree_with_the_measures_of_an_evaluation():
    from moderator.scoring.evaluation import average_precision, calibration_error, roc_auc

    dice = np.random.default_rng(3)
    scores = np.round(dice.random(400), 2)
    rejected = dice.random(400) < scores
    seen = Outcomes(scores, rejected, np.ones(400))
    table = curves.cells(seen)
    assert curves.auc(table.weighted()) == pytest.approx(roc_auc(rejected, scores))
    assert curves.average_precision(table.weighted()) == pytest.approx(average_precision(rejected, scores))
    fitted = curves.reliability(seen, rounds=20)
    assert fitted.error.value == pytest.approx(calibration_error(rejected, scores))
    assert fitted.error.low <= fitted.error.value <= fitted.error.high
    roc = curves.roc(table, rounds=20)
    assert ((roc.low <= roc.y) & (roc.y <= roc.high)).all()


def test_a_drawn_comment_stands_for_those_that_nobody_saw(made):
    found = report(made.history, POLICY, labels=[Label.TOXICITY], rounds=20)
    (toxicity,) = found.labels
    whole = report(synthetic_history(6_000).history, POLICY, labels=[Label.TOXICITY], rounds=20).labels[0]
    assert toxicity.recall.low <= whole.recall.value <= toxicity.recall.high
    assert found.audited > 0
    assert found.answers_below
    assert {group.kind for group in toxicity.groups} == {"language", "section"}


@pytest.mark.parametrize("target", [Target(Aim.RECALL, 0.8), Target(Aim.PRECISION, 0.5), Target(Aim.PER_DAY, 5.0)])
def test_a_suggestion_keeps_its_target_on_what_it_has_not_seen(target):
    kept = [suggest(synthetic_history(4_000, seed).history, POLICY, target, rounds=2).verdict for seed in range(1, 6)]
    assert sum(one in {Verdict.REACHED, Verdict.WITHIN} for one in kept) >= 4


def test_too_little_is_said_and_nothing_is_suggested():
    with pytest.raises(TooLittleError, match="it takes at least 10 of each"):
        suggest(synthetic_history(40).history, POLICY, Target(Aim.RECALL, 0.9))


@given(st.lists(st.tuples(st.integers(0, 9), st.integers(0, 9)), min_size=1, max_size=30))
@settings(max_examples=50, deadline=None)
def test_a_monotone_fit_never_falls_and_keeps_the_whole(pairs):
    sizes = np.array([a + b for a, b in pairs], dtype=float)
    hits = np.array([a for a, _ in pairs], dtype=float)
    fitted = isotonic(hits, sizes)
    assert len(fitted) == len(pairs)
    assert (np.diff(fitted) >= -1e-12).all()
    assert float((fitted * sizes).sum()) == pytest.approx(float(hits.sum()))


def test_a_share_lies_within_its_interval_and_nothing_counted_says_nothing():
    assert share(5, 10).low == pytest.approx(0.2366, abs=1e-4)  # Wilson 1927
    assert share(0, 10).value == share(0, 10).low == 0
    assert not share(0, 0).known


# From the database -----------------------------------------------------------------------------------------------


def scored(conn, comment_id, version, toxicity, at_ms):
    said = ScoreSet(ScorerId("embedded", version, "aa"), "en", {Label.TOXICITY: toxicity})
    save(conn, [Scored(comment_id, 1, (said,))], builders.POLICY, at_ms)


def put_decision(db, comment_id, policy=builders.POLICY, **given):
    from moderator.domain.decision import Action, Intent
    from moderator.services.review import Review

    review = Review(db, policy, moderator="anna", app_version="0", author_key=b"k" * 32, clock=builders.Clock())
    intent = Intent(comment_id=comment_id, revision=1, action=Action.APPROVE, **given)
    return review.decide(intent), review


def test_scores_of_two_versions_are_never_mixed(database):
    with database.write() as conn:
        ids = [builders.put_comment(conn, builders.make_comment()) for _ in range(6)]
        for at, comment_id in enumerate(ids):
            if at < 4:
                scored(conn, comment_id, "1", 0.2, builders.START_MS)
            if at >= 2:
                scored(conn, comment_id, "2", 0.8, builders.START_MS + 5)
    newest = load_history(database)
    assert newest.comments.ids.tolist() == ids[2:]
    assert set(newest.comments.scores[:, 0]) == {0.8}
    assert (newest.left_out.comments, [one.version for one in newest.left_out.scorers]) == (2, ["1"])
    older = load_history(database, Wanted(["embedded@1"]))
    assert older.comments.ids.tolist() == ids[:4]
    assert set(older.comments.scores[:, 0]) == {0.2}
    with pytest.raises(ConfigError, match="no score in the database"):
        load_history(database, Wanted(["nobody"]))
    found = compare(database, builders.POLICY, "embedded@1", "embedded@2")
    assert (found.both, found.only_old, found.only_new) == (2, 2, 2)
    assert found.labels[0].shift == pytest.approx(0.6)
    assert found.labels[0].then is None  # two texts are too few


def test_what_was_drawn_says_so_in_the_log_and_in_the_past(database):
    always = Policy(builders.POLICY.thresholds, audit_share=1.0)
    with database.write() as conn:
        drawn, undone, held = (builders.put_comment(conn, builders.make_comment()) for _ in range(3))
        for comment_id, toxicity in ((drawn, 0.1), (undone, 0.1), (held, 0.95)):
            said = ScoreSet(ScorerId("embedded", "1", "aa"), "en", {Label.TOXICITY: toxicity})
            saved = save(conn, [Scored(comment_id, 1, (said,))], always, builders.START_MS)
            assert saved.scored[0].routing.audited == (comment_id != held)
    outcome, _ = put_decision(database, drawn, always)
    assert (outcome.decision.rule, outcome.decision.route) == ("audit 1", "review")
    outcome, review = put_decision(database, undone, always)
    review.undo_decision(outcome.decision.seq)
    put_decision(database, held, always, seconds_open=4.0)
    past = load_history(database).past
    assert past.outcome.tolist() == [0, -1, 0]
    assert past.audited.tolist() == [True, False, False]
    assert past.seconds_open[2] == 4.0


def test_mapped_thresholds_keep_the_number_of_comments():
    dice = np.random.default_rng(4)
    old = dice.random(2_000)
    new = old**2
    then = mapped(Threshold(0.5, 0.8), old, new)
    assert then.review == pytest.approx(0.25, abs=0.01)
    assert abs(int((new >= then.review).sum()) - int((old >= 0.5).sum())) <= 5


# The file ---------------------------------------------------------------------------------------------------------


def test_thresholds_are_written_without_touching_anything_else():
    text = '# ours\nmoderator = "anna"  # who\n\n[policy.thresholds.insult]\nreview = 0.60 # loud\npriority = 0.9\n'
    written = with_thresholds(text, {Label.INSULT: Threshold(0.55, 0.9), Label.THREAT: Threshold(0.3, 0.6)})
    assert written.startswith(text.replace("0.60", "0.55"))
    assert "[policy.thresholds.threat]\nreview = 0.3\npriority = 0.6\n" in written
    assert with_thresholds(text, {Label.INSULT: Threshold(0.6, 0.9)}) == text
    with pytest.raises(ConfigError, match="not valid TOML"):
        with_thresholds("[", {})


# The command line -------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def past_file(tmp_path_factory):
    path = tmp_path_factory.mktemp("past") / "moderator.sqlite3"
    write_database(path, synthetic_history(1_500, reviewed_below=0.3, audit_share=0.2))
    return path


@pytest.fixture
def cli(tmp_path, monkeypatch):
    runs = InProcess(tmp_path, monkeypatch)
    yield runs
    runs.close()


def test_the_report_fits_eighty_columns_and_is_a_page_too(cli, past_file, tmp_path):
    page = tmp_path / "report.html"
    run = cli("tune", "report", "--database", past_file, "--label", "toxicity", "--html", page)
    assert run.status == 0
    assert max(map(len, run.out.splitlines())) <= 80
    for words in ("Scores by decision", "ROC, area 0.", "Calibration, error", "Work against missed rejects", "section"):
        assert words in run.out
    html = page.read_text(encoding="utf-8")
    assert html.count("<svg") >= 30
    assert "http" not in html.replace("http://www.w3.org/2000/svg", "").replace("http-equiv", "")
    assert "<script" not in html


def test_charts_are_drawn_as_pictures(made, tmp_path):
    pytest.importorskip("matplotlib")
    from moderator.services.tuning.charts import label_charts
    from moderator.services.tuning.pictures import write_picture

    found = report(made.history, POLICY, labels=[Label.TOXICITY], rounds=5).labels[0]
    for name, begins in (("a.svg", b"<?xml"), ("a.png", b"\x89PNG")):
        write_picture(tmp_path / name, {"toxicity": label_charts(found)[:2]})
        assert (tmp_path / name).read_bytes().startswith(begins)


def test_a_picture_without_matplotlib_is_refused_with_what_to_install(cli, past_file, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    run = cli("tune", "report", "--database", past_file, "--plot", tmp_path / "a.png")
    assert run.status == 2
    assert "moderator[plots]" in run.err
    assert cli("tune", "report", "--database", past_file, "--plot", tmp_path / "a.gif").status == 2


def test_what_if_shows_examples_and_gives_programs_numbers(cli, past_file, tmp_path):
    new = tmp_path / "new.toml"
    new.write_text("[policy.thresholds.toxicity]\nreview = 0.8\npriority = 0.9\n")
    run = cli("tune", "whatif", new, "--database", past_file, "-n", 2)
    assert run.status == 0
    assert "decisions that disagree" in run.out
    assert "released" in run.out
    assert "says of the bridge" in run.out
    (record,) = cli("tune", "whatif", new, "--database", past_file, "--json").json
    assert record["changed"]["released"] > 0
    assert record["after"]["missed"]["expected"]["low"] >= record["after"]["missed"]["known"]
    assert cli("tune", "whatif", tmp_path / "none.toml", "--database", past_file).status == 2


def test_a_suggestion_is_shown_asked_about_and_written(cli, past_file, tmp_path):
    config = tmp_path / "config.toml"
    config.write_text("# ours\n[policy.thresholds.toxicity]\nreview = 0.5\npriority = 0.85\n")
    before = config.read_text()
    asked = cli("tune", "suggest", "--recall", "0.7", "--write", "--database", past_file, stdin="n\n")
    assert "+review = " in asked.err
    assert config.read_text() == before
    assert "newer part, checked on" in asked.out
    cli("tune", "suggest", "--recall", "0.7", "--write", "--yes", "--database", past_file)
    assert config.read_text().startswith("# ours\n")
    assert config.read_text() != before
    assert cli("config", "check").status == 0
    assert cli("tune", "suggest", "--database", past_file).status == 2
    assert cli("tune", "suggest", "--recall", "0.7", "--precision", "0.5", "--database", past_file).status == 2


def test_thresholds_that_miss_their_target_are_never_written(cli, past_file, tmp_path):
    config = tmp_path / "config.toml"
    config.write_text("# ours\n")
    run = cli("tune", "suggest", "--precision", "0.999", "--write", "--yes", "--database", past_file)
    assert run.status == 1
    assert "Nothing was written" in run.err
    assert config.read_text() == "# ours\n"


def test_what_comes_first_stays_apart_from_what_is_held(made):
    found = suggest(made.history, POLICY, Target(Aim.PRECISION, 0.9), rounds=2)
    chosen = [one.then for one in found.proposals if one.then is not None and not one.kept]
    assert any(one.review > 0.8 for one in chosen)
    assert all(one.review < one.priority for one in chosen if one.review < 1.0)


def test_comparing_a_scorer_that_never_spoke_says_who_did(cli, past_file, tmp_path):
    run = cli("tune", "compare", "synthetic@1", "nobody", "--database", past_file)
    assert run.status == 2
    assert "synthetic@1" in run.err
    page = tmp_path / "moved.html"
    compare_with_itself = ("tune", "compare", "synthetic@1", "synthetic", "--database", past_file)
    assert cli(*compare_with_itself, "--label", "insult", "--html", page).status == 0
    written = page.read_text(encoding="utf-8")
    assert written.count("<svg") == len(Label)
    assert "keep the queue&#x27;s size" in written
    assert "<script" not in written
