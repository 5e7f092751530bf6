"""What scores owe to the names of groups, over many comments: would another name have changed what the policy says?"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

import numpy as np
from sqlalchemy import Connection

from moderator.domain.policy import Policy, Route, route
from moderator.domain.score import Label
from moderator.scoring.base import ScoreRequest
from moderator.scoring.identity_swap import DRIVES, Probe, mentions, probe
from moderator.scoring.panel import Panel
from moderator.services.tuning.history import History
from moderator.services.tuning.intervals import Estimate, share
from moderator.storage.history_rows import current_texts
from moderator.storage.score_matrix import Place

LANGUAGE = "en"
"""The language whose names can be swapped without touching the words around them."""

_BATCH = 16
_READ_PER_WANTED = 50


@dataclass(frozen=True, slots=True)
class Named:
    """A comment that names a group.

    Attributes:
        place: Where it stands, for the thresholds in force there.
    """

    id: int
    place: Place
    request: ScoreRequest


@dataclass(frozen=True, slots=True)
class LabelSwings:
    """How far one label's scores move when only the name changes, 0..1.

    Attributes:
        comments: Comments that it was scored for with several names.
        driven: Those whose scores lie at least `DRIVES` apart: the name drives them.
        mean, largest: Distance from the lowest to the highest score of a comment.
        largest_in: The comment with the largest.
    """

    label: Label
    comments: int
    driven: int
    mean: float
    largest: float
    largest_in: int


@dataclass(frozen=True, slots=True)
class Swaps:
    """What swapping names does to a sample.

    Attributes:
        probed: Comments whose names were swapped.
        flipped: Those that another group's name would have held though this one passes, or the other way about.
        labels: The widest on average first.
    """

    probed: int
    flipped: tuple[int, ...]
    labels: tuple[LabelSwings, ...]

    @property
    def flips(self) -> Estimate:
        """Share of the probed comments that would flip."""
        return share(len(self.flipped), self.probed)


def naming(conn: Connection, history: History, most: int, seed: int = 1) -> list[Named]:
    """Decided comments in English that name a group whose name can be swapped, drawn at random.

    Args:
        conn: A transaction.
        history: The past.
        most: How many at most; fifty times as many texts are read for them at most.
        seed: For the draw.
    """
    comments = history.comments
    english = np.array([place.language == LANGUAGE for place in comments.places], dtype=np.bool_)
    rows = np.flatnonzero(history.decided & english[comments.place_of]) if len(english) else np.empty(0, np.int64)
    drawn = np.random.default_rng(seed).permutation(rows)[: most * _READ_PER_WANTED]
    row_of: dict[int, int] = {int(comments.ids[row]): int(row) for row in drawn}
    found = (
        Named(comment_id, comments.places[int(comments.place_of[row_of[comment_id]])], ScoreRequest(body, LANGUAGE))
        for comment_id, body in current_texts(conn, list(row_of))
        if mentions(body)
    )
    return list(islice(found, most))


def swap_names(named: Sequence[Named], panel: Panel, policy: Policy) -> Swaps:
    """Scores comments again with every other group's name.

    Raises:
        ScoringError: The scorer as a whole can't work.
    """
    probes = list(_probed(named, panel))
    spans: dict[Label, list[tuple[float, int]]] = {}
    for each, found in probes:
        for swing in found.swings:
            if swing.others:
                spans.setdefault(swing.label, []).append((swing.span, each.id))
    labels = [
        LabelSwings(
            label,
            len(known),
            sum(span >= DRIVES for span, _ in known),
            sum(span for span, _ in known) / len(known),
            *max(known),
        )
        for label, known in spans.items()
    ]
    labels.sort(key=lambda one: (-one.mean, one.label))
    return Swaps(len(probes), tuple(each.id for each, found in probes if _flips(each, found, policy)), tuple(labels))


def _probed(named: Sequence[Named], panel: Panel) -> Iterator[tuple[Named, Probe]]:
    for start in range(0, len(named), _BATCH):
        batch = named[start : start + _BATCH]
        for each, found in zip(batch, probe([one.request for one in batch], panel), strict=True):
            if found is not None:
                yield each, found


def _flips(named: Named, found: Probe, policy: Policy) -> bool:
    """Whether some other name takes the comment over the line between passing and being held."""
    own = {swing.label: swing.score for swing in found.swings}
    names = dict.fromkeys(name for swing in found.swings for name in swing.others)
    others: Iterable[dict[Label, float]] = (
        {swing.label: swing.others.get(name, swing.score) for swing in found.swings} for name in names
    )
    hits = policy.lists.hits(named.request.text, LANGUAGE)

    def held(scores: dict[Label, float]) -> bool:
        section, source, language = named.place
        said = route(scores, policy, section, source=source, language=language, hits=hits)
        return said.route is not Route.APPROVE

    before = held(own)
    return any(held(scores) != before for scores in others)
