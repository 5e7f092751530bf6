"""Which labels a scorer gives, known before it runs. Imports no scorer."""

from __future__ import annotations

from moderator.domain.score import Label
from moderator.scoring.base import ScorerSpec

_SIX = frozenset(Label) - {Label.SEXUAL_EXPLICIT, Label.COLLECTIVE_BLAME}
_SEVEN = _SIX | {Label.SEXUAL_EXPLICIT}


def labels_of(spec: ScorerSpec) -> frozenset[Label] | None:
    """Labels that a scorer of ours can give in at least one language; `None` for a plug-in, which is asked by running.

    Source: the label lists of the published checkpoints, https://github.com/unitaryai/detoxify.
    """
    if spec.name == "blame":
        return frozenset({Label.COLLECTIVE_BLAME})
    if spec.name.startswith("embedded"):
        return _SIX
    if spec.name.startswith("detoxify-"):
        return _SIX if spec.name.startswith("detoxify-original") else _SEVEN
    return None
