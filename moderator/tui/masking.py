"""Evidence in a shown text, and the mask over severe words: shape and first letters stay until somebody asks."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from rich.cells import get_character_cell_size

from moderator.domain.policy import Threshold
from moderator.domain.score import Label, ScoreSet, SpanRole
from moderator.domain.word_lists import Hit
from moderator.text.visible import Inspection, Visible

_DOT = "•"
_WIDE_DOT = "＊"  # noqa: RUF001 - two cells wide, as the letter that it stands for

_SEVERE_WITHOUT_THRESHOLD = 0.8
_ABOUT_GROUPS = frozenset({Label.IDENTITY_ATTACK, Label.COLLECTIVE_BLAME})
"""Evidence for these is often the plain name of a people: masked only where the words around it are foul as well."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """A highlighted stretch of the shown body: `[start, end)` in display characters.

    Attributes:
        label: What it speaks for; `None` for a word of a list.
        severe: Whether its words are masked until asked for.
    """

    start: int
    end: int
    role: SpanRole
    label: Label | None
    severe: bool


def find_evidence(
    score_sets: tuple[ScoreSet, ...],
    inspection: Inspection,
    scores: Mapping[Label, float | None],
    thresholds: Mapping[Label, Threshold],
    hits: tuple[Hit, ...] = (),
) -> tuple[Evidence, ...]:
    """Where a text's evidence stands in what is shown of it, in reading order.

    Args:
        score_sets: What scorers said of the text.
        inspection: The text as the gate gives it.
        scores: The same scores, merged: per label, `None` where nobody could judge it.
        thresholds: In force for it. Evidence for a label that reached its upper one is severe.
        hits: Words of the operator's lists in it.
    """
    severe = _severe(scores, thresholds)
    found: dict[tuple[int, int, SpanRole], Evidence] = {}
    for score_set in score_sets:
        for span in score_set.spans:
            start, end = inspection.to_display(span.start, span.end)
            if start < end:
                masked = span.role is SpanRole.TOXIC and span.label in severe
                found[start, end, span.role] = Evidence(start, end, span.role, span.label, masked)
    for place in (place for hit in hits for place in hit.places):
        start, end = inspection.to_display(*place)
        if start < end:
            found[start, end, SpanRole.LISTED] = Evidence(start, end, SpanRole.LISTED, None, severe=False)
    return tuple(sorted(found.values(), key=lambda piece: (piece.start, piece.end)))


def _severe(scores: Mapping[Label, float | None], thresholds: Mapping[Label, Threshold]) -> set[Label]:
    """Labels whose evidence is masked until asked for: those that reached their upper threshold."""
    severe: set[Label] = set()
    foul = False
    for label, score in scores.items():
        threshold = thresholds.get(label)
        if score is None:
            continue
        if score >= (threshold.priority if threshold else _SEVERE_WITHOUT_THRESHOLD):
            severe.add(label)
        if label not in _ABOUT_GROUPS and score >= (threshold.review if threshold else _SEVERE_WITHOUT_THRESHOLD):
            foul = True
    return severe if foul else severe - _ABOUT_GROUPS


def mask(text: Visible, evidence: Iterable[Evidence]) -> Visible:
    """The text with every severe stretch masked: first letter of each word, then dots of the same width.

    Args:
        text: Text as shown.
        evidence: Stretches of it; only severe ones are masked.

    Returns:
        Text of the same length, so that every offset still fits.
    """
    letters = list(text)
    for piece in evidence:
        if piece.severe:
            _mask_words(letters, piece.start, piece.end)
    return Visible("".join(letters))


def masked(text: Visible) -> Visible:
    """The text with every word masked, where it isn't known which of them are the severe ones."""
    letters = list(text)
    _mask_words(letters, 0, len(letters))
    return Visible("".join(letters))


def _mask_words(letters: list[str], start: int, end: int) -> None:
    # A stretch that begins inside a word has no first letter to keep.
    in_word = start > 0 and letters[start - 1].isalnum()
    for at in range(start, min(end, len(letters))):
        letter = letters[at]
        if not letter.isalnum():
            in_word = in_word and not letter.isspace()
        elif in_word:
            letters[at] = _WIDE_DOT if get_character_cell_size(letter) > 1 else _DOT
        else:
            in_word = True
