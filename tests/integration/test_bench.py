"""Measuring engines: what is measured, and full-size networks with random weights, here in small."""

import shutil

import pytest
import test_detoxify as tiny
from cli_runs import InProcess
from test_detoxify import libraries

from moderator.domain.score import ScoreSet
from moderator.scoring import bench, detoxify_random
from moderator.scoring.base import ScoreRequest
from moderator.scoring.bench import contenders, machine, measure
from moderator.scoring.detoxify import DetoxifyScorer
from moderator.scoring.detoxify_weights import VARIANTS, find_weights
from moderator.scoring.own_texts import calibration_texts, comments, comparison_texts

pytestmark = pytest.mark.xdist_group("torch")
__all__ = ["libraries"]


def test_comments_are_as_long_as_comments_are_and_the_same_for_everybody():
    texts = comments(2_000)
    assert texts == comments(2_000)
    assert 200 < sum(map(len, texts)) / len(texts) < 270
    assert min(map(len, texts)) >= 20
    assert not set(calibration_texts()) & set(comparison_texts())
    assert not any(
        text and text in each for each in calibration_texts() for text in comparison_texts() if len(text) > 5
    )


def test_the_machine_is_told():
    assert machine()["cores"] >= 1
    assert machine()["processor"]


@pytest.mark.parametrize("variant", VARIANTS)
def test_random_weights_load_like_trained_ones(variant, libraries, tmp_path, monkeypatch):
    small = {"hidden_size": 16, "num_hidden_layers": 1, "num_attention_heads": 2, "intermediate_size": 32}
    small |= {"embedding_size": 8, "vocab_size": 2_000}
    shapes = {base: (kind, shape | small) for base, (kind, shape) in detoxify_random._BASE.items()}
    monkeypatch.setattr(detoxify_random, "_BASE", shapes)
    texts = comments(30)
    detoxify_random.write_random(variant, tmp_path / "detoxify" / variant, texts)
    scorer = DetoxifyScorer(variant, models_dir=tmp_path, device="cpu", explain_s=0)
    (result,) = scorer.score([ScoreRequest(texts[0], "en")])
    assert isinstance(result, ScoreSet)
    assert len(result.scores) == (6 if variant.startswith("original") else 7)
    tokens = scorer._model.token_ids(texts)
    per_word = sum(map(len, tokens)) / sum(len(text.split()) for text in texts)
    assert 1.0 <= per_word < 2.0, "words are tokens, as they are for a real tokenizer"


def test_contenders_are_measured_against_the_first(libraries, tmp_path, monkeypatch):
    from moderator.scoring.convert import convert

    tiny.write_folder("original", tmp_path / "detoxify" / "original", *libraries)
    convert("original", tmp_path, {}, texts=["a", "b"], tolerance=1.0)
    entries = contenders(find_weights("original", models_dir=tmp_path), tmp_path)
    assert [entry.name for entry in entries][:3] == ["torch, one by one", "onnx int8", "onnx fp32"]
    assert entries[-1].name in bench.SHIPPED
    monkeypatch.setattr(bench, "COLD_ROUNDS", 1)
    steps = []
    found = measure(entries[1:3], comments(3), 2, lambda done, total, what: steps.append((done, total, what)))
    assert [one.name for one in found] == ["onnx int8", "onnx fp32"]
    assert found[0].version.endswith("+onnx.int8")
    assert (found[0].times_faster, found[0].times_sooner) == (1.0, 1.0)
    assert all(one.texts_per_s > 0 and one.first_score_s > 0 for one in found)
    assert [done for done, _, _ in steps] == list(range(steps[0][1]))


def test_the_command_measures_what_ships_where_nothing_else_is(tmp_path, monkeypatch):
    cli = InProcess(tmp_path, monkeypatch)
    monkeypatch.setattr(bench, "COLD_ROUNDS", 1)
    monkeypatch.setattr(bench, "SHIPPED", ("embedded",))
    run = cli("--data-dir", tmp_path / "data", "models", "bench", "--texts", "2", "--rounds", "1")
    assert run.status == 0, run.err
    assert "embedded" in run.out
    assert "No Detoxify weights are on this machine" in run.err
    (told,) = cli("models", "bench", "--texts", "2", "--rounds", "1", "--json").json
    assert (told["variant"], told["random"], [one["name"] for one in told["engines"]]) == (None, False, ["embedded"])
    assert cli("models", "bench", "no-such").status == 4
    shutil.rmtree(tmp_path / "data", ignore_errors=True)
