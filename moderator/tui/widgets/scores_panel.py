"""Scores against thresholds, and on one line why the comment is here."""

from __future__ import annotations

from typing import ClassVar

from rich.style import Style
from textual.content import Content
from textual.strip import Strip

from moderator.domain.policy import Route
from moderator.domain.score import BLAME_COMPONENTS
from moderator.text.visible import Visible, literal, visible_line
from moderator.tui.views import CardView, ScoreLine
from moderator.tui.widgets.cells import fit, lay
from moderator.tui.widgets.pane import Pane
from moderator.tui.wording import LABELS, joined

_LABEL_WIDTH = 16
_LEAST_BAR = 6
_ROOMY = 20
"""A panel of fewer lines has none to spare between its parts."""

_ROUTES = {Route.PRIORITY: ("▲", "look first"), Route.REVIEW: ("●", "look"), Route.APPROVE: ("·", "nothing found")}

_GRADES = {0: "none", 1: "mild", 2: "clear", 3: "clear, and a penalty"}


def said_of_gain(gain: float, room: int) -> str:
    """How much of a score came with undoing disguises, as long as there's room; nothing where it's none."""
    if not gain:
        return ""
    said = f" +{gain:.2f} after unmasking"
    return said if len(said) + _LEAST_BAR <= room else f" +{gain:.2f}"


class ScoresPanel(Pane):
    """All scores of one comment, each as a number, a word and a bar with its thresholds marked."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "scores--head",
        "scores--muted",
        "scores--label",
        "scores--priority",
        "scores--review",
        "scores--approve",
        "scores--track",
        "scores--problem",
    }

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002 - Textual's own name
        super().__init__(id=id)
        self._view: CardView | None = None

    def show(self, view: CardView | None) -> None:
        """Shows another comment's scores; `None` clears the panel."""
        if view != self._view:
            self._view = view
            self.redraw(from_top=True)

    def on_resize(self) -> None:
        """Another height may leave room between the parts, or none."""
        self._lines = None
        super().on_resize()

    def compose_lines(self, width: int) -> list[Strip]:
        """Why it's here, the scores, who spoke."""
        view = self._view
        if view is None:
            return []
        glyph, word = _ROUTES[view.route]
        tone = f"scores--{view.route.value}"
        lines = [
            lay(
                [(f"{glyph} {word}", self.style(tone)), (f"  risk {view.risk:.2f}", self.style("scores--muted"))],
                width,
                self.base,
            )
        ]
        gap = [self.blank(width)] if self.outer_size.height >= _ROOMY else []
        lines += self._text(view.why, "scores--head", width)
        lines += [*self._findings(view, width), *gap]
        # Before a scorer spoke, nothing is known of what it can judge in which language.
        language = view.language if view.spoke else literal("")
        lines += [self._score(line, language, width) for line in view.scores]
        if view.scoring_error is not None:
            lines += self._text(view.scoring_error, "scores--problem", width)
        blame = self._blame(view, width)
        lines += [*(gap if blame else []), *blame, *gap]
        spoke = joined(", ".join(dict.fromkeys(view.spoke)) or "no scorer spoke yet", view.language)
        return [*lines, *self._text(spoke, "scores--muted", width)]

    def _findings(self, view: CardView, width: int) -> list[Strip]:
        """What the gate found in the text: a score says little of words that were hidden from the scorer."""
        if not view.findings:
            return []
        titles = dict.fromkeys(str(finding.title) for finding in view.findings)
        return self._text(visible_line(f"! {', '.join(titles)}"), "scores--problem", width)

    def _score(self, line: ScoreLine, language: Visible, width: int) -> Strip:
        muted = self.style("scores--muted")
        label = fit(LABELS[line.label], _LABEL_WIDTH)
        if line.score is None:
            return lay([("  ", muted), (label, muted), (_unscored(language, width), muted)], width, self.base)
        route = line.route or Route.APPROVE
        tone = self.style(f"scores--{route.value}")
        glyph = " " if route is Route.APPROVE else _ROUTES[route][0]
        room = width - 2 - _LABEL_WIDTH - 6
        gain = said_of_gain(line.gain, room)
        parts = [(f"{glyph} ", tone), (label, self.style("scores--label")), (f" {line.score:.2f} ", tone)]
        bar = self._bar(line, room - len(gain), tone)
        return lay([*parts, *bar, (gain, self.style("scores--head"))], width, self.base)

    def _bar(self, line: ScoreLine, room: int, tone: Style) -> list[tuple[str, Style]]:
        """A bar with a notch where each threshold is: the notch is seen in and beyond the bar."""
        if room < 3 or line.score is None:  # noqa: PLR2004 - a shorter bar says nothing
            return []
        filled = round(line.score * room)
        notches = set[int]()
        if line.threshold is not None:
            notches = {min(int(at * room), room - 1) for at in (line.threshold.review, line.threshold.priority)}
        track = self.style("scores--track")
        bar = [("╋" if at in notches else "━", tone) for at in range(filled)]
        bar += [("┼" if at in notches else "─", track) for at in range(filled, room)]
        return bar

    def _blame(self, view: CardView, width: int) -> list[Strip]:
        blame = view.blame
        if blame is None or not blame.grade:
            return []
        head = visible_line(f"collective blame: {_GRADES.get(blame.grade, str(blame.grade))}")
        named = joined(*(BLAME_COMPONENTS.get(code, code) for code in blame.components))
        return [
            *self._text(head, "scores--head", width),
            *self._text(named, "scores--muted", width),
            *self._text(visible_line(blame.reason, 300), "scores--label", width),
        ]

    def _text(self, text: Visible, style: str, width: int) -> list[Strip]:
        return self.wrapped(Content.styled(text, self.look(style)), width)


def _unscored(language: Visible, width: int) -> str:
    """Why there's no number: a label that no scorer can judge in this language is never 0."""
    if not language or language == "und":
        return " not scored"
    said = f" not scored in {language}"
    return said if _LABEL_WIDTH + 2 + len(said) <= width else f" not in {language}"
