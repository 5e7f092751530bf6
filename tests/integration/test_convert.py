"""Converted checkpoints say what the originals say, and run without torch. On tiny networks that were trained.

Trained, for random ones answer nearly the same to everything, and would agree with anything.
"""

import json
import math
import shutil
import subprocess
import sys
import warnings

import msgspec
import pytest
import test_detoxify as tiny
from cli_runs import InProcess

from moderator.domain.score import Label, ScoreSet
from moderator.errors import ConfigError, ScoringError
from moderator.scoring.base import ScoreRequest, ScorerSpec
from moderator.scoring.choose import choose
from moderator.scoring.conversion import FP32, INT8, ONNX, Flip, Parity, read_manifest
from moderator.scoring.detoxify import DetoxifyScorer
from moderator.scoring.onnx import OnnxScorer
from moderator.scoring.own_texts import comparison_texts

pytestmark = pytest.mark.xdist_group("torch")

RUDE = ("you are an idiot", "what an idiot you are", "the idiot is you", "idiot", "you idiot, go", "are you an idiot?")
KIND = ("you are the bridge", "what a day it was", "the bridge is you", "bridge", "you see, go", "are you the mayor?")
SAMPLE = comparison_texts()[:54]
"""Single sentences and a long text; all of it takes its time."""

THRESHOLDS = {"toxicity": (0.5, 0.85), "insult": (0.5,)}


@pytest.fixture(scope="module")
def libraries():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import torch
        import transformers
    return torch, transformers


def train(scorer, torch):
    """A few steps until the first class tells rude from kind and the last one the reverse."""
    network = scorer._model
    model = network._model  # without dropout: the steps are few
    torch.manual_seed(3)
    for weight in model.parameters():
        # Near a real network's: those it was made with are for networks nobody trains. Bytes are harder to learn.
        if weight.dim() > 1 and model.config.model_type != "roberta":
            torch.nn.init.normal_(weight, std=0.1)
    threads = torch.get_num_threads()
    torch.set_num_threads(1)  # the network is tiny
    rows = [[network._first, *ids, network._last] for ids in network._encode([*RUDE, *KIND])]
    longest = max(map(len, rows))
    ids = torch.tensor([row + [network._pad] * (longest - len(row)) for row in rows])
    mask = (torch.arange(longest)[None] < torch.tensor([[len(row)] for row in rows])).long()
    wanted = torch.full((len(rows), model.config.num_labels), 0.1)
    wanted[: len(RUDE), 0] = wanted[len(RUDE) :, -1] = 0.95
    optimiser = torch.optim.Adam(model.parameters(), lr=3e-3)
    for _ in range(120):
        optimiser.zero_grad()
        logits = model(input_ids=ids, attention_mask=mask).logits
        torch.nn.functional.binary_cross_entropy_with_logits(logits, wanted).backward()
        optimiser.step()
    torch.set_num_threads(threads)
    return dict(model.state_dict())


@pytest.fixture(scope="module")
def models(libraries, tmp_path_factory):
    """Three trained variants, one of each kind of trap, each converted."""
    from moderator.scoring.convert import convert

    torch, transformers = libraries
    folder = tmp_path_factory.mktemp("models")
    for variant in ("original", "unbiased", "original-small"):
        place = folder / "detoxify" / variant
        checkpoint = tiny.write_folder(variant, place, torch, transformers, seed=5)
        contents = torch.load(checkpoint, weights_only=True)
        contents["state_dict"] = train(DetoxifyScorer(variant, models_dir=folder, device="cpu"), torch)
        tiny.save(torch, checkpoint, contents)
        convert(variant, folder, THRESHOLDS, texts=SAMPLE)
    return folder


def test_the_sample_holds_what_rounding_may_move_far():
    texts = comparison_texts()
    assert len(texts) > 200
    assert max(map(len, texts)) > 4_000, "several windows"
    disguised = [text for text in texts if "\u200b" in text or "\u0430" in text or "1d107" in text]
    assert len(disguised) > 15
    assert any("\u4f60" in text for text in texts), "another script"


def conversion(models, variant, engine="onnx"):
    (folder,) = (models / "detoxify" / variant / engine).iterdir()
    return folder


@pytest.mark.parametrize(
    ("variant", "form", "tolerance"),
    [
        ("original", FP32, 1e-4),
        ("original", INT8, 0.02),
        ("unbiased", FP32, 1e-4),
        ("original-small", FP32, 1e-4),
        ("original-small", INT8, 0.02),
    ],
)
def test_every_label_of_a_trained_network_is_where_it_was(models, variant, form, tolerance):
    requests = [
        ScoreRequest(text, "en") for text in (*RUDE, *KIND, *tiny.TEXTS, "\ud800 odd", "you are an idiot " * 90)
    ]
    before = DetoxifyScorer(variant, models_dir=models, device="cpu", explain_s=0).score(requests)
    scorer = OnnxScorer(variant, conversion(models, variant), precision=form, explain_s=0)
    spread = []
    for one, other in zip(before, scorer.score(requests), strict=True):
        assert list(one.scores) == list(other.scores)
        # Which labels rose with unmasking hangs on a hair where a score hardly moved.
        first, second = ({name for name in of.extra if not name.startswith("folded_delta")} for of in (one, other))
        assert first == second
        assert other.scores == pytest.approx(one.scores, abs=tolerance)
        assert {name: other.extra[name] for name in first} == pytest.approx(
            {name: one.extra[name] for name in first}, abs=tolerance
        )
        spread.append(one.scores[Label.TOXICITY])
    assert max(spread) - min(spread) > 0.5, "it has learned something"
    assert scorer.labels == set(before[0].scores)


def test_the_report_tells_both_forms_and_what_was_chosen(models):
    for variant in ("original", "unbiased", "original-small"):
        manifest = read_manifest(conversion(models, variant))
        assert manifest.parity[FP32].largest <= 1e-4
        assert manifest.parity[INT8].mean <= manifest.parity[INT8].largest
        assert manifest.parity[INT8].texts == len(SAMPLE)
        assert manifest.parity[INT8].decisions == manifest.parity[INT8].texts * 3
        assert (manifest.precision == INT8) is (manifest.parity[INT8].largest <= 0.02)


def test_shared_weights_are_quantised_at_every_use(models):
    """ALBERT's layers share theirs; a copy in between makes the quantiser pass over all but the first use."""
    import onnx

    folder = conversion(models, "original-small")
    exact, quantised = (onnx.load(str(folder / f"{form}.onnx")).graph for form in (FP32, INT8))
    weights = {each.name for each in exact.initializer}
    constant = [node for node in exact.node if node.op_type in {"MatMul", "Gemm"} and node.input[1] in weights]
    whole = [node for node in quantised.node if node.op_type == "MatMulInteger"]
    assert len(whole) == len(constant) >= 12


def test_a_form_that_is_too_far_off_is_not_used(models, tmp_path):
    from moderator.scoring.convert import convert

    shutil.copytree(models / "detoxify" / "original", tmp_path / "detoxify" / "original")
    folder, manifest = convert("original", tmp_path, THRESHOLDS, texts=RUDE, tolerance=0.0)
    assert manifest.precision == FP32
    assert manifest.parity[INT8].texts == len(RUDE)
    assert OnnxScorer("original", folder).identity.version.endswith("+onnx.fp32")
    assert [each.name for each in folder.parent.iterdir()] == [folder.name], "nothing unfinished is left"


def test_layers_are_left_exact_before_the_whole_form_is_given_up(models, tmp_path):
    from moderator.scoring.convert import SPARED_SHARES, convert

    place = tmp_path / "detoxify" / "unbiased"
    shutil.copytree(models / "detoxify" / "unbiased", place, ignore=shutil.ignore_patterns(ONNX))
    folder, hopeless = convert("unbiased", tmp_path, THRESHOLDS, texts=RUDE, tolerance=0.0)
    assert hopeless.layers == 14, "six in each of the two layers, and two of the head"
    assert len(hopeless.spared) == math.ceil(SPARED_SHARES[-1] * 14)
    import onnx

    exact = {
        node.name for node in onnx.load(str(folder / "int8.onnx")).graph.node if node.op_type in {"MatMul", "Gemm"}
    }
    assert exact >= set(hopeless.spared)
    assert hopeless.parity[INT8].largest <= 1.5 * read_manifest(conversion(models, "unbiased")).parity[INT8].largest


def test_the_layer_that_rounding_hurts_most_comes_first(libraries):
    from moderator.scoring.sensitivity import most_sensitive

    torch, _ = libraries

    class Net(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.calm, self.wild = torch.nn.Linear(8, 1), torch.nn.Linear(8, 1)

        def forward(self, ids, mask):
            values = ids * mask
            outliers = values.clone()
            outliers[:, 0] = 1e4  # eight bits are spent on the gap
            wild = torch.nn.functional.linear(outliers, self.wild.weight) * 1e-2
            return torch.sigmoid(self.calm(values) + self.wild(outliers) - 100 * wild)

    torch.manual_seed(1)
    batch = (torch.rand(4, 8), torch.ones(4, 8))
    assert most_sensitive(Net().eval(), [batch]) == ["wild", "calm"]


@pytest.mark.parametrize(
    ("node", "layer", "expected"),
    [
        ("/model/bert/encoder/layer.1/output/dense/MatMul", "model.bert.encoder.layer.1.output.dense", True),
        ("/model/bert/encoder/layer.11/output/dense/MatMul", "model.bert.encoder.layer.1.output.dense", False),
        ("/model/bert/encoder/layer.1/output/dense/MatMul", "model.bert.encoder.layer.1", True),
        ("/model/albert/g.0_3/a.0/query/MatMul_2", "model.albert.g.0.a.0.query", True),
        ("/model/albert/g.0_3/a.0/query/MatMul", "model.albert.g.0.a.0.key", False),
        ("/model/classifier/Gemm", "model.classifier", True),
    ],
)
def test_nodes_are_told_apart_by_the_module_they_come_from(node, layer, expected):
    from moderator.scoring.sensitivity import node_belongs

    assert node_belongs(node, layer) is expected


def test_parity_counts_what_flips():
    from moderator.scoring.parity import compare

    expected, actual = [(0.49, 0.2), (0.9, 0.2), (0.1, 0.1)], [(0.51, 0.2), (0.84, 0.2), None]
    parity = compare(expected, actual, ("toxicity", "other"), {"toxicity": (0.5, 0.85)})
    flips = [Flip(0, "toxicity", 0.5, 0.49, 0.51), Flip(1, "toxicity", 0.85, 0.9, 0.84)]
    assert parity == Parity(3, 1.0, pytest.approx((0.02 + 0.06 + 1.0) / 5), 2, 4, 2, flips)


def test_scoring_needs_no_torch_and_no_transformers(models):
    code = (
        "import sys, json\n"
        "from moderator.scoring.onnx import OnnxScorer\n"
        "from moderator.scoring.base import ScoreRequest\n"
        "scorer = OnnxScorer('original', sys.argv[1])\n"
        "(result,) = scorer.score([ScoreRequest('you are an idiot', 'en')])\n"
        "heavy = [name for name in ('torch', 'transformers', 'detoxify', 'onnx') if name in sys.modules]\n"
        "print(json.dumps([heavy, result.scores['toxicity'], len(result.spans)]))\n"
    )
    command = [sys.executable, "-W", "ignore", "-c", code, str(conversion(models, "original"))]
    heavy, toxicity, spans = json.loads(subprocess.check_output(command))
    assert heavy == []
    assert toxicity > 0.5
    assert spans >= 1


def test_the_words_that_were_learned_are_the_evidence(models):
    text = "so, what an idiot you are"
    (result,) = OnnxScorer("original", conversion(models, "original")).score([ScoreRequest(text, "en")])
    assert isinstance(result, ScoreSet)
    (span,) = [span for span in result.spans if span.label is Label.TOXICITY]
    assert "idiot" in text[span.start : span.end]


def test_the_converted_form_is_chosen_where_it_is_this_checkpoint_s(models, tmp_path, libraries):
    folder = conversion(models, "original")
    options = {"variant": "original", "folder": str(folder), "threads": None}
    onnx = ScorerSpec("detoxify-original", "moderator.scoring.onnx:OnnxScorer", options)
    torch_target = "moderator.scoring.detoxify:DetoxifyScorer"
    assert choose("detoxify-original", models) == onnx
    assert choose("auto", models).target == onnx.target
    assert choose("detoxify-original", models, device="cuda").target == torch_target
    plain = choose("detoxify-original", models, options={"engine": "torch", "precision": "fp32"})
    assert plain.target == torch_target
    assert not {"engine", "precision"} & set(plain.options)
    with pytest.raises(ConfigError, match="no engine"):
        choose("detoxify-original", models, options={"engine": "steam"})
    shutil.copytree(models / "detoxify" / "original", tmp_path / "detoxify" / "original")
    tiny.write_folder("original", tmp_path / "detoxify" / "original", *libraries, seed=99)
    assert choose("detoxify-original", tmp_path).target == torch_target, "another checkpoint lies there now"
    with pytest.raises(ScoringError, match="converted for onnx"):
        choose("detoxify-original", tmp_path, options={"engine": "onnx"})


def test_a_damaged_conversion_is_refused(models, tmp_path):
    folder = tmp_path / "copy"
    shutil.copytree(conversion(models, "original"), folder)
    with pytest.raises(ScoringError, match="of Detoxify original, not of unbiased"):
        OnnxScorer("unbiased", folder)
    network = folder / f"{read_manifest(folder).precision}.onnx"
    network.write_bytes(network.read_bytes()[:-1])
    with pytest.raises(ScoringError, match="isn't the file that was made"):
        OnnxScorer("original", folder)
    manifest = msgspec.json.decode((folder / "manifest.json").read_bytes())
    (folder / "manifest.json").write_bytes(msgspec.json.encode({**manifest, "format": 99}))
    with pytest.raises(ScoringError, match="another version"):
        OnnxScorer("original", folder)
    (folder / "manifest.json").write_text("{")
    with pytest.raises(ScoringError, match="manifest can't be read"):
        OnnxScorer("original", folder)


def test_the_command_converts_and_reports(models, tmp_path, monkeypatch):
    cli = InProcess(tmp_path, monkeypatch)
    place = tmp_path / "data" / "models" / "detoxify" / "original"
    shutil.copytree(models / "detoxify" / "original", place)
    shutil.rmtree(place / "onnx")
    (tmp_path / "texts.txt").write_text("\n".join((*RUDE, *KIND)), encoding="utf-8")
    data = ("--data-dir", tmp_path / "data")
    run = cli(*data, "models", "convert", "original", "--texts", "texts.txt")
    assert run.status == 0, run.err
    assert "int8" in run.out
    assert "12 texts" in run.out
    (row,) = [row for row in cli(*data, "models", "list", "--json").json if row["scorer"] == "detoxify-original"]
    assert row["converted"]["onnx"] in {FP32, INT8}
    again = cli(*data, "models", "convert", "detoxify-original", "--json").json[0]
    assert set(again["parity"]) == {FP32, INT8}
    assert again["parity"][INT8]["texts"] == len(comparison_texts())
    assert (
        cli(*data, "check", "--scorer", "detoxify-original", "--json", "you are an idiot")
        .json[0]["version"]
        .endswith(f"+onnx.{again['precision']}")
    )
