"""Sentences for contrast, put together from the small grammar in `contrast.toml`.

Comments in the wild seldom show the same words once as an attack and once as its opposite ("X are vermin",
"anyone who says X are vermin is a bigot"), so a model learns the words and not what is done with them. The
grammar makes such pairs, over many groups, so that the group itself carries no blame.
"""

from __future__ import annotations

import random
import re
import tomllib
from collections.abc import Mapping, Sequence
from importlib.resources import files
from typing import Any

import numpy as np

from moderator.scoring.embedded.heads import HEADS
from moderator.scoring.training.rows import LabelledRows

SOURCE = "contrast"
_CHOICE = re.compile(r"\(([^()]*\|[^()]*)\)")
_SLOT = re.compile(r"\{(\w+)\}")
_VOWEL = re.compile(r"\b(a) (?=[aeiou])", re.IGNORECASE)
_SPACES = re.compile(r"\s+")
_LEET = str.maketrans("aeiost", "431057")
# How often a sentence is misspelt or put between other words, for either label alike.
_MISSPELT, _FRAMED, _PAIRED = 0.15, 0.5, 0.2
_SHORTEST_MISSPELT = 4


class ContrastGrammar:
    """Draws labelled sentences.

    Args:
        seed: Same seed, same sentences.
    """

    def __init__(self, seed: int) -> None:
        source = files("moderator.scoring.training").joinpath("contrast.toml").read_text(encoding="utf-8")
        grammar: dict[str, Any] = tomllib.loads(source)
        self._random = random.Random(seed)  # noqa: S311 - reproducible training data, no secret
        self._groups = [entry.split("/") for entry in grammar["groups"]]
        self._slurs = [entry.split("/") for entry in grammar["slurs"]]
        self._others = [entry.split("/") for entry in grammar["others"]]
        self._lists: Mapping[str, Sequence[str]] = grammar["lists"]
        self._kinds: Mapping[str, Mapping[str, Any]] = grammar["kind"]

    def draw_rows(self, count: int, weight: float = 1.0) -> LabelledRows:
        """Draws sentences, each text once.

        Args:
            count: How many to draw; repeated texts are dropped, so somewhat fewer come back.
            weight: How much each row counts in training.

        Returns:
            Rows with the grammar's kind as key; a head that a kind says nothing of is unknown.
        """
        names = list(self._kinds)
        shares = [self._kinds[name]["share"] for name in names]
        found: dict[str, str] = {}
        for name in self._random.choices(names, shares, k=count):
            found.setdefault(self._sentence(name), name)
        targets = np.full((len(found), len(HEADS)), np.nan, np.float32)
        for row, name in enumerate(found.values()):
            for head, value in self._kinds[name]["labels"].items():
                targets[row, HEADS.index(head)] = value
        weights = np.full(len(found), weight, np.float32)
        return LabelledRows(list(found), targets, weights, [SOURCE] * len(found), list(found.values()))

    def _sentence(self, kind: str) -> str:
        text = self._expand(self._random.choice(self._kinds[kind]["sentences"]))
        if self._random.random() < _FRAMED:
            text = self._pick("open") + text + self._pick("close")
        if self._random.random() < _PAIRED:
            # A neighbour sentence that changes nothing, so that position tells nothing either.
            other = self._expand(self._random.choice(self._kinds["neutral"]["sentences"]))
            text = f"{other}. {text}" if self._random.random() < 0.5 else f"{text}. {other}"  # noqa: PLR2004 - a coin
        if self._random.random() < _MISSPELT:
            text = self._misspell(text)
        return text[:1].upper() + text[1:] if self._random.random() < 0.7 else text  # noqa: PLR2004 - most are capitalised

    def _pick(self, name: str) -> str:
        return self._random.choice(self._lists[name])

    def _expand(self, template: str) -> str:
        while choice := _CHOICE.search(template):
            template = template[: choice.start()] + self._random.choice(choice[1].split("|")) + template[choice.end() :]
        plural, single, adjective = self._random.choice(self._groups)
        slurs, slur = self._random.choice(self._slurs)
        others, other = self._random.choice(self._others)
        fixed = {
            "p": plural, "s": f"a {single}", "n": single, "a": adjective, "k": slurs, "ks": slur,
            "others_p": others, "others_s": f"a {other}", "others_n": other,
        }  # fmt: skip
        text = _SLOT.sub(lambda slot: fixed[slot[1]] if slot[1] in fixed else self._pick(slot[1]), template)
        return _SPACES.sub(" ", _VOWEL.sub(r"\1n ", text)).strip()

    def _misspell(self, text: str) -> str:
        words = text.split(" ")
        long_words = [index for index, word in enumerate(words) if len(word) >= _SHORTEST_MISSPELT and word.isalpha()]
        if not long_words:
            return text
        index = self._random.choice(long_words)
        word = words[index]
        at = self._random.randrange(1, len(word) - 1)
        words[index] = self._random.choice(
            [
                word[:at] + word[at + 1 :],
                word[:at] + word[at + 1] + word[at] + word[at + 2 :],
                word.translate(_LEET),
                " ".join(word),
                word[:at] + "*" + word[at + 1 :],
            ]
        )
        if self._random.random() < 0.15 and index:  # noqa: PLR2004 - a forgotten space is rarer than a slip
            words[index - 1 : index + 1] = [words[index - 1] + words[index]]
        return " ".join(words)
