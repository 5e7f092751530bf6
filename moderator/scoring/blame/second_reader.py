"""The second reader: a small encoder that sees a few sentences at a time, every group masked, and tells blame by sense.

Rules know wordings; people find new ones. The encoder was taught on sentences written for it, with their near twins,
and says whether a group is blamed, how hard, by what, and which words say so. It never sees a name.
"""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from moderator.errors import ScoringError
from moderator.scoring.blame.gate import GATE, shipped_gate
from moderator.scoring.blame.glosses import glossary
from moderator.scoring.blame.masking import Piece, Window, masked_windows
from moderator.scoring.blame.reader_heads import BLAME, CLEAR, COMPONENT_HEADS, HEADS, MARKED, PENALTY
from moderator.scoring.blame.reading import Reading
from moderator.scoring.encoder import EncoderPart, TokenWindow, loudest
from moderator.scoring.encoder_files import NETWORK, SHIPPED, TOKENIZER, check_file, missing_packages

FOLDER = Path(__file__).parent / "weights"
"""Where the network lies in the package; it reads by the tokenizer of the toxicity encoder, which is the same."""

ABOUT = "encoder.json"
"""What the network is: its hash, what it was taught, what it reached."""

NUMBERS = "encoder.bin"
"""The network's numbers, beside its graph: mapped into memory, not read."""

_EVEN = 0.0
"""Logit of even odds."""

_NEARLY = 1.0
"""How much quieter than the loudest word of a predicate the words beside it may be that belong to it."""

_WIDEST = 3
"""How many words to each side a predicate is widened."""

_UNREAD = 0.49
"""The highest chance that a window gets which wasn't read: the gate raises no alarm."""

Range = tuple[int, int, int]
FloatArray = NDArray[np.float32]
_Read = Sequence[tuple[TokenWindow, FloatArray, FloatArray]]
"""A window as the network read it, in one go or several: tokens, logits per head, marks per token."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What would change the rules' verdict on a text: no more than that needs to be read.

    Attributes:
        named, unnamed: Chance from which words that name a group, or none, are blame: only then is it said which.
        enough: Chance at which reading can stop; above 1 where the highest is wanted.
    """

    named: float
    unnamed: float
    enough: float = math.inf


@dataclass(frozen=True, slots=True)
class SecondReading:
    """What the second reader makes of a text.

    Attributes:
        chance: That a group is blamed, 0..1.
        grade: 1..3, if so.
        component: By what: ACT PUN INN SIL HER ASC DES.
        named: Whether a group is named there or just before, and not only `they`.
        groups, quantifiers, predicates: The words that say so, as (sentence, first token, last token); none where the
            chance is below what was asked for.
    """

    chance: float
    grade: int
    component: str
    named: bool
    groups: tuple[Range, ...]
    quantifiers: tuple[Range, ...]
    predicates: tuple[Range, ...]


class SecondReader:
    """Reads texts whose sentences were found. Holds no state: safe to share between threads.

    Args:
        folder: Where network and `encoder.json` lie.

    Raises:
        ScoringError: A file is missing or changed, or onnxruntime or tokenizers isn't installed.
    """

    def __init__(self, folder: Path = FOLDER) -> None:
        about = _about(folder)
        for name, key in ((NETWORK, "network_sha256"), (NUMBERS, "numbers_sha256")):
            check_file(folder / name, str(about[key]), f"{ABOUT} beside it vouches for")
        self._gate = shipped_gate(folder, of=str(about["numbers_sha256"]))
        self.short_hash: str = str(about["numbers_sha256"])[:12] + self._gate.short_hash
        self._slope, self._offset = float(about["slope"]), float(about["offset"])
        self._folder = folder

    @cached_property
    def _encoder(self) -> EncoderPart:
        # Taken up when the first window needs it: on most comments the gate is enough.
        return EncoderPart(self._folder / NETWORK, SHIPPED / TOKENIZER)

    def read(
        self, readings: Sequence[Reading], language: str, context: Sequence[Reading], asked: Asked
    ) -> SecondReading | None:
        """Reads a text.

        Args:
            readings: Its sentences.
            language: ISO 639-1. What isn't English is read word by word.
            context: Sentences said before it.
            asked: What is to be found out.

        Returns:
            What the few sentences say that speak most of blame; `None` where nobody is named who could be blamed.

        Raises:
            ScoringError: onnxruntime fails, or can't take the network.
        """
        words = glossary(language)
        windows = masked_windows(readings, context, words)
        guesses = [self._gate.guess(window.text) for window in windows]
        if asked.enough < math.inf and any(map(self._gate.is_sure, guesses)):
            return _unread(asked.enough, named=True)
        best: tuple[float, _Read, Window] | None = None
        unread: SecondReading | None = None
        for window, guess in zip(windows, guesses, strict=True):
            wanted = asked.named if window.named else asked.unnamed
            if asked.enough == math.inf and self._gate.in_vain(guess, wanted, named=window.named):
                chance = min(_odds(guess), _UNREAD)
                if unread is None or chance > unread.chance:
                    unread = _unread(chance, named=window.named)
                continue
            read = [(tokens, *self._encoder.run_marking(tokens.ids)) for tokens in self._encoder.windows(window.text)]
            loudness = max(_blame(heads) for _, heads, _ in read)
            if best is None or loudness > best[0]:
                best = loudness, read, window
                if self._chance(loudness) >= asked.enough:
                    break
        if best is None or (unread is not None and self._chance(best[0]) <= unread.chance):
            return unread
        return self._told(*best, asked, glossed=words is not None)

    def _chance(self, logit: float) -> float:
        return _odds(self._slope * logit + self._offset)

    def _told(self, loudness: float, read: _Read, window: Window, asked: Asked, *, glossed: bool) -> SecondReading:
        logits: FloatArray = max((heads[0] for _, heads, _ in read), key=_blame)
        value = dict(zip(HEADS, logits.tolist(), strict=True))
        grade = 3 if value[PENALTY] > _EVEN else 2 if value[CLEAR] > _EVEN else 1
        component = "PUN" if grade == 3 else max(COMPONENT_HEADS, key=lambda head: value[head])  # noqa: PLR2004 - guideline
        chance = self._chance(loudness)
        if chance < (asked.named if window.named else asked.unnamed):
            return SecondReading(chance, grade, component, window.named, (), (), ())
        marks = loudest([(tokens, marks) for tokens, _, marks in read], window.ends, -np.inf)
        of_kind = dict(zip(MARKED, marks.T, strict=True))
        own = np.array([piece.place >= 0 for piece in window.pieces])
        groups = own & np.array([piece.group for piece in window.pieces])
        return SecondReading(
            chance,
            grade,
            component,
            window.named,
            _ranges(window.pieces, of_kind["group"], groups if groups.any() else own, least_one=True),
            _ranges(window.pieces, of_kind["quantifier"], own, least_one=False),
            _ranges(
                window.pieces,
                of_kind["predicate"],
                own & ~groups,
                least_one=True,
                widened=_words(window) if glossed else None,
            ),
        )


def _odds(logit: float) -> float:
    return float(1 / (1 + np.exp(-logit)))


def _unread(chance: float, *, named: bool) -> SecondReading:
    """What the gate alone says."""
    return SecondReading(chance, 1, COMPONENT_HEADS[0], named, (), (), ())


def _blame(logits: FloatArray) -> float:
    return float(logits[..., HEADS.index(BLAME)].item())


def reader_is_here(folder: Path = FOLDER) -> bool:
    """Whether the second reader's files are in a folder and what runs them is installed. Nothing is loaded."""
    files = folder / ABOUT, folder / NETWORK, folder / NUMBERS, folder / GATE, SHIPPED / TOKENIZER
    return all(path.is_file() for path in files) and not missing_packages()


def _about(folder: Path) -> dict[str, Any]:
    try:
        return cast("dict[str, Any]", json.loads((folder / ABOUT).read_text(encoding="utf-8")))
    except (OSError, ValueError) as error:
        raise ScoringError(
            f"{folder / ABOUT}: what the second reader is can't be read",
            code="scoring.weights_missing",
            hint="Install the package again.",
        ) from error


def _words(window: Window) -> NDArray[np.bool_]:
    """Which pieces are words and no marks of punctuation."""
    return np.array([window.text[piece.start].isalnum() for piece in window.pieces])


def _ranges(
    pieces: Sequence[Piece],
    marks: FloatArray,
    allowed: NDArray[np.bool_],
    *,
    least_one: bool,
    widened: NDArray[np.bool_] | None = None,
) -> tuple[Range, ...]:
    """Runs of pieces that are marked, in one sentence each; where asked for, with those beside them nearly as loud."""
    chosen = allowed & (marks > _EVEN)
    if least_one and allowed.any() and not chosen.any():
        chosen[int(np.where(allowed, marks, -np.inf).argmax())] = True
    if widened is not None and chosen.any():
        chosen = _spread(chosen, allowed & widened & (marks > marks[chosen].max() - _NEARLY))
    runs: list[Range] = []
    for index in np.flatnonzero(chosen).tolist():
        piece = pieces[index]
        if runs and runs[-1][0] == piece.place and runs[-1][2] == piece.first - 1:
            runs[-1] = piece.place, runs[-1][1], piece.last
        else:
            runs.append((piece.place, piece.first, piece.last))
    return tuple(runs)


def _spread(chosen: NDArray[np.bool_], loud: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """What is chosen, and what is loud up to `_WIDEST` pieces without a gap from one that is chosen alone."""
    spread = chosen & ~_beside(chosen)
    for _ in range(_WIDEST):
        spread |= _beside(spread) & loud
    return chosen | spread


def _beside(pieces: NDArray[np.bool_]) -> NDArray[np.bool_]:
    beside = np.zeros_like(pieces)
    beside[1:] |= pieces[:-1]
    beside[:-1] |= pieces[1:]
    return beside
