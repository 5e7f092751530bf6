"""The network: what torch computes while learning is what numpy computes while scoring."""

import numpy as np
import pytest
import torch

from moderator.scoring.embedded.heads import HATE, HEADS
from moderator.scoring.embedded.network import UNKNOWN_PLACES, NetworkPart, find_words
from moderator.scoring.embedded.stream import read_letters
from moderator.scoring.training import network as training
from moderator.scoring.training.rows import LabelledRows
from moderator.scoring.training.vocabulary import collect_words, starting_vectors

TEXTS = ["good dog", "", "the bad dog is not good at all", "unknown words everywhere", "🤮", "bad " * 40]
RECIPE = training.NetworkRecipe(width=8, channels=6, rarest=1, passes=8, batch=16, step_size=0.02, warm_up=5)


@pytest.fixture(autouse=True, scope="module")
def one_thread():
    # Matrices this small only wait for each other on many threads.
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


def _orders(count=240):
    """Rows that differ in word order alone: only "not good" is hate, "good not" isn't."""
    rng = np.random.default_rng(1)
    filler = ["well", "then", "today", "maybe", "here", "again"]
    texts, targets = [], np.full((count, len(HEADS)), np.nan, np.float32)
    for row in range(count):
        pair = ["not", "good"] if row % 2 else ["good", "not"]
        words = rng.choice(filler, 4).tolist()
        at = int(rng.integers(0, 5))
        texts.append(" ".join(words[:at] + pair + words[at:]))
        targets[row, HEADS.index(HATE)] = row % 2
    return LabelledRows(texts, targets, np.ones(count, np.float32), ["made up"] * count, [""] * count)


def test_torch_and_numpy_agree():
    torch.manual_seed(3)
    vocabulary = collect_words(TEXTS[:3], 1)
    network = training._Network(RECIPE, UNKNOWN_PLACES + len(vocabulary.words)).eval()
    part = training._hand_over(network, vocabulary)
    places = training._places(TEXTS, vocabulary, 100)
    width = max(of.size for of in places)
    padded = torch.tensor([[*of.tolist(), *[0] * (width - of.size)] for of in places])
    with torch.no_grad():
        expected = network(padded).numpy()
    assert np.allclose(part.logits(read_letters(TEXTS)), expected, atol=0.02)
    again = NetworkPart.from_arrays(part.arrays())
    assert np.array_equal(again.logits(read_letters(TEXTS)), part.logits(read_letters(TEXTS)))


def test_it_learns_the_order_of_words():
    rows = _orders()
    part = training.fit_network(rows, RECIPE, None, 5, lambda *_: None)
    logits = part.logits(read_letters(["well not good here", "well good not here"]))[:, HEADS.index(HATE)]
    assert logits[0] > 0 > logits[1]


def test_the_same_seed_gives_the_same_network():
    first, second = (training.fit_network(_orders(60), RECIPE, None, 5, lambda *_: None) for _ in range(2))
    assert np.array_equal(first.vectors, second.vectors)
    assert np.array_equal(first.first, second.first)


def test_words_are_found_or_share_an_unknown_place():
    vocabulary = collect_words(["dog cat dog", "cat"], 2)
    assert vocabulary.words == ["cat"]
    stream = read_letters(["cat dog"])
    cat, dog = find_words(stream.word_hashes, vocabulary.hashes).tolist()
    assert cat == UNKNOWN_PLACES
    assert 0 <= dog < UNKNOWN_PLACES


def test_without_an_encoder_vectors_start_at_random():
    assert starting_vectors(["a", "b"], 1, None, lambda *_: None) is None


@pytest.mark.parametrize("texts", [[], [""], ["", "dog", ""]])
def test_empty_texts_get_an_answer(texts):
    torch.manual_seed(3)
    vocabulary = collect_words(TEXTS, 1)
    part = training._hand_over(training._Network(RECIPE, UNKNOWN_PLACES + len(vocabulary.words)), vocabulary)
    logits = part.logits(read_letters(texts))
    assert logits.shape == (len(texts), len(HEADS))
    assert np.isfinite(logits).all()
