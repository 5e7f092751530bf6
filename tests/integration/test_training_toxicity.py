"""Training from end to end on a made-up data set, small enough for seconds."""

import json
import random
from dataclasses import replace

import numpy as np
import pyarrow as pa
import pytest
import torch
from pyarrow import parquet

from moderator.domain.score import Label
from moderator.errors import ScoringError
from moderator.scoring.base import ScoreRequest
from moderator.scoring.embedded import EmbeddedScorer
from moderator.scoring.embedded.heads import HEADS
from moderator.scoring.embedded.weights import read_weights
from moderator.scoring.training import toxicity
from moderator.scoring.training.linear import LinearRecipe
from moderator.scoring.training.network import NetworkRecipe
from moderator.scoring.training.toxicity import TrainingRecipe, train_toxicity

SMALL = TrainingRecipe(
    linear=LinearRecipe(slot_bits=12, step_sizes=(0.2, 0.1), batch=64, rarest=1),
    network=NetworkRecipe(width=8, channels=8, rarest=2, passes=3, step_size=0.01, warm_up=5),
    contrast=300,
    contrast_weight=0.5,
)
CALM = ["the", "garden", "grows", "tall", "and", "river", "runs", "quietly", "past", "our", "little", "house", "spring"]
RUDE = ["blorg", "snarfing", "zibbo"]


def _rows(count, seed):
    rng = random.Random(seed)
    texts, labels = [], []
    for index in range(count):
        words = rng.choices(CALM, k=8)
        if index % 2:
            words[rng.randrange(8)] = rng.choice(RUDE)
        texts.append(" ".join(words) + f" {index}")
        labels.append(float(index % 2))
    return texts, labels


@pytest.fixture(scope="module", autouse=True)
def no_encoder():
    # Whether the optional encoder is installed must not decide what these tests see.
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(toxicity, "encoder_folder", lambda: None)
        # Matrices this small only wait for each other on many threads.
        threads = torch.get_num_threads()
        torch.set_num_threads(1)
        yield
        torch.set_num_threads(threads)


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    folder = tmp_path_factory.mktemp("data")
    (folder / "eval").mkdir()
    for name, count, seed in (("jigsaw_train", 240, 1), ("eval/jigsaw_dev", 80, 2)):
        texts, toxic = _rows(count, seed)
        columns = {"text": texts, "toxicity": toxic, "insult": toxic, "style": ["raw"] * count}
        columns |= {label: [0.0] * count for label in ("severe_toxicity", "threat", "identity_attack")}
        # Unknown for every rude row: had nulls counted as negatives, rude words would speak against the label.
        columns["obscene"] = [None if value else 0.0 for value in toxic]
        parquet.write_table(pa.table(columns), folder / f"{name}.parquet")
    return folder


@pytest.fixture(scope="module")
def trained(data, tmp_path_factory):
    told = []
    result = train_toxicity(data, tmp_path_factory.mktemp("out"), 7, lambda *step: told.append(step), SMALL)
    return result, told


def test_what_was_taught_is_learned(trained):
    result, _ = trained
    scorer = EmbeddedScorer(result.weights)
    rude, calm = scorer.score([ScoreRequest("the river is blorg"), ScoreRequest("the river is tall")])
    assert rude.scores[Label.TOXICITY] > 0.5 > calm.scores[Label.TOXICITY]
    assert rude.scores[Label.INSULT] > 0.5 > calm.scores[Label.INSULT]
    assert rude.scores[Label.THREAT] < 0.5
    toxic = [span for span in rude.spans if span.label is Label.TOXICITY]
    assert "the river is blorg"[toxic[0].start : toxic[0].end].endswith("blorg")


def test_everything_is_written_and_agrees(trained):
    result, told = trained
    metrics = json.loads(result.metrics.read_text())
    assert metrics["sets"]["jigsaw"]["toxicity"]["auc"] > 0.95
    assert metrics["seed"] == "7"
    assert json.loads(read_weights(result.weights).about["metrics"])["summary"] == result.summary
    assert f"{metrics['sets']['jigsaw']['toxicity']['auc']:.3f}" in result.tables.read_text()
    assert {stage for stage, _ in told} >= {"reading", "linear part", "network", "measuring"}
    assert all(0 <= share <= 1 for _, share in told)


def test_the_same_seed_gives_the_same_weights(data, trained, tmp_path):
    again = train_toxicity(data, tmp_path / "again", 7, lambda *_: None, SMALL)
    other = train_toxicity(data, tmp_path / "other", 8, lambda *_: None, SMALL)
    first, second, third = (read_weights(result.weights) for result in (trained[0], again, other))
    assert all(np.array_equal(first.arrays[name], second.arrays[name]) for name in first.arrays)
    assert not all(np.array_equal(first.arrays[name], third.arrays[name]) for name in first.arrays)


def test_the_n_grams_learn_what_an_encoder_softened_and_the_contrast_as_it_was_made(data):
    lessons = toxicity._Lessons.read(data, 7, SMALL)
    everything = lessons.for_network(SMALL)
    rows = lessons.for_linear(replace(everything, targets=np.full_like(everything.targets, 0.25)))
    people = len(lessons.rows)
    assert rows.texts == lessons.for_linear().texts
    own = HEADS.index(Label.IDENTITY_ATTACK)
    assert (np.delete(rows.targets[:people], own, axis=1) == 0.25).all()
    assert np.array_equal(rows.targets[:people, own], lessons.rows.targets[:, own], equal_nan=True)
    made = rows.targets[people:]
    assert set(made[~np.isnan(made)].tolist()) == {0.0, 1.0}


def test_an_empty_folder_is_refused_with_what_is_missing(tmp_path):
    with pytest.raises(ScoringError, match="none of the expected data files") as refused:
        train_toxicity(tmp_path, tmp_path / "out", 1, lambda *_: None, SMALL)
    assert "jigsaw_train.parquet" in refused.value.hint
