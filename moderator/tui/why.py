"""Why a comment is here, in a line for a moderator who has a second."""

from __future__ import annotations

from collections.abc import Mapping

from moderator.domain.comment import Card, ScoringState
from moderator.domain.policy import Routing, Threshold
from moderator.domain.score import Label
from moderator.text.visible import Visible, visible_line
from moderator.tui.wording import LABELS


def why_here(
    card: Card, routing: Routing, scores: Mapping[Label, float | None], thresholds: Mapping[Label, Threshold]
) -> Visible:
    """One line: the label or the word that put a comment here, or why there is none.

    Args:
        card: The comment.
        routing: What the policy suggests for it.
        scores: Its scores, merged.
        thresholds: In force where it stands.
    """
    if card.row.scoring is not ScoringState.SCORED:
        waits = card.row.scoring is ScoringState.WAITING
        return visible_line("not scored yet" if waits else "could not be scored, so a person looks")
    if routing.triggers or routing.hits:
        return _found(routing)
    if routing.unjudged:
        names = ", ".join(LABELS[label] for label in routing.unjudged)
        return visible_line(f"no scorer could judge {names}, so a person looks")
    if routing.audited:
        return visible_line("nothing reached its threshold; drawn at random, so that somebody looks")
    lead = routing.lead
    score = None if lead is None else scores.get(lead)
    if lead is None or score is None or lead not in thresholds:
        return visible_line("no label has a threshold here")
    return visible_line(
        f"nothing reached its threshold; nearest {LABELS[lead]} {score:.2f} < {thresholds[lead].review:.2f}"
    )


def _found(routing: Routing) -> Visible:
    """What a label or a word list found, the graver first."""
    listed = ""
    if routing.hits:
        hit = routing.hits[0]
        more = f" and {len(routing.hits) - 1} more entries" if len(routing.hits) > 1 else ""
        listed = f"{hit}{more}"
    if routing.listed_first or not routing.triggers:
        return visible_line(listed)
    first = routing.triggers[0]
    more = f" and {len(routing.triggers) - 1} more" if len(routing.triggers) > 1 else ""
    said = f"{LABELS[first.label]} {first.score:.2f} ≥ {first.threshold:.2f} (+{first.margin:.2f})"
    return visible_line(f"{said}{more}{'; ' if listed else ''}{listed}")
