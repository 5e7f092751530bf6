"""From the `[policy]` table to the policy: what a place inherits, and thresholds that contradict each other."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from moderator.config.diagnosis import origin_layer
from moderator.config.faults import Fault, place_of
from moderator.config.layers import Layer, dotted
from moderator.config.model import DEFAULT_THRESHOLDS, PolicySection, ThresholdSection
from moderator.domain.policy import Policy, Threshold
from moderator.domain.score import Label
from moderator.domain.word_lists import WordLists
from moderator.errors import PolicyError

OVERRIDING = ("sections", "sources", "languages")
"""Tables of `[policy]` that hold thresholds of their own, by name."""

NO_LISTS = WordLists()

Contradiction = tuple[tuple[str, ...], PolicyError]
"""Path of a label's thresholds, and why they can't be used."""


def policy_from(
    section: PolicySection,
    config_hash: str,
    contradict: Callable[[Contradiction], None],
    lists: WordLists = NO_LISTS,
) -> Policy:
    """The policy that a table describes.

    Args:
        section: The table, each value within its range.
        config_hash: Goes into the policy.
        contradict: Told of thresholds that can't be used, which are then left out.
        lists: Its word lists, read.
    """

    def resolved(
        path: tuple[str, ...], given: Mapping[Label, ThresholdSection], above: Mapping[Label, Threshold]
    ) -> dict[Label, Threshold]:
        found: dict[Label, Threshold] = {}
        for label, own in given.items():
            try:
                found[label] = _threshold(label, own, above.get(label))
            except PolicyError as error:
                contradict((("policy", *path, label.value), error))
        return found

    general = resolved(("thresholds",), section.thresholds, {})
    overriding: dict[str, dict[str, Mapping[Label, Threshold]]] = {}
    for kind in OVERRIDING:
        named: Mapping[str, Mapping[Label, ThresholdSection]] = getattr(section, kind)
        overriding[kind] = {name: resolved((kind, name), own, general) for name, own in named.items()}
    return Policy(
        thresholds=general,
        required=frozenset(section.required),
        auto_approve=section.auto_approve,
        audit_share=section.audit_share,
        config_hash=config_hash,
        lists=lists,
        **overriding,
    )


def contradiction_fault(found: Contradiction, layers: Sequence[Layer]) -> Fault:
    """A contradiction with its place: where `priority` stands, or else `review`."""
    path, error = found
    layer = origin_layer(layers, (*path, "priority")) or origin_layer(layers, (*path, "review"))
    message = f"{dotted(path)}: {error.message}"
    return place_of(layer, path).fault(dotted(path), message, hint=error.hint, code=error.code)


def _threshold(label: Label, given: ThresholdSection, above: Threshold | None) -> Threshold:
    review, priority = (above.review, above.priority) if above else DEFAULT_THRESHOLDS[label]
    return Threshold(
        given.review if given.review is not None else review,
        given.priority if given.priority is not None else priority,
    )
