"""What was decided, by whom and when; any of it can be taken back from here."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from textual.app import ComposeResult
from textual.getters import query_one

from moderator.text.visible import visible_line
from moderator.tui import messages as told
from moderator.tui.errands import Errands
from moderator.tui.listing import Move
from moderator.tui.modes import Desktop
from moderator.tui.screens.mode_screen import ModeScreen
from moderator.tui.widgets.history_list import HistoryList, local_time
from moderator.tui.wording import DONE, number

_PAGE = 200


class HistoryScreen(ModeScreen):
    """The decision log, newest first."""

    CSS_PATH: ClassVar[Any] = ["modes.tcss", "history.tcss"]
    AUTO_FOCUS = "HistoryList"
    MODE = "history"
    KEYS: ClassVar[Mapping[str, str]] = {
        name: name for name in ("next", "previous", "page_down", "page_up", "first", "last", "undo")
    }

    decisions = query_one("#list", HistoryList)

    def __init__(self, desktop: Desktop) -> None:
        super().__init__(desktop)
        self._errands = Errands(desktop.backend, self)
        self._more = True

    def compose_body(self) -> ComposeResult:
        """The list."""
        yield HistoryList(self.desktop.reasons, self.desktop.look.clock, id="list")

    def hints(self) -> list[tuple[str, str]]:
        """What can be done here."""
        shown = self.desktop.keymap.shown
        return [(shown("undo"), "undo this one"), (shown("next"), "down"), (shown("previous"), "up")]

    def on_mount(self) -> None:
        """Says what this is."""
        self.top.show(((" decisions, newest first", "text"),))

    def on_screen_resume(self) -> None:
        """Reads the newest decisions."""
        self._errands.read_history(_PAGE)

    # Answers -----------------------------------------------------------------------------------------------------

    def on_history_loaded(self, message: told.HistoryLoaded) -> None:
        """A page of decisions."""
        self._more = len(message.decisions) == _PAGE
        self.decisions.take(message.decisions, message.rows, older=message.before_seq is not None)
        self._tell()

    def on_undone(self, message: told.Undone) -> None:
        """It was taken back: reads the log anew with the undo on top."""
        self._errands.read_history(_PAGE)
        if message.outcome is not None:
            self.notify(f"Taken back. The comment is {message.outcome.status.value} again.", markup=False)

    def on_undo_failed(self, message: told.UndoFailed) -> None:
        """It stays as it is."""
        self.status.show(((f" ! {message.problem.text}", "problem"), (f" {message.problem.hint}", "muted")))

    def on_row_picked(self, message: told.RowPicked) -> None:
        """A row was clicked."""
        self._go_to(message.index)

    # Keys --------------------------------------------------------------------------------------------------------

    def action_undo(self) -> None:
        """Takes back the decision under the cursor."""
        decision = self.decisions.current
        if decision is None:
            return
        if not self.decisions.can_undo(decision):
            self.status.show(((" This one can't be taken back: it is an undo, or was undone already.", "muted"),))
            return
        self._errands.undo(decision.seq)

    def action_next(self) -> None:
        """One down."""
        self._go_to(self.decisions.cursor + 1)

    def action_previous(self) -> None:
        """One up."""
        self._go_to(self.decisions.cursor - 1)

    def action_page_down(self) -> None:
        """A screenful down."""
        self._go_to(self.decisions.cursor + self.decisions.rows_per_page)

    def action_page_up(self) -> None:
        """A screenful up."""
        self._go_to(self.decisions.cursor - self.decisions.rows_per_page)

    def action_first(self) -> None:
        """The newest."""
        self._go_to(0)

    def action_last(self) -> None:
        """The oldest listed."""
        self._go_to(self.decisions.count - 1)

    def _go_to(self, index: int) -> None:
        target = max(0, min(index, self.decisions.count - 1))
        if self.decisions.count:
            self.decisions.move_cursor(Move(self.decisions.cursor, target))
        if self._more and target >= self.decisions.count - 1:
            self._more = False
            self._errands.read_history(_PAGE, self.decisions.oldest)
        self._tell()

    def _tell(self) -> None:
        decision = self.decisions.current
        if decision is None:
            self.status.show(((" Nothing was decided yet.", "muted"),))
            return
        when, what = local_time(decision.decided_at_ms), DONE[decision.action]
        said = f" no. {number(decision.seq)} · {when} · {what} by {decision.moderator}"
        why = f" · {decision.rule}" if decision.rule else ""
        note = f"  note: {decision.note}" if decision.note else ""
        self.status.show(((visible_line(said, 120), "text"), (visible_line(f"{why}{note}", 200), "muted")))
