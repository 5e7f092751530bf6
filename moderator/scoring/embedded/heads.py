"""What the embedded model answers inside, before calibration turns it into labels."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from moderator.domain.score import Label

LABELS: tuple[Label, ...] = (
    Label.TOXICITY,
    Label.SEVERE_TOXICITY,
    Label.OBSCENE,
    Label.THREAT,
    Label.INSULT,
    Label.IDENTITY_ATTACK,
)
# Hate against groups is learned apart from Jigsaw's identity_attack, which means something narrower;
# calibration joins the two into one answer.
HATE = "hate"
HEADS: tuple[str, ...] = (*(str(label) for label in LABELS), HATE)
HEARD_BY: Mapping[str, Sequence[str]] = {
    **{head: (head,) for head in HEADS},
    Label.IDENTITY_ATTACK: (Label.IDENTITY_ATTACK, HATE),
}
"""Heads that each answer listens to."""
