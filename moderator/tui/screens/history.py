"""What was decided, by whom and when; any of it can be taken back from here."""

from __future__ import annotations

from textual.app import ComposeResult
from textual.binding import Binding, BindingsMap
from textual.getters import query_one
from textual.screen import Screen

from moderator.domain.decision import Reason
from moderator.text.visible import visible_line
from moderator.tui import messages as told
from moderator.tui.backend import Backend
from moderator.tui.bindings import bind_actions
from moderator.tui.errands import Errands
from moderator.tui.keys import Keymap
from moderator.tui.listing import Move
from moderator.tui.look import Look
from moderator.tui.widgets.history_list import HistoryList, local_time
from moderator.tui.widgets.status_line import HintLine, StatusLine, TopLine
from moderator.tui.wording import DONE, number

_PAGE = 200
_KEYS = ("next", "previous", "page_down", "page_up", "first", "last", "undo")


class HistoryScreen(Screen[None]):
    """The decision log, newest first.

    Args:
        look: Settings of the desk.
        reasons: Words for reason codes.
        keymap: The keys in force.
        backend: Runs what takes time.
    """

    CSS_PATH = "history.tcss"
    AUTO_FOCUS = "HistoryList"

    decisions = query_one("#list", HistoryList)
    top = query_one("#top", TopLine)
    status = query_one("#status", StatusLine)

    def __init__(self, look: Look, reasons: tuple[Reason, ...], keymap: Keymap, backend: Backend) -> None:
        super().__init__()
        self._look = look
        self._reasons = reasons
        self._keymap = keymap
        self._errands = Errands(backend, self)
        self._more = True
        keys = bind_actions(keymap, {name: name for name in _KEYS} | {"history": "leave", "quit": "leave"})
        self._bindings = BindingsMap.merge([keys, BindingsMap([Binding("escape", "leave", show=False)])])

    def compose(self) -> ComposeResult:
        """The list between a line above and two below."""
        shown = self._keymap.shown
        yield TopLine(id="top")
        yield HistoryList(self._reasons, self._look.clock, id="list")
        yield StatusLine(id="status")
        yield HintLine(
            [
                (shown("undo"), "undo this one"),
                (shown("next"), "down"),
                (shown("previous"), "up"),
                ("esc", "back to the queue"),
            ],
            id="hints",
        )

    def on_mount(self) -> None:
        """Says what this is."""
        self.top.show(((" moderator  ", "strong"), ("decisions, newest first", "text")))

    def on_screen_resume(self) -> None:
        """Reads the newest decisions."""
        self._errands.read_history(_PAGE)

    # Answers -----------------------------------------------------------------------------------------------------

    def on_history_loaded(self, message: told.HistoryLoaded) -> None:
        """A page of decisions."""
        self._more = len(message.decisions) == _PAGE
        self.decisions.take(message.decisions, message.rows, older=message.before_seq is not None)
        self._tell()

    def on_read_failed(self, message: told.ReadFailed) -> None:
        """The log can't be read."""
        self.status.show(((f" ! {message.problem.text} {message.problem.hint}", "problem"),))

    def on_undone(self, message: told.Undone) -> None:
        """A decision was taken back: the list starts anew with the undo on top."""
        self._errands.read_history(_PAGE)
        if message.outcome is not None:
            self.notify(f"Taken back. The comment is {message.outcome.status.value} again.", markup=False)

    def on_undo_failed(self, message: told.UndoFailed) -> None:
        """It stays as it is."""
        self.status.show(((f" ! {message.problem.text}", "problem"), (f" {message.problem.hint}", "muted")))

    def on_row_picked(self, message: told.RowPicked) -> None:
        """A row was clicked."""
        self._go(message.index)

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

    def action_leave(self) -> None:
        """Back to the queue."""
        self.post_message(told.ModeWanted("review"))

    def action_next(self) -> None:
        """One down."""
        self._go(self.decisions.cursor + 1)

    def action_previous(self) -> None:
        """One up."""
        self._go(self.decisions.cursor - 1)

    def action_page_down(self) -> None:
        """A screenful down."""
        self._go(self.decisions.cursor + self.decisions.rows_per_page)

    def action_page_up(self) -> None:
        """A screenful up."""
        self._go(self.decisions.cursor - self.decisions.rows_per_page)

    def action_first(self) -> None:
        """The newest."""
        self._go(0)

    def action_last(self) -> None:
        """The oldest listed."""
        self._go(self.decisions.count - 1)

    def _go(self, index: int) -> None:
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
