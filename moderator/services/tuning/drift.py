"""Two scorers on the same texts: how scores moved, and which thresholds leave the queue as long as it is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from moderator.domain.policy import Policy, Threshold
from moderator.domain.score import Label, ScorerId
from moderator.services.tuning.curves import ROUNDS, Cells, Curve, Outcomes, auc, cells, estimate, roc
from moderator.services.tuning.history import find_scorer, taken
from moderator.services.tuning.intervals import NOTHING, Estimate
from moderator.services.tuning.replay import COLUMN
from moderator.storage.engine import Database
from moderator.storage.history_rows import PastComments, SaidScores, past_comments, said_scores, stored_scorers

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

QUANTILES = (0.05, 0.25, 0.5, 0.75, 0.95)
"""Places at which a distribution is described."""

FEWEST = 50
"""Texts that both must have scored before thresholds are mapped."""

_DIGITS = 3


@dataclass(frozen=True, slots=True, eq=False)
class Moved:
    """How one label moved from one scorer to another, on texts that both scored.

    Attributes:
        old, new: The scores at `QUANTILES`.
        shift: Mean of new less old, -1..1.
        apart: Mean distance, 0..1.
        largest: The largest distance.
        agreement: Rank correlation, -1..1; `nan` where either gives all the same.
        now, then: The threshold in force, and the one that as many of these texts reach with the new scorer.
        held, kept: How many reach `now` with the old scorer, and how many of them reach `then` with the new one.
        auc_old, auc_new: On the decided ones among these texts.
        roc_old, roc_new: Their curves; `None` where nothing was decided.
    """

    label: Label
    texts: int
    old: tuple[float, ...]
    new: tuple[float, ...]
    shift: float
    apart: float
    largest: float
    agreement: float
    now: Threshold | None
    then: Threshold | None
    held: int
    kept: int
    auc_old: Estimate
    auc_new: Estimate
    roc_old: Curve | None
    roc_new: Curve | None


@dataclass(frozen=True, slots=True, eq=False)
class Drift:
    """Two scorers compared.

    Attributes:
        both: Texts that both scored.
        only_old, only_new: Texts that one of them alone scored.
        labels: Labels that both give.
        gone, added: Labels that only the old one gives, and only the new one.
    """

    old: ScorerId
    new: ScorerId
    both: int
    only_old: int
    only_new: int
    labels: tuple[Moved, ...]
    gone: tuple[Label, ...]
    added: tuple[Label, ...]

    @property
    def thresholds(self) -> dict[Label, Threshold]:
        """Thresholds that leave the queue as long as it is, by label."""
        return {one.label: one.then for one in self.labels if one.then is not None}


def compare(db: Database, policy: Policy, old: str, new: str, *, since_ms: int | None = None) -> Drift:
    """Compares two scorers whose scores are in the database.

    Args:
        db: The database.
        policy: What is in force.
        old: As `NAME@VERSION`, see `find_scorer`.
        new: Likewise.
        since_ms: Only texts posted from then on, UTC milliseconds.

    Raises:
        ConfigError: No stored scorer has such a name, or several have.
        StorageError: The database failed.
    """
    with db.read() as conn:
        stored = stored_scorers(conn)
        before, after = find_scorer(stored, old), find_scorer(stored, new)
        past = past_comments(conn, since_ms)
        said = said_scores(conn, past, (before.scorer, after.scorer))
    shared = sorted(before.labels & after.labels, key=list(Label).index)
    spoke = [said.spoke[one.scorer] for one in (before, after)]
    return Drift(
        old=before.scorer,
        new=after.scorer,
        both=int(np.count_nonzero(spoke[0] & spoke[1])),
        only_old=int(np.count_nonzero(spoke[0] & ~spoke[1])),
        only_new=int(np.count_nonzero(spoke[1] & ~spoke[0])),
        labels=tuple(_moved(label, past, said, (before.scorer, after.scorer), policy) for label in shared),
        gone=tuple(sorted(before.labels - after.labels)),
        added=tuple(sorted(after.labels - before.labels)),
    )


def _moved(label: Label, past: PastComments, said: SaidScores, pair: Sequence[ScorerId], policy: Policy) -> Moved:
    scores = [said.scores[one][:, COLUMN[label]] for one in pair]
    both = ~np.isnan(scores[0]) & ~np.isnan(scores[1])
    old, new = (each[both] for each in scores)
    now = policy.thresholds.get(label)
    enough = len(old) >= FEWEST
    then = mapped(now, old, new) if now is not None and enough else None
    held = old >= now.review if now else np.zeros(len(old), dtype=np.bool_)
    curves = [_told(taken(past, both), each) for each in (old, new)]
    return Moved(
        label=label,
        texts=len(old),
        old=_quantiles(old),
        new=_quantiles(new),
        shift=float((new - old).mean()) if len(old) else float("nan"),
        apart=float(np.abs(new - old).mean()) if len(old) else float("nan"),
        largest=float(np.abs(new - old).max()) if len(old) else float("nan"),
        agreement=_agreement(old, new),
        now=now,
        then=then,
        held=int(np.count_nonzero(held)),
        kept=int(np.count_nonzero(held & (new >= then.review))) if then else 0,
        auc_old=curves[0][0],
        auc_new=curves[1][0],
        roc_old=curves[0][1],
        roc_new=curves[1][1],
    )


def mapped(now: Threshold, old: Floats, new: Floats) -> Threshold:
    """The threshold that as many texts reach with new scores as reach one with the old.

    Args:
        now: In force.
        old: Scores of texts.
        new: Scores of the same texts.

    Returns:
        Each end to three digits: the one of which the number of texts comes closest.
    """
    review, priority = (_same_number(line, old, new) for line in (now.review, now.priority))
    return Threshold(review, max(priority, review))


def _same_number(line: float, old: Floats, new: Floats) -> float:
    wanted = int(np.count_nonzero(old >= line))
    if not wanted:
        return 1.0 if line == 1.0 else round(min(max(line, float(new.max()) + 10**-_DIGITS), 1.0), _DIGITS)
    ordered = np.sort(new)
    at = float(ordered[len(ordered) - wanted])
    steps = sorted({round(min(max(at + step * 10**-_DIGITS, 10**-_DIGITS), 1.0), _DIGITS) for step in (-1, 0, 1)})
    return min(steps, key=lambda step: abs(len(ordered) - int(np.searchsorted(ordered, step)) - wanted))


def _told(past: PastComments, scores: Floats) -> tuple[Estimate, Curve | None]:
    rows = past.outcome >= 0
    seen = Outcomes(scores[rows], past.outcome[rows] == 1, np.ones(int(np.count_nonzero(rows))))
    if not seen.two_sided:
        return NOTHING, None
    table: Cells = cells(seen)
    return estimate(table, auc, ROUNDS), roc(table, ROUNDS)


def _quantiles(scores: Floats) -> tuple[float, ...]:
    return tuple(float(one) for one in np.quantile(scores, QUANTILES)) if len(scores) else ()


def _agreement(old: Floats, new: Floats) -> float:
    """Spearman's rank correlation, ties sharing their mean rank."""
    ranks = [_ranks(each) for each in (old, new)]
    if not len(old) or any(np.ptp(each) == 0 for each in ranks):
        return float("nan")
    return float(np.corrcoef(ranks[0], ranks[1])[0, 1])


def _ranks(scores: Floats) -> Floats:
    _, place, counts = np.unique(scores, return_inverse=True, return_counts=True)
    return (np.cumsum(counts) - (counts - 1) / 2)[place]
