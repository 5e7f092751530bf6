"""A decision with all that was on the table, ready to draw: every string from outside has been through the gate."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, cast

from moderator.domain.comment import Revision
from moderator.domain.decision import Decision
from moderator.domain.score import Label
from moderator.text.visible import Visible, visible, visible_line

_BODY_LIMIT = 5_000
_LINE_LIMIT = 300
_SEVERE = 0.8


@dataclass(frozen=True, slots=True)
class PastScore:
    """A label's score as it was when somebody decided; `None` where nobody could judge it."""

    label: Visible
    score: float | None
    review: float | None
    priority: float | None


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class DecisionView:
    """One decision.

    Attributes:
        body: The text that was decided on; `None` where it's gone.
        previous_body: The text before that one, where there was an edit.
        severe: One of the two texts reached an upper threshold: they are masked until asked for.
        later: How many edits came after the decision.
        final: Why taking it back doesn't reach its site; empty where it does.
    """

    decision: Decision = field(repr=False)
    note: Visible = field(repr=False)
    place: Visible
    rule: Visible
    scores: tuple[PastScore, ...]
    scorers: Visible
    body: Visible | None = field(repr=False)
    previous_body: Visible | None = field(repr=False)
    severe: bool
    later: int
    final: Visible


def present_decision(decision: Decision, revisions: Sequence[Revision], final: str | None = None) -> DecisionView:
    """A decision with the texts of its comment, and what is to be said before it's taken back."""
    bodies = {each.number: each.body for each in revisions}
    body, previous = bodies.get(decision.revision), bodies.get(decision.revision - 1)
    return DecisionView(
        decision=decision,
        note=visible_line(decision.note or "", _LINE_LIMIT),
        place=visible_line(" · ".join(part for part in (decision.section, decision.source) if part), _LINE_LIMIT),
        rule=visible_line(decision.rule, _LINE_LIMIT),
        scores=tuple(_scores(decision)),
        scorers=visible_line(
            ", ".join(f"{each.get('name', '')} {each.get('version', '')}" for each in decision.scorers), _LINE_LIMIT
        ),
        body=None if body is None else visible(body, _BODY_LIMIT),
        previous_body=None if previous is None else visible(previous, _BODY_LIMIT),
        severe=any(
            score >= decision.thresholds.get(label.value, {}).get("priority", _SEVERE)
            for each in revisions
            if each.number in {decision.revision, decision.revision - 1}
            for label, score in each.scores.items()
        ),
        later=max(max(bodies, default=decision.revision) - decision.revision, 0),
        final=visible_line(final or "", _LINE_LIMIT),
    )


# A log's JSON is canonical, its keys in the order of letters; the desk has an order of its own.
_ORDER = {label.value: place for place, label in enumerate(Label)}


def _scores(decision: Decision) -> list[PastScore]:
    found: dict[str, float | None] = {}
    for scorer in decision.scorers:
        said = cast("Mapping[str, float | None]", scorer.get("scores") or {})
        found |= {label: score for label, score in said.items() if score is not None or label not in found}
    thresholds: Mapping[str, Mapping[str, Any]] = decision.thresholds
    return [
        PastScore(
            visible_line(label.replace("_", " "), 20),
            score,
            thresholds.get(label, {}).get("review"),
            thresholds.get(label, {}).get("priority"),
        )
        for label, score in sorted(found.items(), key=lambda entry: _ORDER.get(entry[0], len(_ORDER)))
    ]
