"""Which scorer a name stands for, by what is on disk."""

import subprocess
import sys

import pytest
from test_detoxify_weights import fill

from moderator.errors import ConfigError, ScoringError
from moderator.scoring import choose as choosing
from moderator.scoring import encoder_files
from moderator.scoring.base import ScorerSpec
from moderator.scoring.choose import choose
from moderator.scoring.detoxify_weights import VARIANTS
from moderator.scoring.encoder_files import BLEND, NETWORK, TOKENIZER

EMBEDDED = ScorerSpec("embedded", "moderator.scoring.embedded:EmbeddedScorer")
ENCODER = "moderator.scoring.embedded.encoder_scorer:EncoderScorer"


@pytest.fixture(autouse=True)
def without_encoder(monkeypatch):
    """Whether the encoder's weights are in the package is no matter of these tests."""
    monkeypatch.setattr(choosing, "encoder_is_here", lambda: False)


def test_auto_is_the_encoder_where_it_is_complete_and_no_detoxify_is(tmp_path, monkeypatch):
    monkeypatch.setattr(choosing, "encoder_is_here", lambda: True)
    monkeypatch.setattr(choosing, "check_encoder", lambda _folder: None)
    options = {"checkpoint": "", "trust": True, "explain_s": 0.5}
    spec = choose("auto", tmp_path, threads=2, options=options)
    assert spec == ScorerSpec("embedded-encoder", ENCODER, {"threads": 2})
    fill(tmp_path, "original")
    assert choose("auto", tmp_path).name == "detoxify-original"


def test_the_encoder_by_name_is_told_what_it_lacks(tmp_path, monkeypatch):
    folder = tmp_path / "encoder"
    options = {"folder": str(folder)}
    with pytest.raises(ScoringError, match=r"encoder\.safetensors") as missing:
        choose("embedded-encoder", tmp_path, options=options)
    assert "`embedded`" in missing.value.hint
    folder.mkdir()
    for name in (BLEND, NETWORK, TOKENIZER):
        (folder / name).touch()
    spec = choose("embedded-encoder", tmp_path, options=options)
    assert spec == ScorerSpec("embedded-encoder", ENCODER, {"threads": 0, "folder": str(folder)})
    monkeypatch.setattr(encoder_files, "missing_packages", lambda: ["onnxruntime"])
    with pytest.raises(ScoringError, match="needs the package onnxruntime"):
        choose("embedded-encoder", tmp_path, options=options)
    assert not encoder_files.encoder_is_here(folder)


def test_a_form_of_ours_leaves_detoxify_s_options_alone(tmp_path):
    options = {"checkpoint": "/srv/ours.ckpt", "engine": "onnx", "explain_s": 1.0}
    assert choose("embedded", tmp_path, options=options) == EMBEDDED


def test_auto_is_embedded_where_no_weights_are(tmp_path):
    assert choose("auto", tmp_path) == EMBEDDED
    assert choose("auto", tmp_path, device="cuda", threads=4) == EMBEDDED
    assert choose("embedded", tmp_path) == EMBEDDED


def test_auto_is_detoxify_where_weights_are_and_takes_the_one_that_knows_most_languages(tmp_path):
    fill(tmp_path, "original")
    assert choose("auto", tmp_path).name == "detoxify-original"
    checkpoint = fill(tmp_path, "multilingual")
    spec = choose("auto", tmp_path, device="cpu", threads=2)
    assert spec.name == "detoxify-multilingual"
    assert spec.target == "moderator.scoring.detoxify:DetoxifyScorer"
    assert spec.options == {
        "variant": "multilingual",
        "checkpoint": str(checkpoint),
        "config_dir": str(checkpoint.parent),
        "device": "cpu",
        "threads": 2,
    }
    assert choose("detoxify", tmp_path) == choose("auto", tmp_path)
    assert choose("detoxify-original", tmp_path).options["threads"] is None


def test_auto_leaves_half_a_folder_alone_and_a_name_tells_what_is_missing(tmp_path):
    fill(tmp_path, "unbiased", tokenizer=())
    assert choose("auto", tmp_path) == EMBEDDED
    with pytest.raises(ScoringError, match="no tokenizer files"):
        choose("detoxify-unbiased", tmp_path)
    with pytest.raises(ScoringError, match="aren't on this machine"):
        choose("detoxify", tmp_path)


def test_options_reach_the_scorer(tmp_path):
    checkpoint = fill(tmp_path / "elsewhere", "original", name="mine.ckpt")
    spec = choose("detoxify-original", tmp_path, options={"checkpoint": str(checkpoint), "trust": True})
    assert (spec.options["checkpoint"], spec.options["trust"]) == (str(checkpoint), True)


@pytest.mark.parametrize("name", ["auto", "detoxify"])
def test_a_checkpoint_of_one_s_own_needs_its_variant_named(tmp_path, name):
    mine = fill(tmp_path / "elsewhere", "original", name="mine.ckpt")
    with pytest.raises(ConfigError, match="not which Detoxify variant") as caught:
        choose(name, tmp_path, options={"checkpoint": str(mine)})
    assert "detoxify-original" in caught.value.hint
    published = fill(tmp_path / "elsewhere", "unbiased")
    assert choose(name, tmp_path, options={"checkpoint": str(published)}).name == "detoxify-unbiased"


def test_a_plug_in_is_chosen_by_name_but_takes_no_name_of_ours(tmp_path):
    plugins = {"house": "house_scorer:House", "embedded": "house_scorer:Impostor"}
    spec = choose("house", tmp_path, plugins=plugins, options={"url": "x"})
    assert spec == ScorerSpec("house", "house_scorer:House", {"url": "x"})
    assert choose("embedded", tmp_path, plugins=plugins) == EMBEDDED


@pytest.mark.parametrize(
    ("name", "hint"),
    [("embeded", "'embedded'"), ("detoxify-orginal", "'detoxify-original'"), ("hause", "'house'"), ("?", "Use one of")],
)
def test_an_unknown_name_is_told_with_the_nearest(tmp_path, name, hint):
    with pytest.raises(ConfigError) as caught:
        choose(name, tmp_path, plugins={"house": "house_scorer:House"})
    assert hint in caught.value.hint


def test_every_variant_can_be_named(tmp_path):
    for variant in VARIANTS:
        fill(tmp_path, variant)
        assert choose(f"detoxify-{variant}", tmp_path).options["variant"] == variant


def test_choosing_imports_no_model_code():
    code = "import sys, moderator.scoring.choose, moderator.scoring.process; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    heavy = {"torch", "transformers", "detoxify", "numpy", "moderator.scoring.embedded", "moderator.scoring.detoxify"}
    assert not heavy & set(done.stdout.split())
