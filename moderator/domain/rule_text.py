"""What queued a comment, as the log keeps it."""

from __future__ import annotations

from moderator.domain.policy import AUDIT_RULE, Routing

_MOST_HITS = 3
"""Entries of word lists that the log names; the card shows all of them."""


def rule_text(routing: Routing, audit_share: float) -> str:
    """What queued it, in a few words: the first trigger, entries of lists, what nobody could judge, or the audit."""
    if routing.audited:
        return f"{AUDIT_RULE} {audit_share:g}"
    said = [str(hit) for hit in routing.hits[:_MOST_HITS]]
    if len(routing.hits) > _MOST_HITS:
        said.append(f"{len(routing.hits) - _MOST_HITS} more entries")
    if routing.triggers:
        first = routing.triggers[0]
        led = f"{first.label.value} {first.score:.4f} >= {first.threshold:g} -> {first.route.value}"
        said.insert(len(said) if routing.listed_first else 0, led)
    elif routing.unjudged and not said:
        said.append(f"not judged: {', '.join(label.value for label in routing.unjudged)}")
    return "; ".join(said)
