"""What stands around a comment: the thread it is in, and what else its author wrote. Folded to a line, or in full."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable

from textual.content import Content
from textual.strip import Strip

from moderator.domain.comment import Status
from moderator.text.visible import Visible, literal, visible_line
from moderator.tui.views import CardView, Reply
from moderator.tui.widgets.cells import lay
from moderator.tui.widgets.pane import Pane
from moderator.tui.wording import STATUS_GLYPHS, joined, long_age, plural, short_age

INDENT = 2
_DEEPEST = 6
_AGE_WIDTH = 6


class ThreadPane(Pane):
    """A pane that can draw a thread.

    Args:
        now: UTC milliseconds, for ages.
    """

    def __init__(self, now: Callable[[], int], *, id: str | None = None) -> None:  # noqa: A002 - Textual's own name
        super().__init__(id=id)
        self._now = now
        self._unfolded = self._showing = False

    def answered(self, view: CardView, width: int) -> list[Strip]:
        """What the comment answers, what that answers, and who else answered it."""
        if view.parent is None:
            if not view.parent_missing:
                return []
            gone = literal("↳ answers a comment that never arrived")
            return [*self._text(gone, "card--muted", width), self.blank(width)]
        above = (*view.above, view.parent)
        if not self._unfolded:
            lines = self._entry(view.parent, "↳ answers ", width)
            said = joined(
                f"under {plural(len(view.above), 'comment')} more" if view.above else "",
                f"{plural(len(view.siblings), 'more answer')} to it: {_standing(view.siblings)}"
                if view.siblings
                else "",
            )
            return [*lines, *(self._text(said, "card--muted", width) if said else []), self.blank(width)]
        lines: list[Strip] = []
        for depth, entry in enumerate(above):
            lead = "↳ answers " if depth == len(above) - 1 else "↳ " if depth else ""
            lines += self._entry(entry, lead, width, depth)
        for entry in view.siblings:
            lines += self._line(entry, "├ ", width, len(above))
        here = " " * _cells_of(len(above)) + "└ this comment"
        return [*lines, *self._text(visible_line(here), "card--author", width), self.blank(width)]

    def replies(self, view: CardView, width: int) -> list[Strip]:
        """What answers the comment."""
        if not view.reply_count:
            return []
        hint = "" if self._unfolded else "t unfolds"
        head = joined(plural(view.reply_count, "reply"), _standing(view.replies), hint)
        lines = [self.blank(width), *self._text(head, "card--muted", width)]
        shown = view.replies if self._unfolded else view.replies[:2]
        for reply in shown:
            lines += self._entry(reply, "↳ ", width)
        left = view.reply_count - len(view.replies)
        if self._unfolded and left > 0:
            lines += self._text(visible_line(f"and {left} more"), "card--muted", width)
        return lines

    def latest_by(self, view: CardView, width: int) -> list[Strip]:
        """The author's latest other comments, one line each, and since when they are known."""
        muted = self.style("card--muted")
        since = joined(f"first seen {long_age(view.first_seen_ms, self._now())}", "" if view.latest else "nothing else")
        lines = [lay([(f"  {since}", muted)], width, self.base)]
        return [*lines, *(line for entry in view.latest for line in self._line(entry, "", width, 1, named=False))]

    def _line(self, entry: Reply, lead: str, width: int, depth: int, *, named: bool = True) -> list[Strip]:
        """One comment on one line: where it stands, whose, how old, its first words."""
        muted, quote = self.style("card--muted"), self.style("card--quote")
        age = f"{short_age(entry.posted_at_ms, self._now()):>{_AGE_WIDTH}}"
        whose = f"{entry.author or 'no name'}: " if named else ""
        glyph = " " if entry.status is None else STATUS_GLYPHS[entry.status]
        head = f"{' ' * _cells_of(depth)}{lead}{glyph} {age}  {whose}"
        return [lay([(head, muted), (" ".join(self._words(entry).split()), quote)], width, self.base)]

    def _entry(self, entry: Reply, lead: str, width: int, depth: int = 0) -> list[Strip]:
        """One comment: on one line while the thread is folded, else with all its words."""
        status = None if entry.status is Status.PENDING else entry.status
        glyph = "" if status is None else f" {STATUS_GLYPHS[status]} {status.value}"
        quote, muted = self.style("card--quote"), self.style("card--muted")
        head = f"{lead}{entry.author or 'no name'}{glyph}"
        if not self._unfolded:
            return [lay([(f"{head}: ", muted), (self._words(entry).replace("\n", " "), quote)], width, self.base)]
        indent = _cells_of(depth)
        age = long_age(entry.posted_at_ms, self._now())
        return [
            lay([(" " * indent, muted), (joined(head, age), muted)], width, self.base),
            *self.wrapped(Content.styled(self._words(entry), self.look("card--quote")), width, indent=indent + INDENT),
        ]

    def _words(self, entry: Reply) -> Visible:
        return entry.body if self._showing else entry.masked

    def _text(self, text: Visible, style: str, width: int) -> list[Strip]:
        return self.wrapped(Content.styled(text, self.look(style)), width)


def _cells_of(depth: int) -> int:
    return INDENT * min(depth, _DEEPEST)


def _standing(entries: Iterable[Reply]) -> str:
    """Where comments stand, counted: `✓ 2 approved, 1 waiting`."""
    counts = Counter(entry.status for entry in entries)
    decided = [f"{STATUS_GLYPHS[status]} {counts[status]} {status.value}" for status in Status if status in counts]
    return ", ".join(decided).replace(f"{STATUS_GLYPHS[Status.PENDING]} ", "").replace(Status.PENDING.value, "waiting")
