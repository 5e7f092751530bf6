"""One decision of the log in full: who, when, how long, what was on the table, and what the text was before."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from textual.content import Content
from textual.strip import Strip

from moderator.domain.decision import ActorKind, Decision
from moderator.text.visible import Visible, literal, visible_line
from moderator.tui.decision_views import DecisionView, PastScore
from moderator.tui.differences import difference
from moderator.tui.masking import masked
from moderator.tui.widgets.cells import fit, lay
from moderator.tui.widgets.history_list import local_time
from moderator.tui.widgets.pane import Pane
from moderator.tui.wording import ACTION_GLYPHS, DONE, duration, joined, number, plural

_LABEL = 18


class DecisionDetail(Pane):
    """A decision, laid out to be read.

    Args:
        titles: Words for reason codes.
    """

    COMPONENT_CLASSES: ClassVar[set[str]] = {"detail--head", "detail--muted", "detail--strong"}

    def __init__(self, titles: Mapping[str, Visible], *, id: str | None = None) -> None:  # noqa: A002 - Textual's own
        super().__init__(id=id)
        self._titles = titles
        self._view: DecisionView | None = None
        self._showing = False
        self._announced: tuple[Visible, ...] = ()

    def announce(self, sentences: tuple[Visible, ...]) -> None:
        """Says something in place of a decision, where there is none."""
        if self._view is not None or sentences != self._announced:
            self._view, self._showing, self._announced = None, False, sentences
            self.redraw(from_top=True)

    def show(self, view: DecisionView | None) -> None:
        """Shows another decision, severe texts masked; `None` clears the pane."""
        if view is not self._view:
            self._view, self._showing, self._announced = view, False, ()
            self.redraw(from_top=True)

    def reveal(self) -> bool:
        """Shows or masks a severe text. Returns whether there is one."""
        if self._view is None or not self._view.severe:
            return False
        self._showing = not self._showing
        self.redraw()
        return True

    def compose_lines(self, width: int) -> list[Strip]:
        """What, who and when; the scores then; the text and its edit."""
        view = self._view
        if view is None:
            tones = ("detail--head", *(["detail--muted"] * len(self._announced)))
            said = zip(self._announced, tones, strict=False)
            return [line for text, tone in said for line in self._text(text, tone, width)]
        decision = view.decision
        lines = [*self._text(self._what(decision), "detail--head", width), *self._text(_who(decision), "", width)]
        if view.note:
            lines += self._text(visible_line(f"note: {view.note}"), "detail--strong", width)
        if view.final:
            lines += self._text(visible_line(f"! {view.final}"), "detail--strong", width)
        lines += self._text(_how(decision), "detail--muted", width)
        if view.place or view.rule:
            lines += self._text(joined(view.place, view.rule), "detail--muted", width)
        lines += [self._score(score, width) for score in view.scores]
        if view.scorers:
            lines += self._text(view.scorers, "detail--muted", width)
        return [*lines, self.blank(width), *self._texts(view, width)]

    def _texts(self, view: DecisionView, width: int) -> list[Strip]:
        if view.body is None:
            return self._text(literal("The text is no longer here."), "detail--muted", width)
        lines: list[Strip] = []
        if view.later:
            said = visible_line(f"± edited {plural(view.later, 'time')} since this decision")
            lines += self._text(said, "detail--strong", width)
        if view.severe:
            said = literal("severe words shown, v masks") if self._showing else literal("severe words masked, v shows")
            lines += self._text(said, "detail--muted", width)
        if view.severe and not self._showing:
            return [*lines, *self.wrapped(Content(masked(view.body)), width)]
        if view.previous_body is None:
            return [*lines, *self.wrapped(Content(view.body), width)]
        lines += self._text(literal("± the edit before it: [-gone-] {+new+}"), "detail--muted", width)
        return [*lines, *self.wrapped(difference(view.previous_body, view.body), width)]

    def _what(self, decision: Decision) -> Visible:
        reason = decision.reason_code or ""
        why = self._titles.get(reason) or visible_line(reason)
        undo = "" if decision.undo_of is None else f"of no. {number(decision.undo_of)}"
        done = f"{ACTION_GLYPHS[decision.action]} {DONE[decision.action]}"
        return joined(done, why, undo, f"no. {number(decision.seq)}")

    def _score(self, score: PastScore, width: int) -> Strip:
        muted = self.style("detail--muted")
        label = (fit(score.label, _LABEL), self.base)
        if score.score is None:
            return lay([label, ("not scored", muted)], width, self.base)
        reached = [
            glyph
            for glyph, line in (("●", score.review), ("▲", score.priority))
            if line is not None and score.score >= line
        ]
        limits = "" if score.review is None else f"  of {score.review:.2f} / {score.priority:.2f}"
        strong = self.style("detail--strong")
        return lay(
            [label, (f"{score.score:.2f} ", self.base), (f"{(reached or [' '])[-1]}", strong), (limits, muted)],
            width,
            self.base,
        )

    def _text(self, text: Visible, style: str, width: int) -> list[Strip]:
        return self.wrapped(Content.styled(text, self.look(style)) if style else Content(text), width)


def _who(decision: Decision) -> Visible:
    person = decision.actor_kind is ActorKind.HUMAN
    who = visible_line(decision.moderator, 60) if person else visible_line(f"({decision.actor_kind.value})")
    return joined(f"by {who}", local_time(decision.decided_at_ms))


def _how(decision: Decision) -> Visible:
    after_s = (decision.decided_at_ms - decision.posted_at_ms) / 1000
    opened = "" if decision.seconds_open is None else f"{duration(decision.seconds_open)} on screen"
    looked = "masked words were shown" if decision.revealed else "decided without showing masked words"
    act = "one of several at once" if decision.batch_id else ""
    return joined(f"{duration(after_s)} after it was posted", opened, looked, act)
