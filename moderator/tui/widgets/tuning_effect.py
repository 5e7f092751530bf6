"""What moved thresholds would do: the queue before and after, and the lines to write into the configuration."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, ClassVar

from textual.content import Content
from textual.strip import Strip

from moderator.domain.policy import Route, Threshold
from moderator.domain.score import Label
from moderator.text.visible import Visible, literal, visible_line
from moderator.tui.widgets.cells import fit, lay
from moderator.tui.widgets.pane import Pane
from moderator.tui.wording import number

if TYPE_CHECKING:  # brings the database with it
    from moderator.services.tuning.trial import Trial

_ROUTES = {
    Route.PRIORITY: ("▲", literal("look first"), "priority"),
    Route.REVIEW: ("●", literal("look"), "review"),
    Route.APPROVE: ("·", literal("nothing found"), "muted"),
}
_NAME, _COUNT, _CHANGE = 16, 9, 11


@dataclass(frozen=True, slots=True)
class Effect:
    """What thresholds would do.

    Attributes:
        now: Waiting comments by route under the thresholds in force.
        then: The same under those that were moved.
        change: Lines to write; empty where nothing was moved.
        past: What the decided comments say of them, one sentence a line.
    """

    now: Mapping[Route, int] = field(default_factory=dict[Route, int])
    then: Mapping[Route, int] = field(default_factory=dict[Route, int])
    change: Sequence[Visible] = ()
    past: tuple[Visible, ...] = ()


def past(trial: Trial, thresholds: Mapping[Label, Threshold]) -> tuple[Visible, ...]:
    """What the decided comments say of thresholds."""
    missed = trial.missed(thresholds)
    history = trial.history
    if missed is None or history is None:
        return (literal("Nobody has decided on a scored comment yet: what thresholds miss can't be told."),)
    rejected = int(history.rejected.sum())
    lines = [f"Of {number(rejected)} comments that people rejected, {number(missed.known)} would pass unseen."]
    if missed.unknowable:
        lines.append(f"Of {number(missed.unknowable)} more nobody knows: audit_share would tell.")
    elif missed.unseen:
        low, high = (number(round(end)) for end in (missed.expected.low, missed.expected.high))
        lines.append(f"With those that nobody looked at, probably {low} to {high}.")
    return tuple(visible_line(line) for line in lines)


class TuningEffect(Pane):
    """Three routes with their counts, what the past says, and a change of configuration."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "tuning--muted",
        "tuning--priority",
        "tuning--review",
        "tuning--head",
        "tuning--change",
    }

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002 - Textual's own name
        super().__init__(id=id)
        self._effect: Effect | None = None

    def show(self, effect: Effect) -> None:
        """Shows another effect."""
        if effect != self._effect:
            self._effect = effect
            self.redraw()

    def compose_lines(self, width: int) -> list[Strip]:
        """Counts, what the past says, then the lines; nothing before the first counts are there."""
        effect = self._effect
        if effect is None:
            return []
        if sum(effect.now.values()):
            lines = [self._route(effect, route, width) for route in (Route.PRIORITY, Route.REVIEW, Route.APPROVE)]
        else:
            lines = self.wrapped(Content("Nothing waits, so no threshold changes anything just now."), width)
        for said in effect.past:
            lines += self.wrapped(Content.styled(said, self.look("tuning--muted")), width)
        lines.append(self.blank(width))
        if not effect.change:
            said = "Move a threshold to see what it would do. Nothing is changed here: you get lines for config.toml."
            return [*lines, *self.wrapped(Content.styled(said, self.look("tuning--muted")), width)]
        head = "To make it so, write this into config.toml: the desk takes it over at once, for what waits, too."
        lines += self.wrapped(Content.styled(head, self.look("tuning--head")), width)
        tone = self.style("tuning--change")
        return [
            *lines,
            *(lay([("  ", tone), (line, tone)], width, self.base) for line in effect.change),
        ]

    def _route(self, effect: Effect, route: Route, width: int) -> Strip:
        glyph, word, tone = _ROUTES[route]
        now, then = effect.now.get(route, 0), effect.then.get(route, 0)
        total = max(sum(effect.now.values()), 1)
        style, muted = self.style(f"tuning--{tone}"), self.style("tuning--muted")
        change = f"({then - now:+,})" if then != now else ""
        room = max(width - 2 - _NAME - 2 * _COUNT - _CHANGE - 4, 0)
        return lay(
            [
                (f"{glyph} ", style),
                (fit(word, _NAME), self.base),
                (fit(number(now), _COUNT, right=True), muted),
                (" →", muted),
                (fit(number(then), _COUNT, right=True), style),
                (f" {fit(change, _CHANGE)}", style),
                ("━" * round(room * then / total), style),
            ],
            width,
            self.base,
        )
