"""What widgets draw: frozen values in which every string from outside has been through the gate.

Made in the backend's thread, where inspecting a long comment makes nobody wait.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import partial

from moderator.domain.comment import AuthorKind, Card, QueueRow, ScoringState, Status, ThreadEntry
from moderator.domain.policy import Route, Routing, Threshold
from moderator.domain.score import BlameExplanation, Label, ScoreSet, gains_by_unmasking, merge_scores
from moderator.text.visible import Finding, Visible, inspect, visible, visible_line
from moderator.tui.masking import Evidence, find_evidence, mask
from moderator.tui.why import why_here
from moderator.tui.wording import appeal_line

BODY_LIMIT = 20_000
"""Code points of a comment that are laid out. Longer ones are evidence of something else than an opinion."""

_THREAD_LIMIT = 2_000
_NAME_LIMIT = 60
_TITLE_LIMIT = 300


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class RowView:
    """One line of the queue, ready to draw.

    Attributes:
        masked: The excerpt with severe words masked; the same where there are none.
        listed: Whether no label leads because a word list put it here.
    """

    id: int
    status: Status
    revision: int
    excerpt: Visible = field(repr=False)
    masked: Visible = field(repr=False)
    author: Visible = field(repr=False)
    guest: bool
    title: Visible
    section: Visible
    language: Visible
    posted_at_ms: int
    is_reply: bool
    risk: float
    route: str
    lead: Label | None
    lead_score: float | None
    scoring: ScoringState
    held_by: Visible | None
    listed: bool = False


@dataclass(frozen=True, slots=True)
class ScoreLine:
    """One label's score against its thresholds.

    Attributes:
        score: Probability 0..1, `None` where no scorer could judge it in this language.
        threshold: In force for the comment's section; `None` where the label routes nothing.
        route: What this label alone suggests; `None` without a score or a threshold.
        gain: How much of the score came with undoing disguises, 0..1.
    """

    label: Label
    score: float | None
    threshold: Threshold | None
    route: Route | None
    gain: float = 0.0


@dataclass(frozen=True, slots=True)
class Reply:
    """A parent or reply beside the comment under review, or another comment of its author.

    Attributes:
        masked: The body with severe words masked; the same where there are none, or where nobody scored it.
        status: `None` for one that never waited here.
    """

    id: int
    author: Visible = field(repr=False)
    body: Visible = field(repr=False)
    masked: Visible = field(repr=False)
    posted_at_ms: int
    status: Status | None


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class CardView:
    """One comment with everything that the card and the scores show."""

    row: RowView
    title: Visible
    url: Visible
    source: Visible
    author: Visible = field(repr=False)
    guest: bool
    record: Mapping[Status, int]
    first_seen_ms: int
    body: Visible = field(repr=False)
    cut: bool
    evidence: tuple[Evidence, ...]
    findings: tuple[Finding, ...]
    previous_body: Visible | None = field(default=None, repr=False)
    latest: tuple[Reply, ...] = ()
    parent: Reply | None = None
    above: tuple[Reply, ...] = ()
    siblings: tuple[Reply, ...] = ()
    parent_missing: bool = False
    replies: tuple[Reply, ...] = ()
    reply_count: int = 0
    scores: tuple[ScoreLine, ...] = ()
    spoke: tuple[Visible, ...] = ()
    why: Visible
    route: Route
    risk: float
    language: Visible
    blame: BlameExplanation | None = None
    scoring_error: Visible | None = None
    appeal: Visible | None = None

    @property
    def has_masked(self) -> bool:
        """Whether anything in the body is masked until asked for."""
        return any(piece.severe for piece in self.evidence)

    @property
    def masks_around(self) -> bool:
        """Whether anything in the thread, or in the author's other comments, is masked until asked for."""
        around = (*self.above, *([] if self.parent is None else [self.parent]), *self.siblings, *self.replies)
        return any(entry.masked != entry.body for entry in (*around, *self.latest))


def present_row(row: QueueRow, score_sets: tuple[ScoreSet, ...], thresholds: Mapping[Label, Threshold]) -> RowView:
    """A queue row, gated, with its severe words masked.

    Args:
        row: The row.
        score_sets: What scorers said of its text.
        thresholds: In force for its section.
    """
    inspection = inspect(row.excerpt)
    evidence = find_evidence(score_sets, inspection, merge_scores(score_sets), thresholds)
    return RowView(
        id=row.id,
        status=row.status,
        revision=row.revision,
        excerpt=visible_line(inspection.visible.strip()),
        masked=visible_line(mask(inspection.visible, evidence).strip()),
        author=visible_line(row.author_name, _NAME_LIMIT),
        guest=row.author_kind is AuthorKind.GUEST,
        title=visible_line(row.article_title, _TITLE_LIMIT),
        section=visible_line(row.section, _NAME_LIMIT),
        language=visible_line(row.language or "", 12),
        posted_at_ms=row.posted_at_ms,
        is_reply=row.is_reply,
        risk=row.risk,
        route=row.route,
        lead=row.lead_label,
        lead_score=row.lead_score,
        scoring=row.scoring,
        held_by=visible_line(row.held_by, _NAME_LIMIT) if row.held_by else None,
    )


def present_card(
    card: Card,
    routing: Routing,
    thresholds: Mapping[Label, Threshold],
    around: Mapping[int, tuple[ScoreSet, ...]] | None = None,
) -> CardView:
    """A card, gated, with its scores against the thresholds in force.

    Args:
        card: The comment.
        routing: What the policy suggests for it.
        thresholds: In force for its section.
        around: What scorers said of the comments beside it, see `beside`: their severe words are masked as well.
    """
    reply = partial(_reply, around=around or {}, thresholds=thresholds)
    inspection, author = inspect(card.body, limit=BODY_LIMIT), card.author
    scores = merge_scores(card.score_sets)
    return CardView(
        row=present_row(card.row, card.score_sets, thresholds),
        title=visible_line(card.row.article_title, _TITLE_LIMIT),
        url=visible_line(card.article_url, _TITLE_LIMIT),
        source=visible_line(card.source, _NAME_LIMIT),
        author=visible_line(author.name, _NAME_LIMIT),
        guest=author.kind is AuthorKind.GUEST,
        record=author.counts,
        first_seen_ms=author.first_seen_ms,
        body=inspection.visible,
        cut=inspection.truncated,
        evidence=find_evidence(card.score_sets, inspection, scores, thresholds, routing.hits),
        findings=inspection.findings,
        previous_body=None if card.previous_body is None else visible(card.previous_body, _THREAD_LIMIT),
        latest=tuple(reply(entry) for entry in author.latest),
        parent=None if card.parent is None else reply(card.parent),
        above=tuple(reply(entry) for entry in card.above),
        siblings=tuple(reply(entry) for entry in card.siblings),
        parent_missing=card.parent_missing,
        replies=tuple(reply(entry) for entry in card.replies),
        reply_count=card.reply_count,
        scores=_lines(card.score_sets, scores, routing, thresholds),
        spoke=tuple(visible_line(f"{one.scorer.name} {one.scorer.version}") for one in card.score_sets),
        why=why_here(card, routing, scores, thresholds),
        route=routing.route,
        risk=routing.risk,
        language=visible_line(card.score_sets[-1].language if card.score_sets else card.row.language or ""),
        blame=next((one.blame for one in reversed(card.score_sets) if one.blame is not None), None),
        scoring_error=None if card.scoring_error is None else visible_line(card.scoring_error, _TITLE_LIMIT),
        appeal=None if card.appeal is None else appeal_line(card.appeal, _THREAD_LIMIT),
    )


def beside(card: Card) -> tuple[int, ...]:
    """Numbers of the comments that stand beside one: those it answers, those around it, the author's latest."""
    parent = () if card.parent is None else (card.parent,)
    return tuple(entry.id for entry in (*card.above, *parent, *card.siblings, *card.replies, *card.author.latest))


def _reply(
    entry: ThreadEntry, around: Mapping[int, tuple[ScoreSet, ...]], thresholds: Mapping[Label, Threshold]
) -> Reply:
    score_sets = around.get(entry.id, ())
    inspection = inspect(entry.body, limit=_THREAD_LIMIT)
    evidence = find_evidence(score_sets, inspection, merge_scores(score_sets), thresholds)
    return Reply(
        entry.id,
        visible_line(entry.author_name, _NAME_LIMIT),
        visible(inspection.visible.strip()),
        visible(mask(inspection.visible, evidence).strip()),
        entry.posted_at_ms,
        entry.status,
    )


def _lines(
    score_sets: tuple[ScoreSet, ...],
    scores: Mapping[Label, float | None],
    routing: Routing,
    thresholds: Mapping[Label, Threshold],
) -> tuple[ScoreLine, ...]:
    """A line for each label that some scorer knows or somebody had to judge, in the order of `Label`."""
    gains = gains_by_unmasking(score_sets)
    return tuple(
        _line(label, scores.get(label), thresholds.get(label), gains.get(label, 0.0))
        for label in Label
        if label in scores or label in routing.unjudged
    )


def _line(label: Label, score: float | None, threshold: Threshold | None, gain: float) -> ScoreLine:
    if score is None or threshold is None:
        return ScoreLine(label, score, threshold, None, gain)
    if score >= threshold.priority:
        return ScoreLine(label, score, threshold, Route.PRIORITY, gain)
    return ScoreLine(label, score, threshold, Route.REVIEW if score >= threshold.review else Route.APPROVE, gain)
