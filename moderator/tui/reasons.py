"""The reasons offered for a rejection, checked: each needs a key of its own."""

from __future__ import annotations

from collections.abc import Sequence

from moderator.domain.decision import REASONS, Reason


def pick_reasons(own: Sequence[tuple[str, str, str]]) -> tuple[tuple[Reason, ...], str | None]:
    """The reasons to offer.

    Args:
        own: Code, key and title of each, from the configuration. Empty: as shipped.

    Returns:
        The reasons, and a sentence that says why `own` was not taken, or `None`.
    """
    seen: dict[str, str] = {}
    for code, key, _ in own:
        if len(key) != 1 or not key.isprintable() or key == " ":
            return REASONS, f"Reason '{code}' needs one single key, so the shipped reasons are used."
        if key in seen:
            return REASONS, f"Reasons '{seen[key]}' and '{code}' share the key '{key}', so the shipped ones are used."
        seen[key] = code
    return tuple(Reason(*one) for one in own) or REASONS, None
