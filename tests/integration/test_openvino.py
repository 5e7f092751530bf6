"""Conversions for OpenVINO: near the original, without torch, started quickly, and telling nobody."""

import importlib.util
import json
import shutil
import subprocess
import sys

import pytest
import test_detoxify as tiny
from cli_runs import InProcess
from test_convert import KIND, RUDE, THRESHOLDS, libraries, train

from moderator.domain.score import Label
from moderator.errors import ScoringError
from moderator.scoring.base import ScoreRequest
from moderator.scoring.choose import choose
from moderator.scoring.conversion import BF16, FP32, INT8, INT8_BF16, ONNX, OPENVINO, TOLERANCE, read_manifest
from moderator.scoring.detoxify import DetoxifyScorer
from moderator.scoring.openvino import COMPILED, OpenVinoScorer

pytestmark = [
    pytest.mark.xdist_group("torch"),
    pytest.mark.skipif(
        not all(importlib.util.find_spec(name) for name in ("openvino", "nncf")),
        reason="needs the extra `openvino` (pip install 'moderator[openvino]'), which takes 400 MB",
    ),
]
__all__ = ["libraries"]


@pytest.fixture(scope="module")
def models(libraries, tmp_path_factory):
    from moderator.scoring.convert import convert

    torch, transformers = libraries
    folder = tmp_path_factory.mktemp("models")
    checkpoint = tiny.write_folder("original", folder / "detoxify" / "original", torch, transformers, seed=5)
    contents = torch.load(checkpoint, weights_only=True)
    contents["state_dict"] = train(DetoxifyScorer("original", models_dir=folder, device="cpu"), torch)
    tiny.save(torch, checkpoint, contents)
    convert("original", folder, THRESHOLDS, engine=OPENVINO, texts=(*RUDE, *KIND), calibration=(*RUDE, *KIND))
    return folder


@pytest.fixture(scope="module")
def conversion(models):
    (folder,) = (models / "detoxify" / "original" / OPENVINO).iterdir()
    return folder


def test_every_form_that_is_called_near_is_near(models, conversion):
    requests = [ScoreRequest(text, "en") for text in (*RUDE, *KIND, "you are an idiot " * 90)]
    before = DetoxifyScorer("original", models_dir=models, device="cpu", explain_s=0).score(requests)
    manifest = read_manifest(conversion)
    assert (manifest.engine, set(manifest.parity) >= {INT8, FP32}) == (OPENVINO, True)
    for form, parity in manifest.parity.items():
        scorer = OpenVinoScorer("original", conversion, precision=form, explain_s=0)
        assert scorer.identity.version.endswith(f"+openvino.{form}")
        largest = 0.0
        for one, other in zip(before, scorer.score(requests), strict=True):
            assert list(one.scores) == list(other.scores)
            largest = max(largest, *(abs(one.scores[label] - other.scores[label]) for label in one.scores))
        if form == FP32:
            assert largest <= 1e-4
        elif parity.largest <= TOLERANCE:
            assert largest <= 1.5 * TOLERANCE, "on texts that it wasn't settled on"
    assert max(one.scores[Label.TOXICITY] for one in before) > 0.5, "it has learned something"


def test_the_quickest_form_that_is_near_is_used(conversion):
    manifest = read_manifest(conversion)
    near = [form for form in (INT8_BF16, INT8, BF16, FP32) if form in manifest.parity]
    assert manifest.precision == next(f for f in near if f == FP32 or manifest.parity[f].largest <= TOLERANCE)
    assert manifest.layers == 14, "six of each of the two layers, the pooler and the head"


def test_scoring_needs_neither_torch_nor_what_converts(conversion):
    code = (
        "import sys, json\n"
        "from moderator.scoring.openvino import OpenVinoScorer\n"
        "from moderator.scoring.base import ScoreRequest\n"
        "scorer = OpenVinoScorer('original', sys.argv[1])\n"
        "(result,) = scorer.score([ScoreRequest('you are an idiot', 'en')])\n"
        "heavy = [name for name in ('torch', 'transformers', 'nncf', 'onnx', 'onnxruntime') if name in sys.modules]\n"
        "print(json.dumps([heavy, result.scores['toxicity'], len(result.spans)]))\n"
    )
    heavy, toxicity, spans = json.loads(subprocess.check_output([sys.executable, "-c", code, str(conversion)]))
    assert heavy == []
    assert toxicity > 0.5
    assert spans >= 1


def test_what_was_compiled_is_kept_and_a_damaged_one_is_made_anew(conversion):
    kept = sorted((conversion / COMPILED).glob("*.blob"))
    assert kept, "converting has started it once"
    expected = OpenVinoScorer("original", conversion, explain_s=0).score([ScoreRequest("you idiot", "en")])
    assert sorted((conversion / COMPILED).glob("*.blob")) == kept
    for blob in kept:
        blob.write_bytes(blob.read_bytes()[: blob.stat().st_size // 2])
    assert OpenVinoScorer("original", conversion, explain_s=0).score([ScoreRequest("you idiot", "en")]) == expected


def test_a_damaged_file_and_an_unknown_form_are_told(conversion, tmp_path):
    folder = tmp_path / "copy"
    shutil.copytree(conversion, folder)
    with pytest.raises(ScoringError, match="has no form 'int4'"):
        OpenVinoScorer("original", folder, precision="int4")
    weights = folder / "int8.bin"
    weights.write_bytes(weights.read_bytes()[:-1])
    with pytest.raises(ScoringError, match=r"int8\.bin isn't the file that was made"):
        OpenVinoScorer("original", folder, precision=INT8)


def test_the_engine_is_chosen_by_name_or_by_pace(models):
    from moderator.scoring.convert import convert

    found = choose("detoxify-original", models)
    assert found.target == "moderator.scoring.openvino:OpenVinoScorer"
    with pytest.raises(ScoringError, match="converted for onnx"):
        choose("detoxify-original", models, options={"engine": ONNX})
    convert("original", models, {}, engine=ONNX, texts=RUDE, tolerance=0.0)
    assert choose("detoxify-original", models, options={"engine": ONNX}).target.endswith("OnnxScorer")
    assert choose("detoxify-original", models).target == found.target, "the other one is exact, and slower"


def test_nobody_is_told_that_a_model_was_converted():
    code = (
        "import sys, moderator.scoring.openvino_convert, nncf.telemetry.wrapper as telemetry\n"
        "print(sys.modules['openvino_telemetry'], type(telemetry.telemetry).__name__)"
    )
    said = subprocess.check_output([sys.executable, "-c", code], text=True)
    assert said.split() == ["None", "MagicMock"]


def test_the_command_takes_calibration_texts_and_reports(models, tmp_path, monkeypatch, capfd):
    cli = InProcess(tmp_path, monkeypatch)
    place = tmp_path / "data" / "models" / "detoxify" / "original"
    shutil.copytree(models / "detoxify" / "original", place, ignore=shutil.ignore_patterns(ONNX, OPENVINO))
    (tmp_path / "mine.txt").write_text("\n".join((*RUDE, *KIND)), encoding="utf-8")
    data = ("--data-dir", tmp_path / "data")
    convert = (*data, "models", "convert", "original", "--texts", "mine.txt")
    refused = cli(*convert, "--calibrate", "mine.txt")
    assert (refused.status, "--engine openvino" in refused.err) == (2, True)
    assert cli(*convert, "--engine", "steam").status == 2
    run = cli(*convert, "--engine", "openvino", "--calibrate", "mine.txt")
    assert run.status == 0, run.err
    assert "From now on openvino" in run.out
    assert "Statistics" not in run.out + capfd.readouterr().out
    (row,) = [row for row in cli(*data, "models", "list", "--json").json if row["scorer"] == "detoxify-original"]
    assert set(row["converted"]) == {OPENVINO}
