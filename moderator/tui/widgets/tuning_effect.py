"""What moved thresholds would do: the queue before and after, and the lines to write into the configuration."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import ClassVar

from textual.content import Content
from textual.strip import Strip

from moderator.domain.policy import Route
from moderator.text.visible import literal, visible_line
from moderator.tui.widgets.cells import fit, lay
from moderator.tui.widgets.pane import Pane
from moderator.tui.wording import number

_ROUTES = {
    Route.PRIORITY: ("▲", literal("look first"), "priority"),
    Route.REVIEW: ("●", literal("look"), "review"),
    Route.APPROVE: ("·", literal("nothing found"), "muted"),
}
_NAME, _COUNT, _CHANGE = 16, 9, 11


class TuningEffect(Pane):
    """Three routes with their counts, and a change of configuration."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "tuning--muted",
        "tuning--priority",
        "tuning--review",
        "tuning--head",
        "tuning--change",
    }

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002 - Textual's own name
        super().__init__(id=id)
        self._now: Mapping[Route, int] = {}
        self._then: Mapping[Route, int] = {}
        self._change: Sequence[str] = ()

    def show(self, now: Mapping[Route, int], then: Mapping[Route, int], change: Sequence[str]) -> None:
        """Shows another effect.

        Args:
            now: Waiting comments by route under the thresholds in force.
            then: The same under those that were moved.
            change: Lines to write; empty where nothing was moved.
        """
        shown = (now, then, change)
        if shown != (self._now, self._then, self._change):
            self._now, self._then, self._change = shown
            self.redraw()

    def compose_lines(self, width: int) -> list[Strip]:
        """Counts, then the lines."""
        if not sum(self._now.values()):
            return self.wrapped(Content("Nothing waits, so no threshold changes anything just now."), width)
        lines = [self._route(route, width) for route in (Route.PRIORITY, Route.REVIEW, Route.APPROVE)]
        lines.append(self.blank(width))
        if not self._change:
            said = "Move a threshold to see what it would do. Nothing is changed here: you get lines for config.toml."
            return [*lines, *self.wrapped(Content.styled(said, self.look("tuning--muted")), width)]
        head = "To make it so, write this into config.toml; it holds from the next start, and for what is scored then."
        lines += self.wrapped(Content.styled(head, self.look("tuning--head")), width)
        tone = self.style("tuning--change")
        return [*lines, *(lay([("  ", tone), (visible_line(line), tone)], width, self.base) for line in self._change)]

    def _route(self, route: Route, width: int) -> Strip:
        glyph, word, tone = _ROUTES[route]
        now, then = self._now.get(route, 0), self._then.get(route, 0)
        total = max(sum(self._now.values()), 1)
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
