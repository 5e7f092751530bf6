"""Policy: from scores to a suggestion. Pure functions, no I/O.

A route is what the policy suggests. It is never a decision, and there is no route that rejects.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from moderator.domain.score import Label
from moderator.domain.word_lists import Hit, WordLists
from moderator.errors import PolicyError

UNSCORED_RISK = 0.5
"""Risk of a comment nobody could score: on the review line, neither buried nor on top."""

AUDIT_RISK = 0.5
"""Risk of a comment that was drawn at random: people must come to it, and not before what reached a threshold."""

AUDIT_RULE = "audit"
"""First word in the log where a comment was drawn at random; the share that was drawn follows."""

_REVIEW_RISK = 0.5
_PRIORITY_RISK = 0.8
_WORD = 2**64 - 1
_GOLDEN = 0x9E3779B97F4A7C15


class Route(StrEnum):
    """What the policy suggests: nothing found, a person should look, a person should look first."""

    APPROVE = "approve"
    REVIEW = "review"
    PRIORITY = "priority"


@dataclass(frozen=True, slots=True)
class Threshold:
    """Where a label's score starts to count.

    Attributes:
        review: Probability 0..1 from which a person should look.
        priority: Probability from which a person should look first; at least `review`.

    Raises:
        PolicyError: A value outside 0..1, or `priority` below `review`.
    """

    review: float
    priority: float

    def __post_init__(self) -> None:
        for name, value in (("review", self.review), ("priority", self.priority)):
            if not 0.0 < value <= 1.0:
                raise PolicyError(
                    f"threshold {name} = {value} is outside its range",
                    code="policy.range",
                    hint="Use a number above 0 and at most 1.",
                )
        if self.priority < self.review:
            raise PolicyError(
                f"priority = {self.priority} is below review = {self.review}",
                code="policy.order",
                hint="Raise priority or lower review: what comes first must also be looked at.",
            )


Overrides = Mapping[str, Mapping[Label, Threshold]]
"""Name of a section, source or language to the labels that differ there."""


@dataclass(frozen=True, slots=True)
class Policy:
    """Thresholds per label, and per language, source or section of the site where one differs.

    Attributes:
        thresholds: Label to threshold. A label that isn't here is shown but routes nothing.
        sections: Section name to the labels that differ there; the rest is inherited.
        required: Labels that must have been judged. Where one is `None` a person looks, and auto-approve is off.
        auto_approve: Approve what routes to `approve` without a person. Off unless the operator turns it on.
        audit_share: Share, 0..1, of what would route to `approve` that a person looks at all the same, drawn at random.
        config_hash: First 12 hex digits of the SHA-256 of the settings this was made from; frozen into decisions.
        sources: Source name to the labels that differ there.
        languages: ISO 639-1 code to the labels that differ there.
        lists: Words that people look for, whatever the scores say.
    """

    thresholds: Mapping[Label, Threshold]
    sections: Overrides = field(default_factory=dict[str, Mapping[Label, Threshold]])
    required: frozenset[Label] = frozenset({Label.TOXICITY})
    auto_approve: bool = False
    audit_share: float = 0.0
    config_hash: str = ""
    sources: Overrides = field(default_factory=dict[str, Mapping[Label, Threshold]])
    languages: Overrides = field(default_factory=dict[str, Mapping[Label, Threshold]])
    lists: WordLists = field(default_factory=WordLists)

    def overrides(self, section: str = "", source: str = "", language: str | None = None) -> Mapping[Label, Threshold]:
        """Labels whose thresholds differ for a comment: the section's word counts most, then the source's."""
        found = (self.languages.get(language or ""), self.sources.get(source), self.sections.get(section))
        return {label: threshold for own in found if own for label, threshold in own.items()}

    def in_force(self, section: str = "", source: str = "", language: str | None = None) -> Mapping[Label, Threshold]:
        """Thresholds in force for a comment: those of its section, source or language over the general ones."""
        own = self.overrides(section, source, language)
        return {**self.thresholds, **own} if own else self.thresholds


@dataclass(frozen=True, slots=True)
class Trigger:
    """One label that reached a threshold: "insult 0.91 >= 0.85, +0.06"."""

    label: Label
    score: float
    threshold: float
    route: Route

    @property
    def margin(self) -> float:
        """How far above its threshold the score is, in probability."""
        return self.score - self.threshold


@dataclass(frozen=True, slots=True)
class Routing:
    """What the policy suggests for one comment, and why.

    Attributes:
        risk: 0..1, comparable across labels: at least 0.5 means review, at least 0.8 means priority.
        triggers: Labels that reached a threshold, the highest risk first.
        unjudged: Required labels that no scorer could judge.
        lead: The label with the highest risk, whether or not it reached its threshold. `None` where nothing was
            scored, or where the comment is here because a required label couldn't be judged, or because it was drawn.
        audited: Whether nothing was found and a person looks all the same: it was drawn at random.
        hits: Entries of word lists that the text holds, those that come first at the head.
    """

    route: Route
    risk: float
    triggers: tuple[Trigger, ...] = ()
    unjudged: tuple[Label, ...] = ()
    lead: Label | None = None
    audited: bool = False
    hits: tuple[Hit, ...] = ()

    @property
    def listed_first(self) -> bool:
        """Whether a word list says more than any label: it's named before them."""
        graver = bool(self.hits) and self.hits[0].word_list.first
        return bool(self.hits) and (not self.triggers or (graver and self.triggers[0].route is not Route.PRIORITY))


def risk(score: float, threshold: Threshold) -> float:
    """A score seen from its threshold, so that labels with different thresholds can stand in one order.

    Piecewise linear and monotone: 0 -> 0, `review` -> 0.5, `priority` -> 0.8, 1 -> 1.

    Args:
        score: Probability 0..1.
        threshold: The label's threshold.

    Returns:
        Risk 0..1. At least 0.5 exactly where the score reaches `review`, at least 0.8 where it reaches `priority`.
    """
    if score >= threshold.priority:
        span = 1.0 - threshold.priority
        return _PRIORITY_RISK + (1.0 - _PRIORITY_RISK) * ((score - threshold.priority) / span if span else 1.0)
    if score >= threshold.review:
        span = threshold.priority - threshold.review
        share = (score - threshold.review) / span
        return min(_REVIEW_RISK + (_PRIORITY_RISK - _REVIEW_RISK) * share, _below(_PRIORITY_RISK))
    return min(_REVIEW_RISK * score / threshold.review, _below(_REVIEW_RISK))


def _below(line: float) -> float:
    # Rounding must never lift a score over a line that it did not reach.
    return line - 1e-9


def lot(comment_id: int) -> float:
    """The lot that a comment draws: 0..1, even, the same each time, and nothing that its writer can choose.

    Source: the finalizer of SplitMix64 (Steele, Lea, Flood 2014), https://prng.di.unimi.it/splitmix64.c
    """
    mixed = (comment_id * _GOLDEN) & _WORD
    mixed = ((mixed ^ (mixed >> 30)) * 0xBF58476D1CE4E5B9) & _WORD
    mixed = ((mixed ^ (mixed >> 27)) * 0x94D049BB133111EB) & _WORD
    return ((mixed ^ (mixed >> 31)) >> 11) * 2.0**-53


def route(
    scores: Mapping[Label, float | None],
    policy: Policy,
    section: str = "",
    *,
    source: str = "",
    language: str | None = None,
    comment_id: int | None = None,
    hits: Sequence[Hit] = (),
) -> Routing:
    """What the policy suggests for one comment.

    Args:
        scores: Probability 0..1 per label; `None` or absent where no scorer could judge.
        policy: Thresholds.
        section: Section of the site the comment stands in.
        source: Where it comes from.
        language: ISO 639-1 code, `None` where it isn't known.
        comment_id: Its number, which decides whether it's drawn for the audit; without one it never is.
        hits: What `policy.lists` finds in its text, in that order.

    Returns:
        The suggestion and its reasons. With a required label unjudged it's at least `review`.
    """
    triggers, highest, lead = _triggers(scores, policy.in_force(section, source, language))
    unjudged = tuple(sorted(label for label in policy.required if scores.get(label) is None))
    # What puts it here is a word, or that nobody could judge it, not a low score of something else.
    for lifted in (UNSCORED_RISK if unjudged else 0.0, _listed_risk(hits)):
        if highest < lifted:
            highest, lead = lifted, None
    if any(trigger.route is Route.PRIORITY for trigger in triggers) or _listed_risk(hits) >= _PRIORITY_RISK:
        suggestion = Route.PRIORITY
    elif triggers or unjudged or hits:
        suggestion = Route.REVIEW
    elif policy.audit_share and comment_id is not None and lot(comment_id) < policy.audit_share:
        return Routing(Route.REVIEW, AUDIT_RISK, audited=True)
    else:
        suggestion = Route.APPROVE
    return Routing(suggestion, highest, triggers, unjudged, lead, hits=tuple(hits))


def _triggers(
    scores: Mapping[Label, float | None], thresholds: Mapping[Label, Threshold]
) -> tuple[tuple[Trigger, ...], float, Label | None]:
    """Labels that reached a threshold, the highest risk first; the highest risk of all labels, and whose it is."""
    triggers: list[tuple[float, Trigger]] = []
    highest, lead = 0.0, None
    for label, threshold in thresholds.items():
        score = scores.get(label)
        if score is None:
            continue
        pressure = risk(score, threshold)
        if lead is None or pressure > highest:
            highest, lead = pressure, label
        if score >= threshold.priority:
            triggers.append((pressure, Trigger(label, score, threshold.priority, Route.PRIORITY)))
        elif score >= threshold.review:
            triggers.append((pressure, Trigger(label, score, threshold.review, Route.REVIEW)))
    triggers.sort(key=lambda pair: (-pair[0], pair[1].label))
    return tuple(trigger for _, trigger in triggers), highest, lead


def _listed_risk(hits: Sequence[Hit]) -> float:
    """The least risk of a text that holds entries of word lists, 0..1."""
    if not hits:
        return 0.0
    return _PRIORITY_RISK if any(hit.word_list.first for hit in hits) else _REVIEW_RISK
