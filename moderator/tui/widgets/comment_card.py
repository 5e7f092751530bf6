"""The comment under review: what it stands under, who wrote it, what it answers, and its words with the evidence."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Callable
from typing import ClassVar

from textual.content import Content
from textual.content import Span as ContentSpan
from textual.strip import Strip
from textual.style import Style

from moderator.domain.comment import Status
from moderator.domain.score import Label, SpanRole
from moderator.text.visible import Visible, literal, visible_line
from moderator.tui.masking import Evidence, mask, masked
from moderator.tui.name_question import Said
from moderator.tui.views import CardView, RowView
from moderator.tui.widgets.cells import fit, lay
from moderator.tui.widgets.thread_pane import INDENT, ThreadPane
from moderator.tui.wording import LABELS, ROLES, STATUS_GLYPHS, joined, long_age

_MARKS = "¹²³⁴⁵⁶⁷⁸⁹"
_STATUS_WORDS = {status: ("waiting" if status is Status.PENDING else status.value) for status in Status}


class CommentCard(ThreadPane):
    """One comment, laid out to be read.

    Args:
        now: UTC milliseconds, for ages.
    """

    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "card--title",
        "card--muted",
        "card--author",
        "card--quote",
        "card--problem",
        "card--toxic",
        "card--group",
        "card--quantifier",
        "card--predicate",
        "card--listed",
    }

    def __init__(self, now: Callable[[], int], *, id: str | None = None) -> None:  # noqa: A002 - Textual's own name
        super().__init__(now, id=id)
        self._view: CardView | None = None
        self._row: RowView | None = None
        self._banner: Visible | None = None
        self._author_open = False
        self._swapped: Said = ()
        self._copies: Visible | None = None
        self._final: Visible | None = None
        self._announced: tuple[Visible, ...] = ()
        self._shown_last: tuple[object, ...] = ()

    def announce(self, sentences: tuple[Visible, ...]) -> None:
        """Says something in place of a comment, where there is none."""
        if self._row is not None or sentences != self._announced:
            self._view = self._row = self._banner = None
            self._shown_last = ()
            self._announced = sentences
            self.redraw(from_top=True)

    def show(
        self,
        view: CardView | None,
        row: RowView | None,
        *,
        showing: bool = False,
        unfolded: bool = False,
        author_open: bool = False,
        swapped: Said = (),
        copies: Visible | None = None,
        banner: Visible | None = None,
        final: Visible | None = None,
    ) -> None:
        """Shows another comment, or the same one differently.

        Args:
            view: The whole comment, `None` while it's being read: then what the row knows is shown.
            row: Its row; `None` where there's no comment.
            showing: Show masked words.
            unfolded: Show the thread and the text before an edit in full.
            author_open: Show the author's latest comments.
            swapped: What its scores owe to the name of a group.
            copies: How many say nearly the same.
            banner: A sentence above everything: why a decision came back, who holds the comment.
            final: What its site won't take back.
        """
        shown = (view, row, showing, unfolded, author_open, swapped, copies, banner, final)
        if shown == self._shown_last:
            return
        self._shown_last = shown
        same = row is not None and self._row is not None and row.id == self._row.id
        self._view, self._row, self._banner = view, row, banner
        self._showing, self._unfolded, self._author_open, self._copies = showing, unfolded, author_open, copies
        self._swapped, self._final = swapped, final
        self.redraw(from_top=not same)

    def compose_lines(self, width: int) -> list[Strip]:
        """Title, place, author, parent, body, evidence, replies."""
        row = self._row
        if row is None:
            first, *rest = self._announced or (literal(""),)
            said = [self.blank(width), *self._text(first, "card--title", width), self.blank(width)]
            return [*said, *(line for text in rest for line in self._text(text, "card--muted", width))]
        view = self._view
        lines: list[Strip] = []
        if self._banner is not None:
            lines += [*self._text(self._banner, "card--problem", width), self.blank(width)]
        lines += self._text(row.title or literal("(no title)"), "card--title", width)
        lines += self._text(self._place(row), "card--muted", width)
        lines.append(self._author(row, view, width))
        if self._final is not None:
            lines += self._text(self._final, "card--muted", width)
        if view is not None and view.appeal is not None:
            lines += self._text(view.appeal, "card--problem", width)
        if view is not None and self._author_open:
            lines += self.latest_by(view, width)
        lines.append(self.blank(width))
        if view is None:
            return [*lines, *self.wrapped(Content(row.excerpt if self._showing else row.masked), width)]
        lines += self.answered(view, width)
        lines += self.wrapped(self._body(view), width)
        lines += self._beneath(view, width)
        if self._copies is not None:
            lines += [self.blank(width), *self._text(self._copies, "card--author", width)]
        lines += self.replies(view, width)
        return lines

    # Parts -------------------------------------------------------------------------------------------------------

    def _place(self, row: RowView) -> Visible:
        status = "" if row.status is Status.PENDING else f"{STATUS_GLYPHS[row.status]} {row.status.value}"
        return joined(row.section, long_age(row.posted_at_ms, self._now()), row.language, status)

    def _author(self, row: RowView, view: CardView | None, width: int) -> Strip:
        mark = "○ guest" if row.guest else "● registered"
        record = "" if view is None else f"  {_record(view, self._now())}"
        muted = self.style("card--muted")
        name = fit(row.author, min(_cells(row.author), max(width - 14, 8))) if row.author else "no name"
        parts = [(name, self.style("card--author")), (f"  {mark}", muted), (record, muted)]
        return lay(parts, width, self.base)

    def _beneath(self, view: CardView, width: int) -> list[Strip]:
        """What is said about the body: evidence, masks, a group's name, findings of the gate, an edit."""
        said: list[tuple[Visible, str]] = []
        legend = self._legend(view)
        if legend:
            said.append((legend, "card--muted"))
        if view.masks_around and not view.has_masked:
            hidden = "shown, v masks" if self._showing else "masked, v shows"
            said.append((joined("severe words around this comment", hidden), "card--muted"))
        said += [(text, f"card--{tone}") for text, tone in self._swapped]
        said += [(visible_line(f"! {finding.title}"), "card--problem") for finding in view.findings]
        if view.cut:
            said.append((literal("! only the first part of this very long text is shown"), "card--problem"))
        if view.previous_body is not None:
            said.append((joined("± edited since", "" if self._unfolded else "t shows the text before"), "card--muted"))
        lines = [self.blank(width)] if said else []
        for text, style in said:
            lines += self._text(text, style, width)
        if view.previous_body is not None and self._unfolded:
            # Where its severe words are isn't known: scores are kept for the text in force.
            before = masked(view.previous_body) if view.has_masked and not self._showing else view.previous_body
            lines += self.wrapped(Content.styled(before, self.look("card--quote")), width, indent=INDENT)
        return lines

    def _legend(self, view: CardView) -> Visible | None:
        kinds = _kinds(view.evidence)
        if not kinds:
            return None
        marks = _MARKS if len(kinds) > 1 else ""
        by_label: dict[Label | None, list[str]] = {}
        for at, (role, label) in enumerate(kinds):
            by_label.setdefault(label, []).append(f"{marks[at : at + 1]}{ROLES[role]}")
        said = ((f"{LABELS[label]}: " if label else "", roles) for label, roles in by_label.items())
        names = [f"{head}{' '.join(roles)}" for head, roles in said]
        hidden = ""
        if view.has_masked:
            hidden = "shown, v masks" if self._showing else "masked, v shows"
        return joined("underlined", *names, hidden)

    def _body(self, view: CardView) -> Content:
        text = view.body if self._showing else mask(view.body, view.evidence)
        kinds = _kinds(view.evidence)
        marks = {kind: _MARKS[at] for at, kind in enumerate(kinds[: len(_MARKS)])} if len(kinds) > 1 else {}
        inserts = sorted((piece.end, marks[piece.role, piece.label]) for piece in view.evidence if marks)
        ends = [end for end, _ in inserts]
        pieces: list[str] = []
        done = 0
        for end, sign in inserts:
            pieces += [text[done:end], sign]
            done = end
        pieces.append(text[done:])
        spans = [
            ContentSpan(
                piece.start + bisect_right(ends, piece.start),
                piece.end + bisect_left(ends, piece.end),
                self._tone(piece.role),
            )
            for piece in view.evidence
        ]
        return Content("".join(pieces), spans=spans)

    def _tone(self, role: SpanRole) -> Style:
        return self.look(f"card--{role.value}")


def _kinds(evidence: tuple[Evidence, ...]) -> list[tuple[SpanRole, Label | None]]:
    return list(dict.fromkeys((piece.role, piece.label) for piece in evidence))


def _record(view: CardView, now_ms: int) -> str:
    counts = [f"{count} {_STATUS_WORDS[status]}" for status, count in view.record.items() if count]
    return ", ".join(counts) or f"first seen {long_age(view.first_seen_ms, now_ms)}"


def _cells(text: str) -> int:
    return Content(text).cell_length
