"""How well the scorer tells blame on a labelled set: overall, per class of text and language, and between groups."""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

from moderator.domain.score import Label
from moderator.errors import ScoringError
from moderator.scoring.base import ScoreRequest
from moderator.scoring.blame.scorer import BlameScorer

SWAPS: Mapping[str, tuple[str, ...]] = {
    "en": ("Norwegians", "Peruvians", "Muslims", "Tarkovians"),
    "ru": ("норвежцы", "перуанцы", "мусульмане", "тарковцы"),
    "uk": ("норвежці", "перуанці", "мусульмани", "тарковці"),
    "de": ("Norweger", "Peruaner", "Muslime", "Tarkovianer"),
    "fr": ("Norvégiens", "Péruviens", "musulmans", "Tarkoviens"),
    "es": ("noruegos", "peruanos", "musulmanes", "tarkovianos"),
}
"""What the swap test puts in place of a plural group: two real peoples, a faith, and one that nobody ever heard of."""

_THRESHOLD = 0.5


@dataclass(frozen=True, slots=True)
class Rates:
    """Counts at the threshold, and the rates that follow. A rate is `None` where nothing was to be counted."""

    right_blame: int = 0
    missed: int = 0
    false_alarms: int = 0
    right_none: int = 0

    @property
    def precision(self) -> float | None:
        """Share of alarms that were right, 0..1."""
        return _share(self.right_blame, self.right_blame + self.false_alarms)

    @property
    def recall(self) -> float | None:
        """Share of blame that was seen, 0..1: the true-positive rate."""
        return _share(self.right_blame, self.right_blame + self.missed)

    @property
    def false_positive_rate(self) -> float | None:
        """Share of harmless texts that raised an alarm, 0..1."""
        return _share(self.false_alarms, self.false_alarms + self.right_none)

    @property
    def f1(self) -> float:
        """Harmonic mean of precision and recall, 0..1."""
        return 2 * self.right_blame / max(1, 2 * self.right_blame + self.false_alarms + self.missed)

    @property
    def accuracy(self) -> float | None:
        """Share judged rightly, 0..1."""
        right = self.right_blame + self.right_none
        return _share(right, right + self.missed + self.false_alarms)


@dataclass(frozen=True, slots=True)
class BlameReport:
    """What an evaluation found.

    Attributes:
        auc: Area under the ROC curve, ties counted half; `None` with one class only.
        pairs: Contrast pairs in the set; `pair_accuracy` is the share with both sides right.
        classes: Accuracy and size per functionality (`F01` ...).
        languages, group_types: Rates per language and per type of group.
        false_positive_gap, recall_gap: Largest minus smallest rate between group types with at least `least` texts.
        span_f1: Overlap of evidence with the labelled spans in characters, on blame.
        swap: Largest move of a score when the group is swapped; `swapped` is how many texts could be.
        unscored: Texts in a language that isn't scored; they count as no alarm.
    """

    size: int
    overall: Rates
    auc: float | None
    pairs: int
    pair_accuracy: float | None
    classes: Mapping[str, tuple[float, int]]
    languages: Mapping[str, Rates]
    group_types: Mapping[str, Rates]
    false_positive_gap: float
    recall_gap: float
    span_f1: float
    swap: float
    swapped: int
    unscored: int
    scores: Sequence[float] = field(default=(), repr=False)


def evaluate_blame(gold_path: Path, scorer: BlameScorer | None = None, *, least: int = 1) -> BlameReport:
    """Measures the scorer on a labelled set.

    Args:
        gold_path: JSON lines with `id, text, lang, label, functionality, group_type, pair_id, spans`, and `context`.
        scorer: Who is measured; the shipped one where `None`.
        least: Smallest number of texts with which a group type counts for the gaps.

    Raises:
        ScoringError: A line isn't a labelled text.
    """
    return evaluate_items(read_gold(gold_path), scorer, least=least)


def evaluate_items(
    gold: Sequence[Mapping[str, Any]], scorer: BlameScorer | None = None, *, least: int = 1
) -> BlameReport:
    """Measures the scorer on labelled texts already read, each with every field that `read_gold` gives."""
    judge = scorer or BlameScorer()
    requests = [_request(item) for item in gold]
    sets = [found for found in judge.score(requests) if not hasattr(found, "reason")]
    raw = [cast("Any", found).scores[Label.COLLECTIVE_BLAME] for found in sets]
    scores = [0.0 if score is None else float(score) for score in raw]
    rows = list(zip(gold, scores, strict=True))
    swap, swapped = swap_test(judge, gold, scores)
    by_type = _by(rows, "group_type")
    types = {name: rates for name, rates in by_type.items() if _size(rates) >= least}
    both, pairs = _pairs(rows)
    return BlameReport(
        size=len(gold),
        overall=_rates(rows),
        auc=_auc([(bool(item["label"]), score) for item, score in rows]),
        pairs=pairs,
        pair_accuracy=_share(both, pairs),
        classes={name: (rates.accuracy or 0.0, _size(rates)) for name, rates in _by(rows, "functionality").items()},
        languages=_by(rows, "lang"),
        group_types=by_type,
        false_positive_gap=_gap([rates.false_positive_rate for rates in types.values()]),
        recall_gap=_gap([rates.recall for rates in types.values()]),
        span_f1=_span_f1([(item, cast("Any", found).spans) for item, found in zip(gold, sets, strict=True)]),
        swap=swap,
        swapped=swapped,
        unscored=sum(score is None for score in raw),
        scores=tuple(scores),
    )


def read_gold(path: Path) -> list[dict[str, Any]]:
    """Reads a labelled set.

    Raises:
        ScoringError: A line isn't JSON, or lacks text, language or label.
    """
    items: list[dict[str, Any]] = []
    with path.open(encoding="utf-8") as lines:
        for number, line in enumerate(lines, 1):
            if not line.strip():
                continue
            try:
                item = cast("dict[str, Any]", json.loads(line))
                items.append({"functionality": "", "group_type": "", "pair_id": None, "spans": [], **item})
                _ = (item["text"], item["lang"], item["label"])
            except (json.JSONDecodeError, KeyError, TypeError):
                raise ScoringError(
                    f"{path.name} line {number} is no labelled text",
                    code="blame.gold",
                    hint="Each line needs at least text, lang and label.",
                ) from None
    return items


def swap_test(scorer: BlameScorer, gold: Sequence[Mapping[str, Any]], scores: Sequence[float]) -> tuple[float, int]:
    """Replaces the labelled plural group of each blaming text by others and looks how far the score moves.

    Returns:
        The largest move, 0..1, and how many texts had a group that can be replaced word for word.
    """
    largest, count = 0.0, 0
    for item, score in zip(gold, scores, strict=True):
        place = _swappable(item)
        if place is None:
            continue
        count += 1
        text = str(item["text"])
        for name in SWAPS[str(item["lang"])]:
            shaped = _shaped(name, text[place[0] : place[1]])
            moved = scorer.score([_request({**item, "text": text[: place[0]] + shaped + text[place[1] :]})])[0]
            largest = max(largest, abs(float(cast("Any", moved).scores[Label.COLLECTIVE_BLAME] or 0.0) - score))
    return largest, count


def _swappable(item: Mapping[str, Any]) -> tuple[int, int] | None:
    """Where a text names its group once, as one plural word in the nominative."""
    groups = [span for span in item["spans"] if span["role"] == "group"]
    if item["lang"] not in SWAPS or len(groups) != 1 or item["functionality"] == "F17":
        return None
    start, end = int(groups[0]["start"]), int(groups[0]["end"])
    word = str(item["text"])[start:end]
    endings = {"en": "s", "ru": "ы", "uk": "ці", "de": "er", "fr": "s", "es": "s"}[str(item["lang"])]
    return (start, end) if re.fullmatch(r"\w{4,}", word) and word.lower().endswith(endings) else None


def _shaped(name: str, original: str) -> str:
    if original.islower():
        return name.lower()
    return name.upper() if original.isupper() else name[0].upper() + name[1:]


def _request(item: Mapping[str, Any]) -> ScoreRequest:
    context = cast("Mapping[str, str]", item.get("context") or {})
    return ScoreRequest(str(item["text"]), str(item["lang"]), context.get("title"), context.get("parent"))


def _share(part: int, whole: int) -> float | None:
    return part / whole if whole else None


def _size(rates: Rates) -> int:
    return rates.right_blame + rates.missed + rates.false_alarms + rates.right_none


def _rates(rows: Sequence[tuple[Mapping[str, Any], float]]) -> Rates:
    counts: dict[tuple[bool, bool], int] = defaultdict(int)
    for item, score in rows:
        counts[bool(item["label"]), score >= _THRESHOLD] += 1
    return Rates(counts[True, True], counts[True, False], counts[False, True], counts[False, False])


def _by(rows: Sequence[tuple[Mapping[str, Any], float]], key: str) -> dict[str, Rates]:
    grouped: dict[str, list[tuple[Mapping[str, Any], float]]] = defaultdict(list)
    for row in rows:
        grouped[str(row[0][key])].append(row)
    return {name: _rates(members) for name, members in sorted(grouped.items())}


def _pairs(rows: Sequence[tuple[Mapping[str, Any], float]]) -> tuple[int, int]:
    right: dict[str, bool] = {}
    for item, score in rows:
        if item["pair_id"]:
            name = str(item["pair_id"])
            right[name] = right.get(name, True) and (score >= _THRESHOLD) == bool(item["label"])
    return sum(right.values()), len(right)


def _gap(rates: Sequence[float | None]) -> float:
    known = [rate for rate in rates if rate is not None]
    return max(known) - min(known) if known else 0.0


def _auc(rows: Sequence[tuple[bool, float]]) -> float | None:
    """Probability that a blaming text scores above a harmless one, ties counted half. Source: Mann and Whitney 1947."""
    blame = [score for label, score in rows if label]
    harmless = [score for label, score in rows if not label]
    if not blame or not harmless:
        return None
    above = sum((a > b) + 0.5 * (a == b) for a in blame for b in harmless)
    return above / (len(blame) * len(harmless))


def _span_f1(rows: Sequence[tuple[Mapping[str, Any], Sequence[Any]]]) -> float:
    shared = labelled = shown = 0
    for item, spans in rows:
        if not item["label"]:
            continue
        wanted = _characters((int(span["start"]), int(span["end"])) for span in item["spans"])
        found = _characters((span.start, span.end) for span in spans)
        shared, labelled, shown = shared + len(wanted & found), labelled + len(wanted), shown + len(found)
    return 2 * shared / max(1, labelled + shown)


def _characters(ranges: Any) -> set[int]:
    return {at for start, end in ranges for at in range(start, end)}
