"""Calibration on synthetic decisions whose truth is known, and fine-tuning that must not make anything worse."""

from dataclasses import replace

import numpy as np
import pytest

from moderator.config import load
from moderator.domain.lessons import Lesson
from moderator.domain.score import Label, ScorerId, ScoreSet
from moderator.errors import ScoringError
from moderator.plugins import raw_scorer_specs
from moderator.scoring.adapted import adapted_encoder, adapted_scorer, form_in_force, install_adapted, overlaid
from moderator.scoring.base import ScoreRequest, ScoringFailure
from moderator.scoring.calibrated import (
    CalibratedScorer,
    Calibration,
    Curve,
    calibrated,
    install_calibration,
    read_calibration,
)
from moderator.scoring.embedded import EmbeddedScorer
from moderator.scoring.evaluation import calibration_error
from moderator.scoring.learned_files import ADAPTED, adapted_file, calibration_file
from moderator.scoring.training.adaptation import adapt
from moderator.scoring.training.curves import fit_curve, isotonic, platt
from moderator.scoring.training.site_words import corrected


def draw(seed, count, bend):
    """Scores of an overconfident or a strangely bent scorer, and decisions drawn from the true probability."""
    random = np.random.default_rng(seed)
    scores = random.uniform(0.01, 0.99, count)
    return scores, (random.uniform(size=count) < bend(scores)).astype(float)


BENDS = {
    "overconfident": lambda p: 1 / (1 + np.exp(-(0.4 * np.log(p / (1 - p)) - 1.5))),
    "stepped": lambda p: np.where(p < 0.4, 0.05, np.where(p < 0.8, 0.3, 0.6)),
    "shifted": lambda p: p**3,
}


@pytest.mark.parametrize("bend", BENDS.values(), ids=BENDS)
@pytest.mark.parametrize("seed", range(4))
def test_calibration_lowers_the_error_on_decisions_it_never_saw(bend, seed):
    curve = fit_curve(*draw(seed, 3000, bend))
    assert curve is not None
    scores, truth = draw(seed + 100, 20_000, bend)
    after = np.interp(scores, *zip(*curve.points, strict=True))
    assert calibration_error(truth, after) < 0.5 * calibration_error(truth, scores)
    assert np.abs(after - bend(scores)).mean() < 0.08
    # What the fit says of itself is about what it does on unseen decisions.
    assert curve.error_after == pytest.approx(calibration_error(truth, after), abs=0.03)
    order = np.argsort(scores)
    assert (np.diff(after[order]) >= 0).all()


def test_scores_that_mean_what_they_say_are_left_alone_or_barely_touched():
    curve = fit_curve(*draw(1, 3000, lambda p: p))
    scores, truth = draw(2, 20_000, lambda p: p)
    if curve is not None:
        after = np.interp(scores, *zip(*curve.points, strict=True))
        assert calibration_error(truth, after) < 0.02


def test_too_few_decisions_of_either_kind_fit_nothing():
    scores, truth = draw(1, 400, lambda p: p**3)
    rare = np.flatnonzero(truth == 1)[:39]
    kept = np.concatenate((rare, np.flatnonzero(truth == 0)))
    assert fit_curve(scores[kept], truth[kept]) is None
    assert fit_curve(np.empty(0), np.empty(0)) is None


@pytest.mark.parametrize("method", [platt, isotonic])
def test_a_curve_rises_within_0_and_1_whatever_the_decisions_say(method):
    random = np.random.default_rng(3)
    for truth in (random.integers(0, 2, 200).astype(float), np.linspace(1, 0, 200).round(), np.ones(200)):
        before, after = method(random.choice([0.0, 0.1, 0.5, 1.0], 200), truth)
        assert (before[0], before[-1]) == (0.0, 1.0)
        assert (np.diff(before) > 0).all()
        assert (np.diff(after) >= 0).all()
        assert after.min() >= 0
        assert after.max() <= 1


class Half:
    identity = ScorerId("half", "1.0", "abcdef123456")
    labels = frozenset({Label.TOXICITY, Label.INSULT})

    def score(self, requests):
        return [
            ScoreSet(self.identity, "en", {Label.TOXICITY: 0.5, Label.INSULT: None})
            if one.text
            else ScoringFailure("no")
            for one in requests
        ]


def made(version="1.0", top=0.9):
    curve = Curve("platt", [(0.0, 0.0), (0.5, 0.2), (1.0, top)], 50, 60, 0.2, 0.01)
    return Calibration("half", version, "abcdef123456", "2026-11-22", 110, {"toxicity": curve, "insult": curve})


def test_a_calibrated_scorer_says_so_in_its_version_and_never_turns_none_into_a_number(tmp_path):
    file = install_calibration(tmp_path, made())
    scorer = calibrated(Half(), file)
    assert isinstance(scorer, CalibratedScorer)
    assert scorer.identity == ScorerId("half", f"1.0+cal.{made().short_hash}", "abcdef123456")
    good, bad = scorer.score([ScoreRequest("a"), ScoreRequest("")])
    assert isinstance(good, ScoreSet)
    assert good.scorer == scorer.identity
    assert good.scores == {Label.TOXICITY: pytest.approx(0.2), Label.INSULT: None}
    assert isinstance(bad, ScoringFailure)


def test_a_calibration_of_another_version_is_not_used_and_the_one_before_is_kept(tmp_path, capsys):
    first = install_calibration(tmp_path, made("0.9"))
    assert isinstance(calibrated(Half(), first), Half)
    assert "isn't used" in capsys.readouterr().err
    second = install_calibration(tmp_path, made(top=0.8))
    assert first == second == calibration_file(tmp_path, "half")
    assert sorted(file.name for file in second.parent.iterdir()) == [f"half.{made('0.9').short_hash}.json", "half.json"]


@pytest.mark.parametrize(
    "content",
    ["", "{}", "[1]", '{"points": 3}'],
)
def test_a_file_that_is_no_calibration_is_refused(tmp_path, content):
    file = tmp_path / "half.json"
    file.write_text(content)
    with pytest.raises(ScoringError, match="not a calibration"):
        read_calibration(file)


def test_a_falling_curve_is_refused(tmp_path):
    falling = Curve("platt", [(0.0, 0.5), (1.0, 0.2)], 50, 60, 0.2, 0.01)
    file = install_calibration(tmp_path, Calibration("half", "1", "a", "x", 1, {"toxicity": falling}))
    with pytest.raises(ScoringError, match="not a calibration"):
        read_calibration(file)


def lesson(number, body, reason):
    return Lesson(number, body, "en", "", None, reason is not None, reason, number)


def a_site(count=240):
    """A site where rough words are welcome and threats are not."""
    kinds = (
        ("You idiot, part {} is broken again.", None),
        ("Thank you for part {}, well done.", None),
        ("I will kill you for part {}.", "threat"),
        ("This is stupid crap, version {}.", None),
    )
    return [lesson(at, kinds[at % 4][0].format(at), kinds[at % 4][1]) for at in range(count)]


def put_in_force(folder, outcome):
    return install_adapted(folder, outcome.form, outcome.model, outcome.about)


def toxicity(scorer, text):
    (told,) = scorer.score([ScoreRequest(text, "en")])
    assert isinstance(told, ScoreSet)
    return told.scores[Label.TOXICITY]


def test_fine_tuning_helps_on_held_back_decisions_and_keeps_what_was_there(tmp_path):
    outcome = adapt(form_in_force(tmp_path, "embedded"), a_site(), lambda done, of: None)
    assert outcome.is_better, outcome.verdict
    told = {one.label: one for one in outcome.labels}
    assert told[Label.TOXICITY].loss_after < 0.7 * told[Label.TOXICITY].loss_before
    file = put_in_force(tmp_path, outcome)
    scorer = adapted_scorer(str(file))
    text = "You idiot, the chart is broken."
    assert toxicity(scorer, text) < toxicity(EmbeddedScorer(), text) - 0.1
    assert scorer.identity.version == outcome.about["version"]
    assert scorer.identity.version.startswith(EmbeddedScorer().identity.version + "+site.")
    again = adapt(form_in_force(tmp_path, "embedded"), a_site(), lambda done, of: None)
    assert again.about["adapted_from"] == scorer.identity.weights_hash
    put_in_force(tmp_path, outcome)
    assert len(list(file.parent.glob("*.safetensors"))) == 2
    assert file.with_name(f"{file.name}.sha256").read_text().split()[1] == file.name
    assert not [one for one in file.parent.iterdir() if one.is_dir()]


def a_site_with_words_of_its_own(count=240):
    """A site whose people reject what is said of mushrooms, which no shipped weight knows anything against."""
    kinds = (
        ("The mushrooms at stand {} are back.", "insult"),
        ("The apples at stand {} are back.", None),
        ("Nobody wants mushrooms from hall {} here.", "insult"),
        ("Nobody wants lettuce from hall {} here.", None),
    )
    return [lesson(at, kinds[at % 4][0].format(at), kinds[at % 4][1]) for at in range(count)]


def test_words_are_learned_and_the_same_decisions_give_the_same_weights(tmp_path):
    form = form_in_force(tmp_path, "embedded")
    outcome = adapt(form, a_site_with_words_of_its_own(), lambda done, of: None)
    assert outcome.is_better, outcome.verdict
    told = {one.label: one for one in outcome.labels}
    assert told[Label.TOXICITY].loss_after < 0.6 * told[Label.TOXICITY].loss_blend
    assert told[Label.TOXICITY].auc_after > 0.95 > told[Label.TOXICITY].auc_before
    # What is held against the decisions is what the scorer says, to the rounding of what is kept.
    scorer = adapted_scorer(str(put_in_force(tmp_path, outcome)))
    assert toxicity(scorer, "Our mushrooms are at hall 7.") > toxicity(scorer, "Our apples are at hall 7.") + 0.2
    assert abs(toxicity(scorer, "Good evening.") - toxicity(EmbeddedScorer(), "Good evening.")) < 0.3
    same = adapt(form, a_site_with_words_of_its_own(), lambda done, of: None)
    assert same.about["version"] == outcome.about["version"]


def test_decisions_in_other_languages_teach_an_english_scorer_nothing(tmp_path):
    german = [lesson(at, "Das ist doch wirklich eine ganz schreckliche Frechheit!", None) for at in range(5)]
    foreign = [replace(one, language="de") for one in german]
    outcome = adapt(form_in_force(tmp_path, "embedded"), foreign, lambda done, of: None)
    assert (outcome.foreign, outcome.is_better, outcome.labels) == (5, False, ())


def test_the_encoder_form_is_adapted_too_and_only_for_the_weights_that_ship(tmp_path, capsys):
    form = form_in_force(tmp_path, "embedded-encoder", threads=1)
    slots = np.arange(5)
    linear = corrected(form.model.linear, slots, 0, np.full(5, 0.25))
    assert linear.weights[:5, 0] * linear.scale[0] == pytest.approx(
        form.model.linear.weights[:5, 0] * form.model.linear.scale[0] + 0.25, abs=0.01
    )
    assert (linear.weights[5:] == form.model.linear.weights[5:]).all()
    about = {**form.file.about, "version": "1.0.0+site.12345678", "adapted_for": form.base}
    louder = replace(form.model, linear=linear, blend_bias=form.model.blend_bias + 1)
    file = install_adapted(tmp_path, form, louder, about)
    assert file == adapted_file(tmp_path, "embedded-encoder")
    scorer = adapted_encoder(str(file), threads=1)
    assert scorer.identity.version == "1.0.0+site.12345678"
    own, told = overlaid(form.model, form.base, file)
    assert told.short_hash == scorer.identity.weights_hash
    assert (own.blend_bias == louder.blend_bias).all()
    assert own.encoder is form.model.encoder
    install_adapted(tmp_path, form, louder, {**about, "adapted_for": "another"})
    assert overlaid(form.model, form.base, file) is None
    assert "isn't used" in capsys.readouterr().err
    with pytest.raises(ScoringError, match="can't be adapted"):
        form_in_force(tmp_path, "detoxify-original")


def test_what_is_not_better_is_refused(tmp_path):
    random = np.random.default_rng(4)
    noise = [lesson(at, one.body, "threat" if random.integers(2) else None) for at, one in enumerate(a_site(320))]
    # What was learned is turned round in what is held back: nothing that fits the one can fit the other.
    turned = [lesson(at, one.body, None if one.rejected else "threat") for at, one in enumerate(a_site(80), 240)]
    form = form_in_force(tmp_path, "embedded")
    outcome = adapt(form, [*noise[:240], *turned], lambda done, of: None)
    assert not outcome.is_better
    assert outcome.verdict.startswith("Refused")
    few = adapt(form, a_site(20), lambda done, of: None)
    assert (few.is_better, few.labels) == (False, ())
    assert few.verdict.startswith("Too few decisions")


@pytest.mark.parametrize("name", ADAPTED)
def test_adapted_weights_are_what_scores_unless_others_are_named(tmp_path, monkeypatch, name):
    monkeypatch.chdir(tmp_path)
    given = {"HOME": str(tmp_path), "MODERATOR_DATA_DIR": str(tmp_path), "MODERATOR_SCORING__SCORER": name}
    own = adapted_file(tmp_path / "models", name)
    own.parent.mkdir(parents=True)
    own.touch()
    (spec, *_) = raw_scorer_specs(load(env=given))
    assert (spec.name, spec.target, spec.options["weights"]) == (name, ADAPTED[name], str(own))
    (tmp_path / "config.toml").write_text(f"[scoring.options]\nsmall = '{own}'\n")
    (spec, *_) = raw_scorer_specs(load(env=given))
    assert spec.target != ADAPTED[name]
