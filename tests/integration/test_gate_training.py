"""The gate that is trained says what the gate that ships computes, and its thresholds lose no more than they may."""

import numpy as np
import pytest

from moderator.scoring.blame.gate import GATE, REACH, row_of, shipped_gate, vocabulary_rows
from moderator.scoring.embedded.weights import write_weights

pytest.importorskip("torch")

WORDS = ["[MASK]", "all", "guilty", "the", "bridge", "is", "old", "."]
TEXTS = ["all [MASK] guilty .", ".", "the bridge is old , say the neighbours of the [MASK] .", " ".join(WORDS * 9)]


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    import torch

    from moderator.scoring.blame.training import gate as training

    torch.manual_seed(3)
    recipe = training.GateRecipe(width=6, channels=5)
    network = training._Network(recipe, np.random.default_rng(3).normal(size=(len(WORDS), 6)).astype(np.float32)).eval()
    folder = tmp_path_factory.mktemp("gate")
    write_weights(folder / GATE, training._handed_over(network, WORDS), {"sure": "inf"})
    return training, recipe, network, shipped_gate(folder)


@pytest.mark.parametrize("text", TEXTS)
def test_torch_and_numpy_agree(trained, text):
    import torch

    _, _, network, gate = trained
    rows = [1 + row_of(word, vocabulary_rows(WORDS)) for word in text.split()]
    with torch.no_grad():
        # Padding must tell nothing.
        expected = network(torch.tensor([rows + [0] * (2 * REACH)])).item()
    assert gate.guess(text) == pytest.approx(expected, abs=0.03)


def test_thresholds_lose_no_more_than_they_may(trained):
    from moderator.scoring.blame.training.gate_lessons import GateLesson

    training, recipe, _, gate = trained
    source = np.random.default_rng(5)
    held = [
        GateLesson(" ".join(source.choice(WORDS, 7)), number % 3 > 0, float(source.random()), "civil", asked=True)
        for number in range(400)
    ]
    figures = training._figures(gate, held, recipe)
    for name, told in figures.items():
        if name.startswith("lost, "):
            lost, reached = map(int, told.split(" of "))
            assert lost <= 1 + recipe.lost * reached
    assert float(figures["least named 0.5"]) <= max(gate.guess(lesson.text) for lesson in held)
