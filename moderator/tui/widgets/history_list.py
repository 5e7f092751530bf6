"""Decisions as rows: when, by whom, what, why, and the comment's first words."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import ClassVar

from rich.style import Style
from textual.strip import Strip

from moderator.domain.decision import Action, ActorKind, Decision, Reason
from moderator.text.visible import Visible, visible_line
from moderator.tui.listing import Move
from moderator.tui.views import RowView
from moderator.tui.widgets.cells import fit, lay
from moderator.tui.widgets.virtual_rows import VirtualRows
from moderator.tui.wording import ACTION_GLYPHS, DONE, short_age

_WHEN, _WHO, _WHAT, _WHY = 17, 14, 12, 24


class HistoryList(VirtualRows):
    """Decisions, newest first, as a virtual list.

    Args:
        reasons: Words for reason codes.
        now: UTC milliseconds, for ages.
    """

    COMPONENT_CLASSES: ClassVar[set[str]] = {"history--muted", "history--cursor", "history--what", "history--undone"}

    def __init__(self, reasons: Sequence[Reason], now: Callable[[], int], *, id: str | None = None) -> None:  # noqa: A002
        super().__init__(id=id)
        self._titles = {reason.code: visible_line(reason.title) for reason in reasons}
        self._now = now
        self._decisions: list[Decision] = []
        self._rows: dict[int, RowView] = {}
        self._undone: set[int] = set()

    def take(self, decisions: Sequence[Decision], rows: Mapping[int, RowView], *, older: bool) -> None:
        """Takes over decisions: `older` ones go to the end, else they replace what is listed.

        The cursor stays on its decision, where that's still listed.
        """
        here = self.current
        if not older:
            self._decisions.clear()
            self._undone.clear()
        self._decisions.extend(decisions)
        self._rows.update(rows)
        self._undone |= {decision.undo_of for decision in decisions if decision.undo_of is not None}
        places = [at for at, one in enumerate(self._decisions) if here is not None and one.seq == here.seq]
        self.set_rows(len(self._decisions), Move(self.cursor, places[0] if places else 0))

    @property
    def current(self) -> Decision | None:
        """The decision under the cursor."""
        return self._decisions[self.cursor] if self.cursor < len(self._decisions) else None

    @property
    def oldest(self) -> int | None:
        """Number of the oldest decision listed."""
        return self._decisions[-1].seq if self._decisions else None

    def can_undo(self, decision: Decision) -> bool:
        """Whether taking it back makes sense: it isn't an undo itself and wasn't taken back already."""
        return decision.action is not Action.UNDO and decision.seq not in self._undone

    def draw_row(self, index: int, part: int, width: int) -> Strip:  # noqa: ARG002 - rows have one line
        """One decision."""
        decision = self._decisions[index]
        over = self.over("history--cursor") if index == self.cursor else Style.null()
        muted, text = self.style("history--muted") + over, self.base + over
        gone = decision.seq in self._undone
        what = self.style("history--undone" if gone else "history--what") + over
        glyph = "↶" if gone else ACTION_GLYPHS[decision.action]
        when = local_time(decision.decided_at_ms)
        age = fit(short_age(decision.decided_at_ms, self._now()), 6, right=True)
        narrow = width < 110  # noqa: PLR2004 - where the long columns no longer leave room for the words
        parts = [
            ("▌" if index == self.cursor else " ", what),
            (f"{age} " if narrow else f"{fit(when, _WHEN)}", muted),
            (f" {fit(_who(decision), 10 if narrow else _WHO)}", text),
            (f" {glyph} {fit(DONE[decision.action], _WHAT - 2)}", what),
            (fit(self._why(decision), 20 if narrow else _WHY), muted),
            (f" {self._words(decision)}", text),
        ]
        return lay(parts, width, text)

    def _why(self, decision: Decision) -> Visible:
        if decision.undo_of is not None:
            return visible_line(f"of no. {decision.undo_of}")
        code = decision.reason_code or ""
        return self._titles.get(code) or visible_line(code)

    def _words(self, decision: Decision) -> str:
        row = self._rows.get(decision.comment_id)
        return "" if row is None else row.masked


def local_time(at_ms: int) -> Visible:
    """A time as the clock on the wall shows it: `2026-11-22 14:05`."""
    at = datetime.fromtimestamp(at_ms / 1000, tz=UTC).astimezone()
    return visible_line(f"{at:%Y-%m-%d %H:%M}")


def _who(decision: Decision) -> Visible:
    if decision.actor_kind is ActorKind.HUMAN:
        return visible_line(decision.moderator, 40)
    return visible_line(f"({decision.actor_kind.value})")
