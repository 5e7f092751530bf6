"""The Detoxify adapter on tiny checkpoints of all five variants' kinds: real models, random weights, no network.

Importing torch and transformers takes seconds, so everything that needs them is in this file, in one worker.
"""

import builtins
import hashlib
import importlib
import json
import math
import shutil
import socket
import warnings

import pytest

from moderator.domain.score import Label, ScoreSet
from moderator.errors import ScoringError
from moderator.scoring import detoxify_weights
from moderator.scoring.base import Scorer, ScoreRequest, ScorerSpec, ScoringFailure
from moderator.scoring.detoxify import DetoxifyScorer
from moderator.scoring.process import ProcessScorer

pytestmark = pytest.mark.xdist_group("torch")

ORIGINAL = ("toxicity", "severe_toxic", "obscene", "threat", "insult", "identity_hate")
UNBIASED = ("toxicity", "severe_toxicity", "obscene", "identity_attack", "insult", "threat", "sexual_explicit")
MENTIONED = ("male", "female", "homosexual_gay_or_lesbian", "christian", "jewish", "muslim", "black", "white")
MENTIONED += ("psychiatric_or_mental_illness",)
KINDS = {
    "original": ("Bert", ORIGINAL, 6),
    "unbiased": ("Roberta", UNBIASED, 16),
    "multilingual": ("XLMRoberta", UNBIASED, 16),
    "original-small": ("Albert", ORIGINAL, 6),
    "unbiased-small": ("Albert", UNBIASED, 16),
}
TEXTS = (
    "you are an idiot",
    "",
    "the bridge is closed, and the mayor is a liar!",
    "ok",
    "thank you all for the kind words. see you at the match",
)
WINDOW = 64


@pytest.fixture(scope="session", autouse=True)
def libraries():
    """torch, transformers and detoxify, imported once; what they warn of is not ours to mend."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        importlib.import_module("detoxify")
        return importlib.import_module("torch"), importlib.import_module("transformers")


@pytest.fixture(autouse=True)
def no_network(monkeypatch):
    def refuse(*_args, **_kwargs):
        raise AssertionError("somebody asked the network")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)


def write_tokenizer(kind, folder):
    letters = "abcdefghijklmnopqrstuvwxyz"
    if kind == "Bert":
        words = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *letters, *(f"##{c}" for c in letters), *".,!"]
        words += ["you", "are", "idiot", "the", "bridge"]
        (folder / "vocab.txt").write_text("\n".join(words), encoding="utf-8")
        return len(words)
    if kind == "Roberta":
        from tokenizers.pre_tokenizers import ByteLevel

        words = ["<s>", "<pad>", "</s>", "<unk>", "<mask>", *sorted(ByteLevel.alphabet()), "th", "the"]
        (folder / "vocab.json").write_text(json.dumps({word: number for number, word in enumerate(words)}))
        (folder / "merges.txt").write_text("#version: 0.2\nt h\nth e\n", encoding="utf-8")
        return len(words)
    import transformers

    first = (
        ["<s>", "<pad>", "</s>", "<unk>"] if kind == "XLMRoberta" else ["<pad>", "<unk>", "[CLS]", "[SEP]", "[MASK]"]
    )
    pieces = [*first, "\u2581", *letters, *".,!", "\u2581the", "\u2581you", "idiot", "абв", *"абвгде"]
    vocabulary = [(piece, 0.0 if piece in first else -float(len(first) + 1)) for piece in pieces]
    if kind == "XLMRoberta":
        vocabulary.append(("<mask>", 0.0))
    getattr(transformers, f"{kind}Tokenizer")(vocab=vocabulary).save_pretrained(folder)
    (folder / "tokenizer_config.json").unlink()
    return len(vocabulary)


def write_folder(variant, folder, torch, transformers, *, name=None, seed=0):
    """A folder as an operator fills it: checkpoint in Detoxify's format, base config, tokenizer files, SHA256SUMS."""
    kind, classes, count = KINDS[variant]
    folder.mkdir(parents=True, exist_ok=True)
    size = write_tokenizer(kind, folder)
    places = WINDOW + 2 if "Roberta" in kind else WINDOW
    shape = {"hidden_size": 16, "num_hidden_layers": 2, "num_attention_heads": 2, "intermediate_size": 32}
    extra = {"embedding_size": 8} if kind == "Albert" else {}
    base = getattr(transformers, f"{kind}Config")(
        vocab_size=size, max_position_embeddings=places, initializer_range=0.6, **shape, **extra
    )
    base.save_pretrained(folder)
    base.num_labels = count
    torch.manual_seed(seed)
    state = getattr(transformers, f"{kind}ForSequenceClassification")(base).state_dict()
    arch = {
        "num_classes": count,
        "model_type": str(folder),
        "model_name": f"{kind}ForSequenceClassification",
        "tokenizer_name": f"{kind}Tokenizer",
    }
    data = {"classes": list(classes)} | ({"identity_classes": list(MENTIONED)} if count > len(classes) else {})
    checkpoint = folder / (name or f"tiny-{variant}.ckpt")
    save(torch, checkpoint, {"config": {"arch": {"args": arch}, "dataset": {"args": data}}, "state_dict": dict(state)})
    return checkpoint


def save(torch, checkpoint, contents):
    torch.save(contents, checkpoint)
    digest = hashlib.sha256(checkpoint.read_bytes()).hexdigest()
    (checkpoint.parent / "SHA256SUMS").write_text(f"{digest}  {checkpoint.name}\n", encoding="utf-8")


@pytest.fixture(scope="session")
def models(libraries, tmp_path_factory):
    """A data directory's `models` folder with all five variants in it."""
    folder = tmp_path_factory.mktemp("models")
    for seed, variant in enumerate(KINDS):
        write_folder(variant, folder / "detoxify" / variant, *libraries, seed=seed)
    return folder


@pytest.fixture(scope="session")
def scorers(models):
    made = {}

    def get(variant):
        if variant not in made:
            made[variant] = DetoxifyScorer(variant, models_dir=models, device="cpu")
        return made[variant]

    return get


@pytest.fixture
def copy(models, tmp_path):
    """A variant's folder of one's own, to break."""

    def take(variant="original"):
        folder = tmp_path / "models" / "detoxify" / variant
        shutil.copytree(models / "detoxify" / variant, folder)
        return folder / f"tiny-{variant}.ckpt"

    return take


def english(*texts):
    return [ScoreRequest(text, "en") for text in texts]


def test_checkpoints_are_published_where_detoxify_itself_looks():
    from detoxify.detoxify import MODEL_URLS

    assert {variant.name: variant.url for variant in detoxify_weights.VARIANTS.values()} == MODEL_URLS


@pytest.mark.parametrize("variant", KINDS)
def test_scores_equal_detoxify_s_own_on_the_same_checkpoint(variant, scorers, models, libraries):
    import detoxify

    checkpoint = models / "detoxify" / variant / f"tiny-{variant}.ckpt"
    stock = detoxify.Detoxify(checkpoint=str(checkpoint))
    results = scorers(variant).score(english(*TEXTS))
    spread = 0.0
    for text, result in zip(TEXTS, results, strict=True):
        expected = stock.predict(text)
        assert list(result.scores) == [Label(name) for name in expected], "the checkpoint's own order"
        for name, value in expected.items():
            assert result.scores[Label(name)] == pytest.approx(value, abs=1e-6)
        spread = max(spread, *(abs(value - 0.5) for value in expected.values()))
    assert spread > 0.02, "weights that always say one half would prove nothing"


@pytest.mark.parametrize("variant", KINDS)
def test_labels_and_what_else_the_checkpoint_says_are_kept_by_name(variant, scorers):
    scorer = scorers(variant)
    (result,) = scorer.score(english("you are an idiot"))
    assert scorer.labels == set(result.scores)
    assert Label.COLLECTIVE_BLAME not in scorer.labels
    if KINDS[variant][1] is ORIGINAL:
        assert len(scorer.labels) == 6
        assert result.extra == {}
    else:
        assert Label.SEXUAL_EXPLICIT in scorer.labels
        assert tuple(result.extra) == MENTIONED
        assert all(0 < value < 1 for value in result.extra.values())


def test_identity_names_variant_package_and_weights(scorers, models):
    from importlib.metadata import version

    digest = hashlib.sha256((models / "detoxify" / "unbiased" / "tiny-unbiased.ckpt").read_bytes()).hexdigest()
    assert str(scorers("unbiased").identity) == f"detoxify-unbiased {version('detoxify')} ({digest[:12]})"
    assert isinstance(scorers("unbiased"), Scorer)


def test_nothing_and_one_text_and_what_stands_beside_it(scorers):
    scorer = scorers("original")
    assert scorer.score([]) == []
    (alone,) = scorer.score(english(TEXTS[0]))
    among = scorer.score(english(*TEXTS))[0]
    for label, value in alone.scores.items():
        assert isinstance(value, float)
        assert among.scores[label] == pytest.approx(value, abs=1e-6)


def test_lone_surrogates_and_control_characters_are_scored(scorers):
    results = scorers("multilingual").score(english("you \ud800 are\udfff", "\x00\x1b[31m", "\U0001f600" * 50, " \n\t"))
    assert all(isinstance(result, ScoreSet) for result in results)


@pytest.mark.parametrize("variant", ["original", "multilingual"])
def test_a_text_beyond_the_window_is_read_to_its_end(variant, scorers):
    """Each label keeps its highest window, so not every addition shows; of many, some do, at either end."""
    scorer = scorers(variant)
    long = "the bridge is closed. " * 20
    odd = [f"{word} {word}" for word in ("zebra", "quick", "jumps", "lazy", "vixen", "kazoo", "wharf", "pyx", "mud")]
    plain, *others = scorer.score(english(long, *(long + each for each in odd), *(each + long for each in odd)))
    for half in (others[: len(odd)], others[len(odd) :]):
        assert any(result.scores[label] > plain.scores[label] + 1e-4 for result in half for label in plain.scores)


def test_of_several_windows_each_label_keeps_its_highest_value(scorers):
    from moderator.scoring.detoxify_windows import token_windows

    model = scorers("original")._model
    text = " ".join(TEXTS) * 4
    ids = model._tokenizer(text, add_special_tokens=False)["input_ids"]
    spans = token_windows(len(ids), WINDOW - 2)
    assert len(spans) > 3
    rows = model._forward([[model._first, *ids[start:end], model._last] for start, end in spans])
    expected = [max(column) for column in zip(*rows, strict=True)]
    (result,) = scorers("original").score(english(text))
    assert list(result.scores.values()) == pytest.approx(expected, abs=1e-6)


@pytest.mark.parametrize(
    ("variant", "given", "expected"),
    [
        ("original", ("You have no idea what you are talking about, sir", None), ("en", True)),
        ("original", ("Они все виноваты и должны за это ответить", None), ("ru", False)),
        ("original", ("Они все виноваты и должны за это ответить", "en"), ("ru", False)),
        ("original", ("Ihr habt doch alle keine Ahnung, was hier los ist", None), ("de", False)),
        ("original", ("Merci beaucoup", "fr"), ("fr", False)),
        ("original", ("\U0001f600\U0001f600", None), ("und", True)),
        ("original", ("12345 !!!", None), ("und", True)),
        ("original", ("да", None), ("und", False)),
        ("multilingual", ("Они все виноваты и должны за это ответить", None), ("ru", True)),
        ("multilingual", ("Вони всі винні й мають відповісти", None), ("uk", False)),
        ("multilingual", ("Ihr habt doch alle keine Ahnung, was hier los ist", None), ("de", False)),
        ("multilingual", ("你们都应该为此负责", None), ("zh", False)),
    ],
)
def test_a_language_the_model_never_learned_is_not_judged(scorers, variant, given, expected):
    scorer = scorers(variant)
    (result,) = scorer.score([ScoreRequest(*given)])
    language, judged = expected
    assert result.language == language
    assert set(result.scores) == scorer.labels
    assert all((value is not None) is judged for value in result.scores.values())


def test_a_mixed_batch_keeps_its_order(scorers):
    texts = ["you are an idiot", "Они все виноваты и должны за это ответить", "the bridge is closed today, thank you"]
    results = scorers("original").score([ScoreRequest(text) for text in texts])
    assert [result.language for result in results] == ["en", "ru", "en"]
    assert [result.scores[Label.TOXICITY] is None for result in results] == [False, True, False]


def test_a_value_that_is_no_number_fails_that_text(copy, libraries):
    torch, _ = libraries
    checkpoint = copy("unbiased")
    contents = torch.load(checkpoint, weights_only=True)
    contents["state_dict"]["classifier.out_proj.bias"][12] = math.nan
    save(torch, checkpoint, contents)
    results = DetoxifyScorer("unbiased", checkpoint, device="cpu").score(english("a", "b"))
    assert results == [ScoringFailure("detoxify-unbiased gave no number for muslim")] * 2


def test_a_failure_of_the_network_fails_one_text_or_all_and_says_which(copy, monkeypatch):
    scorer = DetoxifyScorer("original", copy(), device="cpu")
    forward = scorer._model._forward

    def fail_on_long(pieces):
        if max(map(len, pieces)) > 20:
            raise RuntimeError("out of memory")
        return forward(pieces)

    monkeypatch.setattr(scorer._model, "_forward", fail_on_long)
    short, long, other = scorer.score(english("ok", "abc " * 30, "you"))
    assert isinstance(short, ScoreSet)
    assert isinstance(other, ScoreSet)
    assert long == ScoringFailure("detoxify-original failed on this text")
    monkeypatch.setattr(scorer._model, "_forward", lambda _pieces: fail_on_long([[0] * 99]))
    with pytest.raises(ScoringError, match="fails on every text") as caught:
        scorer.score(english("ok", "you"))
    assert "cpu" in caught.value.hint


def test_a_head_that_is_not_in_the_checkpoint_is_refused_not_made_up(copy, libraries):
    torch, _ = libraries
    checkpoint = copy()
    contents = torch.load(checkpoint, weights_only=True)
    del contents["state_dict"]["classifier.weight"]
    save(torch, checkpoint, contents)
    with pytest.raises(ScoringError, match=r"lacks 1 weights .* classifier\.weight"):
        DetoxifyScorer("original", checkpoint)


def test_the_extra_key_of_old_checkpoints_is_ignored(copy, libraries, scorers):
    torch, _ = libraries
    checkpoint = copy()
    contents = torch.load(checkpoint, weights_only=True)
    contents["state_dict"]["bert.embeddings.position_ids"] = torch.arange(WINDOW)[None]
    save(torch, checkpoint, contents)
    (result,) = DetoxifyScorer("original", checkpoint, device="cpu").score(english(TEXTS[0]))
    assert result.scores == pytest.approx(scorers("original").score(english(TEXTS[0]))[0].scores)


def test_a_checkpoint_that_would_run_code_is_refused_even_if_trusted(copy, libraries, tmp_path):
    torch, _ = libraries

    class Bomb:
        def __reduce__(self):
            return builtins.open, (str(tmp_path / "it ran"), "w")

    checkpoint = copy()
    torch.save({"config": Bomb(), "state_dict": {}}, checkpoint)
    (checkpoint.parent / "SHA256SUMS").unlink()
    with pytest.raises(ScoringError) as caught:
        DetoxifyScorer("original", checkpoint, trust=True)
    assert caught.value.code == "scoring.checkpoint_unsafe"
    assert not (tmp_path / "it ran").exists()


@pytest.mark.parametrize(
    ("break_it", "message"),
    [
        (
            lambda given: given["config"]["arch"]["args"].update(model_name="GPT2LMHeadModel"),
            "asks for GPT2LMHeadModel",
        ),
        (lambda given: given["config"]["arch"]["args"].update(num_classes=99), "has 99 outputs and names only 15"),
        (lambda given: given.pop("config"), "isn't in Detoxify's format"),
        (lambda given: given["config"]["dataset"]["args"].pop("classes"), "isn't in Detoxify's format"),
        (lambda given: given["config"]["arch"]["args"].update(num_classes=5), "don't fit|lacks 2 weights"),
    ],
)
def test_a_checkpoint_that_does_not_fit_is_told(copy, libraries, break_it, message):
    torch, _ = libraries
    checkpoint = copy()
    contents = torch.load(checkpoint, weights_only=True)
    break_it(contents)
    save(torch, checkpoint, contents)
    with pytest.raises(ScoringError, match=message) as caught:
        DetoxifyScorer("original", checkpoint)
    assert caught.value.hint


def test_a_damaged_config_or_tokenizer_is_told(copy):
    checkpoint = copy()
    (checkpoint.parent / "config.json").write_text("{", encoding="utf-8")
    with pytest.raises(ScoringError, match="config or tokenizer in"):
        DetoxifyScorer("original", checkpoint)


def test_a_device_that_is_not_here_is_told(models, libraries):
    torch, _ = libraries
    if torch.backends.mps.is_available():
        pytest.skip("this machine has the device")
    with pytest.raises(ScoringError, match="'mps' isn't available"):
        DetoxifyScorer("original", models_dir=models, device="mps")
    with pytest.raises(ScoringError, match="'abacus' isn't available"):
        DetoxifyScorer("original", models_dir=models, device="abacus")


def test_threads_are_as_many_as_asked_for(models, libraries):
    torch, _ = libraries
    before = torch.get_num_threads()
    try:
        DetoxifyScorer("original", models_dir=models, device="cpu", threads=1)
        assert torch.get_num_threads() == 1
    finally:
        torch.set_num_threads(before)


def test_loading_and_scoring_write_nothing_to_the_terminal(models, capfd):
    scorer = DetoxifyScorer("unbiased", models_dir=models, device="cpu")
    scorer.score(english(*TEXTS, "long " * 500))
    assert capfd.readouterr() == ("", "")


def test_a_published_name_must_hold_its_own_hash(libraries, tmp_path, monkeypatch):
    variant = detoxify_weights.VARIANTS["original"]
    folder = tmp_path / "detoxify" / "original"
    checkpoint = write_folder("original", folder, *libraries, name=variant.file_name)
    (folder / "SHA256SUMS").unlink()
    with pytest.raises(ScoringError, match="isn't the file it should be") as caught:
        DetoxifyScorer("original", models_dir=tmp_path)
    assert caught.value.code == "scoring.weights_hash"
    digest = hashlib.sha256(checkpoint.read_bytes()).hexdigest()
    assert DetoxifyScorer("original", models_dir=tmp_path, sha256=digest).identity.weights_hash == digest[:12]
    assert DetoxifyScorer("original", models_dir=tmp_path, trust=True).identity.weights_hash == digest[:12]


def test_it_works_in_a_process_of_its_own(models, scorers):
    options = {"variant": "unbiased-small", "models_dir": str(models), "device": "cpu"}
    with ProcessScorer(ScorerSpec("detoxify", "moderator.scoring.detoxify:DetoxifyScorer", options)) as scorer:
        assert scorer.identity == scorers("unbiased-small").identity
        (result,) = scorer.score(english(TEXTS[0]))
    (expected,) = scorers("unbiased-small").score(english(TEXTS[0]))
    assert result.scores == pytest.approx(expected.scores, abs=1e-6)
    assert result.extra == pytest.approx(expected.extra, abs=1e-6)
