"""The encoder form: its files, its network, its scorer. On tiny encoders; the shipped one where it's there."""

import json
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import onnx
import onnxruntime
import pytest
from tiny_encoders import SHAPE, WORDS, random_arrays, write_encoder, write_tokenizer

from moderator.domain.score import Label
from moderator.errors import ScoringError
from moderator.scoring import encoder
from moderator.scoring.base import Scorer, ScoreRequest
from moderator.scoring.embedded import EmbeddedScorer, encoder_weights
from moderator.scoring.embedded.encoder_scorer import EncoderScorer
from moderator.scoring.embedded.encoder_weights import load_encoder, unblended, write_blend
from moderator.scoring.embedded.heads import HEADS, LABELS
from moderator.scoring.embedded.model import ANSWERS
from moderator.scoring.embedded.scorer import WEIGHTS
from moderator.scoring.embedded.weights import checksum_path, read_weights, write_weights
from moderator.scoring.encoder import INPUT, WINDOW_TOKENS, EncoderPart
from moderator.scoring.encoder_files import BLEND, NETWORK, SHIPPED, TOKENIZER, encoder_is_here
from moderator.scoring.training.encoder_graph import EncoderGraph

PLAIN = "the bridge was built in spring"


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return write_encoder(tmp_path_factory.mktemp("encoder"))


@pytest.fixture(scope="module")
def part(folder):
    return EncoderPart(folder / NETWORK, folder / TOKENIZER)


@pytest.fixture(scope="module")
def scorer(folder):
    return EncoderScorer(folder, threads=1)


def score(scorer, *texts):
    return scorer.score([ScoreRequest(text, "en") for text in texts])


def states_by_hand(arrays, tokens):
    """The same network in plain numpy, straight from the paper."""

    def norm(states, name):
        centred = states - states.mean(-1, keepdims=True)
        scaled = centred / np.sqrt((centred**2).mean(-1, keepdims=True) + SHAPE.epsilon)
        return scaled * arrays[f"{name}.weight"] + arrays[f"{name}.bias"]

    def dense(states, name):
        return states @ arrays[f"{name}.weight"].T + arrays[f"{name}.bias"]

    def gelu(values):
        from math import erf

        return values * 0.5 * (1 + np.vectorize(erf)(values / np.sqrt(2)))

    table = {name.removesuffix("_embeddings.weight"): array for name, array in arrays.items() if "_embeddings" in name}
    states = table["embeddings.word"][tokens] + table["embeddings.position"][: len(tokens)]
    states = norm(states + table["embeddings.token_type"][0], "embeddings.LayerNorm")
    for layer in range(SHAPE.layers):
        place = f"encoder.layer.{layer}"
        heads = [
            dense(states, f"{place}.attention.self.{name}").reshape(len(tokens), SHAPE.heads, -1).transpose(1, 0, 2)
            for name in ("query", "key", "value")
        ]
        scores = heads[0] @ heads[1].transpose(0, 2, 1) / np.sqrt(heads[0].shape[-1])
        shares = np.exp(scores - scores.max(-1, keepdims=True))
        mixed = (shares / shares.sum(-1, keepdims=True)) @ heads[2]
        mixed = mixed.transpose(1, 0, 2).reshape(len(tokens), -1)
        told = dense(mixed, f"{place}.attention.output.dense")
        states = norm(states + told, f"{place}.attention.output.LayerNorm")
        inner = gelu(dense(states, f"{place}.intermediate.dense"))
        states = norm(states + dense(inner, f"{place}.output.dense"), f"{place}.output.LayerNorm")
    return states


def test_the_graph_is_the_network_that_the_paper_describes(part):
    arrays = random_arrays()
    tokens = part.windows(PLAIN)[0].ids
    by_hand = states_by_hand(arrays, tokens).mean(0) @ arrays["head.weight"].T + arrays["head.bias"]
    assert part.run(tokens)[0] == pytest.approx(by_hand, abs=1e-4)


def test_the_rounded_graph_is_near_the_exact_one(tmp_path, part):
    arrays = random_arrays()
    exact = EncoderGraph(arrays, SHAPE)
    texts = [PLAIN, "zorp", "", "a b c " * 20]
    heard = exact.build()
    names = list(dict.fromkeys(exact.products))
    heard.graph.output.extend(onnx.helper.make_tensor_value_info(name, 1, None) for name in names)
    session = onnxruntime.InferenceSession(heard.SerializeToString(), providers=["CPUExecutionProvider"])
    loudest = dict.fromkeys(names, 0)
    for text in texts:
        for name, states in zip(names, session.run(names, {INPUT: part.windows(text)[0].ids}), strict=True):
            loudest[name] = np.maximum(loudest[name], np.abs(states).max(0))
    onnx.save(EncoderGraph(arrays, SHAPE, loudest).build(), str(tmp_path / NETWORK))
    write_tokenizer(tmp_path / TOKENIZER)
    rounded = EncoderPart(tmp_path / NETWORK, tmp_path / TOKENIZER)
    assert np.abs(rounded.logits(texts) - part.logits(texts)).max() < 0.15
    assert (tmp_path / NETWORK).stat().st_size < 150_000


def test_each_text_gets_all_columns_and_no_text_is_changed_by_its_company(part):
    texts = [PLAIN, "", "zorp zorp", "\ud800 \0 🤮", PLAIN * 60]
    together = part.logits(texts)
    assert together.shape == (len(texts), len(HEADS))
    assert part.heads == len(HEADS)
    for row, text in zip(together, texts, strict=True):
        assert part.logits([text])[0].tolist() == row.tolist()
    assert part.logits([]).shape == (0, len(HEADS))


def test_a_long_text_is_read_to_its_end_in_windows_that_overlap(part):
    long = "the " * 1000 + "zorp"
    windows = part.windows(long)
    assert all(window.ids.size <= WINDOW_TOKENS for window in windows)
    inner = [token for window in windows for token in window.ids[1:-1].tolist()]
    assert inner.count(WORDS.index("zorp")) == 1
    assert len(inner) >= 1001 + 16 * (len(windows) - 1)
    rows = np.concatenate([part.run(window.ids) for window in windows])
    assert part.logits([long])[0].tolist() == rows.max(0).tolist()


def test_threads_change_no_number(folder, part):
    texts = [PLAIN, "zorp", "a b", "c"] * 5
    spread = EncoderPart(folder / NETWORK, folder / TOKENIZER, threads=3)
    assert spread.logits(texts).tolist() == part.logits(texts).tolist()
    with ThreadPoolExecutor(3) as pool:
        assert [rows.tolist() for rows in pool.map(part.logits, [texts] * 3)] == [part.logits(texts).tolist()] * 3


def test_the_scorer_keeps_the_protocol(folder, scorer):
    assert isinstance(scorer, Scorer)
    assert scorer.identity.name == "embedded-encoder"
    assert scorer.identity.version == "0.0.1"
    assert scorer.identity.weights_hash == checksum_path(folder / BLEND).read_text()[:12]
    assert scorer.labels == frozenset(LABELS)
    assert scorer.score([]) == []
    (foreign,) = scorer.score([ScoreRequest("Ты просто идиот, убирайся отсюда и больше не пиши")])
    assert set(foreign.scores.values()) == {None}


def test_parts_stand_side_by_side_and_the_blend_joins_them(folder, part):
    model = unblended(folder, WEIGHTS)
    both = unblended(folder, WEIGHTS, with_network=True)
    texts = [PLAIN, "you are an idiot"]
    logits, wide = model.part_logits(texts), both.part_logits(texts)
    assert logits.shape == (2, 2 * len(HEADS))
    assert wide.shape == (2, 3 * len(HEADS))
    assert logits[:, len(HEADS) :].tolist() == part.logits(texts)[:, : len(HEADS)].tolist()
    assert wide[:, -len(HEADS) :].tolist() == logits[:, len(HEADS) :].tolist()
    assert wide[:, : len(HEADS)].tolist() == logits[:, : len(HEADS)].tolist()
    blended, _ = load_encoder(folder, WEIGHTS)
    sums = logits[:, : len(HEADS)] + logits[:, len(HEADS) :]
    assert blended.answer(texts).chances == pytest.approx(1 / (1 + np.exp(-sums)), abs=1e-5)


def test_a_blend_of_three_parts_brings_the_convolutions_in(tmp_path):
    model, _ = load_encoder(write_encoder(tmp_path, parts=3), WEIGHTS)
    assert model.network is not None
    assert model.part_logits([PLAIN]).shape == (1, 3 * len(HEADS))


@pytest.fixture(scope="module")
def harsh(tmp_path_factory):
    """An encoder alone, which hears words and not their order, and for which one without meaning is toxic."""
    arrays = random_arrays()
    for name, array in arrays.items():
        if ".output.dense." in name or name.startswith(("embeddings.position", "embeddings.token_type")):
            array[:] = 0
    arrays["head.weight"][0] = arrays["embeddings.word_embeddings.weight"][WORDS.index("zorp")]
    arrays |= {"marks.weight": arrays["head.weight"], "marks.bias": arrays["head.bias"]}
    folder = write_encoder(tmp_path_factory.mktemp("harsh"), arrays)
    text = f"{PLAIN} zorp in the spring"
    loud, quiet = EncoderPart(folder / NETWORK, folder / TOKENIZER).logits([text, PLAIN])[:, 0]
    blend = np.zeros((2 * len(HEADS), len(ANSWERS)), np.float32)
    blend[len(HEADS), 0] = 8 / (loud - quiet)
    bias = np.full(len(ANSWERS), -20, np.float32)
    bias[0] = -blend[len(HEADS), 0] * (loud + quiet) / 2
    write_blend(folder, WEIGHTS, blend, bias, {"version": "0.0.1"})
    return folder, text


def test_what_only_the_encoder_flags_is_explained_by_its_marks(harsh):
    folder, text = harsh
    (result,) = score(EncoderScorer(folder, threads=1), text)
    assert result.scores[Label.TOXICITY] > 0.9
    assert result.spans
    assert {span.label for span in result.spans} == {Label.TOXICITY}
    assert "zorp" in " ".join(text[span.start : span.end] for span in result.spans)
    assert all(span.weight > 0 for span in result.spans)


def test_where_the_ngrams_tell_why_the_encoder_is_not_asked(scorer, monkeypatch):
    monkeypatch.setattr(EncoderPart, "run_marking", lambda *_: pytest.fail("asked"))
    (result,) = score(scorer, "You are a fucking idiot, you stupid piece of shit.")
    words = EmbeddedScorer().score([ScoreRequest("You are a fucking idiot, you stupid piece of shit.")])[0].spans
    assert {span.start for span in result.spans if span.label is Label.TOXICITY} == {
        span.start for span in words if span.label is Label.TOXICITY
    }


def copied(folder, target):
    target.mkdir()
    for path in folder.iterdir():
        (target / path.name).write_bytes(path.read_bytes())
    return target


@pytest.mark.parametrize("name", [NETWORK, TOKENIZER, BLEND])
def test_a_changed_file_is_refused(folder, tmp_path, name):
    mine = copied(folder, tmp_path / "changed")
    content = bytearray((mine / name).read_bytes())
    content[len(content) // 2] ^= 1
    (mine / name).write_bytes(content)
    with pytest.raises(ScoringError) as refused:
        EncoderScorer(mine)
    assert refused.value.code == "scoring.weights_changed"
    assert refused.value.hint


@pytest.mark.parametrize("name", [NETWORK, TOKENIZER, BLEND])
def test_a_missing_file_is_named(folder, tmp_path, name):
    mine = copied(folder, tmp_path / "missing")
    (mine / name).unlink()
    assert not encoder_is_here(mine)
    with pytest.raises(ScoringError, match=name) as refused:
        EncoderScorer(mine)
    assert refused.value.code == "scoring.weights_missing"
    assert refused.value.hint


def test_a_blend_of_other_small_weights_is_refused(folder, tmp_path):
    file = read_weights(WEIGHTS)
    other = tmp_path / "other.safetensors"
    write_weights(other, file.arrays, {**file.about, "version": "9.9.9"})
    with pytest.raises(ScoringError, match="other weights of the small form") as refused:
        EncoderScorer(folder, other)
    assert refused.value.code == "scoring.weights_mixed"


def test_a_network_that_is_none_is_told(folder, tmp_path):
    mine = copied(folder, tmp_path / "none")
    (mine / NETWORK).write_bytes(b"not a graph")
    blend = read_weights(mine / BLEND).arrays
    write_blend(mine, WEIGHTS, blend["blend"], blend["blend.bias"], {"version": "1"})
    with pytest.raises(ScoringError, match="can't be taken") as refused:
        EncoderScorer(mine)
    assert refused.value.code == "scoring.weights_unreadable"
    write_weights(mine / BLEND, {"blend": blend["blend"]}, read_weights(mine / BLEND).about)
    with pytest.raises(ScoringError, match=r"blend\.bias"):
        EncoderScorer(mine)


@pytest.mark.parametrize("package", ["onnxruntime", "tokenizers"])
def test_a_missing_package_is_named_with_what_to_do(folder, monkeypatch, package):
    monkeypatch.setitem(sys.modules, package, None)
    with pytest.raises(ScoringError, match=package) as refused:
        EncoderPart(folder / NETWORK, folder / TOKENIZER)
    assert refused.value.code == "scoring.packages"
    assert "pip install" in refused.value.hint


def test_memory_that_runs_short_is_told_as_such(folder, monkeypatch):
    part = EncoderPart(folder / NETWORK, folder / TOKENIZER)

    class Failing:
        def run(self, *_):
            raise onnxruntime.capi.onnxruntime_pybind11_state.Fail("no memory")

    monkeypatch.setattr(part, "_session", Failing())
    with pytest.raises(ScoringError, match="fails on the encoder") as told:
        part.logits([PLAIN])
    assert told.value.code == "scoring.device_failed"


def test_the_small_form_and_the_choice_import_nothing_of_it():
    code = (
        "import sys; import moderator.scoring.choose; from moderator.scoring.embedded import EmbeddedScorer;"
        "EmbeddedScorer(); print(*sys.modules)"
    )
    loaded = set(
        subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    )
    assert not {"onnxruntime", "tokenizers", encoder.__name__, encoder_weights.__name__} & loaded


@pytest.mark.xdist_group("torch")
def test_an_exported_encoder_says_what_the_trained_one_says(tmp_path):
    torch = pytest.importorskip("torch")
    transformers = pytest.importorskip("transformers")
    from moderator.scoring.training.encoder_export import export_encoder
    from moderator.scoring.training.sentence_encoder import EncoderRecipe, SentenceEncoder

    torch.manual_seed(3)
    config = transformers.BertConfig(
        vocab_size=len(WORDS), hidden_size=32, num_hidden_layers=2, num_attention_heads=4, intermediate_size=64
    )
    tokenizer = tmp_path / "tokenizer.json"
    write_tokenizer(tokenizer)

    def encoder(activation: str) -> SentenceEncoder:
        config.hidden_act = activation
        transformers.BertModel(config, add_pooling_layer=False).save_pretrained(tmp_path / activation)
        return SentenceEncoder(tmp_path / activation, len(HEADS), EncoderRecipe(), kinds_of_mark=2).eval()

    trained = encoder("gelu")
    report = export_encoder(trained, tokenizer, tmp_path / "out", [PLAIN, "zorp", "a b c " * 100, ""])
    assert report.texts == 4
    assert report.exact < 1e-4
    assert report.mean <= report.largest < 0.02
    assert {path.name for path in (tmp_path / "out").iterdir()} == {NETWORK, TOKENIZER}
    part = EncoderPart(tmp_path / "out" / NETWORK, tmp_path / "out" / TOKENIZER)
    (window,) = part.windows(PLAIN)
    logits, marks = part.run_marking(window.ids)
    assert logits.tolist() == part.run(window.ids).tolist()
    ids = torch.as_tensor(window.ids[None])
    with torch.inference_mode():
        told = trained.marks(trained.states(ids, torch.ones_like(ids)))[0, 1:-1].numpy()
    assert marks.shape == told.shape == (len(window.places), 2)
    assert np.abs(marks - told).max() < 0.2
    with pytest.raises(ScoringError, match="nothing was kept"):
        export_encoder(encoder("relu"), tokenizer, tmp_path / "other", [PLAIN])
    assert not (tmp_path / "other" / NETWORK).exists()


@pytest.mark.skipif(not encoder_is_here(), reason="the shipped encoder isn't in the package")
def test_the_shipped_encoder_is_small_says_where_it_comes_from_and_tells_good_from_bad():
    assert sum((SHIPPED / name).stat().st_size for name in (NETWORK, TOKENIZER, BLEND)) < 30_000_000
    about = read_weights(SHIPPED / BLEND).about
    assert {"version", "date", "data", "licence", "seed", "metrics", "languages"} <= about.keys()
    assert json.loads(about["metrics"])
    scorer = EncoderScorer(threads=1)
    kind, vile = score(scorer, "Thank you for this thoughtful article.", "You are a fucking idiot, go kill yourself.")
    assert kind.scores[Label.TOXICITY] < 0.5 < vile.scores[Label.TOXICITY]
    assert vile.spans
