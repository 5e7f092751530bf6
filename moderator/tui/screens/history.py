"""What was decided, by whom and when: searched, read in full, and taken back."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar

from textual.app import ComposeResult
from textual.containers import Container
from textual.getters import query_one
from textual.message import Message

from moderator.domain.decision import Decision
from moderator.domain.decision_log import DecisionFilter
from moderator.domain.filter import FilterError
from moderator.domain.history_filter import HISTORY_KEYS, parse_history
from moderator.text.visible import literal, visible_line
from moderator.tui import messages as told
from moderator.tui.backend import Rank
from moderator.tui.decision_views import present_decision
from moderator.tui.errands import Errands
from moderator.tui.listing import Move
from moderator.tui.mode_messages import DecisionLoaded, HistoryFound
from moderator.tui.modes import Desktop
from moderator.tui.posting import present_rows
from moderator.tui.screens.listing_screen import MOVES, ListingScreen
from moderator.tui.screens.mode_screen import EVERYWHERE
from moderator.tui.widgets.box import Box
from moderator.tui.widgets.decision_detail import DecisionDetail
from moderator.tui.widgets.filter_line import EntryLine
from moderator.tui.widgets.history_list import HistoryList, local_time
from moderator.tui.wording import DONE, number

if TYPE_CHECKING:  # bootstrap reaches everything
    from moderator.bootstrap import Services

_PAGE = 200


class HistoryScreen(ListingScreen):
    """The decision log, newest first, and the decision under the cursor in full."""

    CSS_PATH: ClassVar[Any] = ["modes.tcss", "history.tcss"]
    HORIZONTAL_BREAKPOINTS: ClassVar[Any] = [(0, "-narrow"), (116, "-wide")]
    AUTO_FOCUS = "HistoryList"
    MODE = "history"
    KEYS: ClassVar[Mapping[str, str]] = {
        name: name for name in (*MOVES, "undo", "filter", "reveal", "scroll_down", "scroll_up")
    }

    decisions = query_one("#list", HistoryList)
    detail = query_one("#detail", DecisionDetail)
    entry = query_one("#entry", Box)

    def __init__(self, desktop: Desktop) -> None:
        super().__init__(desktop)
        self._errands = Errands(desktop.backend, self)
        self._titles = {reason.code: visible_line(reason.title) for reason in desktop.reasons}
        self._line, self._wanted = "", DecisionFilter()
        self._more = True
        self._typing: EntryLine | None = None

    def compose_body(self) -> ComposeResult:
        """The list, and one decision in full."""
        with Container(id="history"):
            yield HistoryList(self.desktop.reasons, self.desktop.look.clock, id="list")
            yield DecisionDetail(self._titles, id="detail")
        yield Box(id="entry")

    def hints(self) -> list[tuple[str, str]]:
        """What can be done here."""
        shown = self.desktop.keymap.shown
        return [
            (shown("filter"), "search"),
            (shown("undo"), "undo this one"),
            (f"{shown('next')} {shown('previous')}", "down, up"),
            (shown("scroll_down"), "read on"),
        ]

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """While a filter is typed no key is a command."""
        if self._typing is not None and action in {*self.KEYS.values(), *EVERYWHERE, "leave"}:
            return False
        return super().check_action(action, parameters)

    @property
    def rows(self) -> HistoryList:
        """The list of decisions."""
        return self.decisions

    def on_screen_resume(self) -> None:
        """Reads the newest decisions."""
        self._read()

    # Reading -----------------------------------------------------------------------------------------------------

    def _read(self, before_seq: int | None = None) -> None:
        wanted = self._wanted

        def read(services: Services) -> Message:
            decisions = tuple(services.review.history(_PAGE, before_seq, wanted))
            ids = list({decision.comment_id for decision in decisions})
            rows = {row.id: row for row in present_rows(services, services.review.rows(ids))}
            return HistoryFound(wanted, before_seq, decisions, rows)

        # A rare word may lead through the whole log: that mustn't hold a decision up.
        self.desktop.reports.ask("history", read, self, doing="reading the history", failed=told.ReadFailed)

    def on_history_found(self, message: HistoryFound) -> None:
        """A page of decisions, if it's still what is asked for."""
        if message.wanted != self._wanted:
            return
        self._more = len(message.decisions) == _PAGE
        self.decisions.take(message.decisions, message.rows, older=message.before_seq is not None)
        shown = f"decisions with {visible_line(self._line, 60)}" if self._line else "decisions, newest first"
        count = f"{number(self.decisions.count)}{'+' if self._more else ''}"
        self.top.show(((f" {shown}", "strong" if self._line else "text"),), ((f"{count} ", "muted"),))
        self._tell()

    def _read_detail(self, decision: Decision) -> None:
        def read(services: Services) -> Message:
            revisions = services.review.revisions(decision.comment_id)
            return DecisionLoaded(present_decision(decision, revisions, services.delivery.finality.of_undo(decision)))

        self.desktop.backend.submit(
            read, self, rank=Rank.CARD, doing="reading a decision", failed=told.ReadFailed, key="decision"
        )

    def on_decision_loaded(self, message: DecisionLoaded) -> None:
        """The decision in full, if the cursor is still on it."""
        current = self.decisions.current
        if current is not None and current.seq == message.view.decision.seq:
            self.detail.show(message.view)

    def on_undone(self, message: told.Undone) -> None:
        """It was taken back: reads the log anew with the undo on top."""
        self._read()
        if message.outcome is not None:
            self.notify(f"Taken back. The comment is {message.outcome.status.value} again.", markup=False)

    def on_undo_failed(self, message: told.UndoFailed) -> None:
        """It stays as it is."""
        self.status.show(((f" ! {message.problem.text}", "problem"), (f" {message.problem.hint}", "muted")))

    # Searching ---------------------------------------------------------------------------------------------------

    async def action_filter(self) -> None:
        """Opens the line to search the log."""
        hint = visible_line("  ".join(HISTORY_KEYS.values()))
        self._typing = EntryLine(literal("filter"), self._line, hint)
        self.entry.add_class("-open")
        await self.entry.mount(self._typing)
        self.set_focus(self._typing.entry)

    async def on_line_entered(self, message: told.LineEntered) -> None:
        """A filter was typed."""
        try:
            wanted = parse_history(message.text, self.desktop.look.clock())
        except FilterError as error:
            if self._typing is not None:
                self._typing.complain(visible_line(f"{error.message} {error.hint or ''}"), error.end)
            return
        self._line, self._wanted = message.text.strip(), wanted
        await self._close_entry()
        self.detail.show(None)
        self._read()

    async def action_never_mind(self) -> None:
        """Gives up the filter that is typed, then the one that is set, then goes back to the queue."""
        if self._typing is not None:
            await self._close_entry()
        elif self._line:
            self._line, self._wanted = "", DecisionFilter()
            self._read()
        else:
            self.action_leave()

    async def _close_entry(self) -> None:
        self._typing = None
        self.entry.remove_class("-open")
        await self.entry.remove_children()
        self.set_focus(self.decisions)

    # Keys --------------------------------------------------------------------------------------------------------

    def action_undo(self) -> None:
        """Takes back the decision under the cursor."""
        decision = self.decisions.current
        if decision is None:
            return
        if not self.decisions.can_undo(decision):
            self.note("This one can't be taken back: it is an undo, or was undone already.")
            return
        self._errands.undo(decision.seq)

    def action_reveal(self) -> None:
        """Shows or masks a severe text."""
        if not self.detail.reveal():
            self.note("No words are masked here.")

    def action_scroll_down(self) -> None:
        """Reads on in the decision."""
        self.detail.scroll_lines(4)

    def action_scroll_up(self) -> None:
        """Reads back."""
        self.detail.scroll_lines(-4)

    def go_to(self, index: int) -> None:
        """Goes to a decision; at the end of those listed, more are read."""
        target = max(0, min(index, self.decisions.count - 1))
        if self.decisions.count:
            self.decisions.move_cursor(Move(self.decisions.cursor, target))
        if self._more and target >= self.decisions.count - 1:
            self._more = False
            self._read(self.decisions.oldest)
        self._tell()

    def _tell(self) -> None:
        decision = self.decisions.current
        if decision is None:
            shown = self.desktop.keymap.shown
            none = literal("No decision fits." if self._line else "Nothing was decided yet.")
            way = (
                f"{shown('filter')} changes the search, esc lifts it."
                if self._line
                else "Whatever is decided stands here, with who, when and why, and can be taken back from here."
            )
            self.note(none)
            self.detail.announce((none, visible_line(way)))
            return
        self._read_detail(decision)
        when, what = local_time(decision.decided_at_ms), DONE[decision.action]
        said = f" no. {number(decision.seq)} · {when} · {what} by {decision.moderator}"
        why = f" · {decision.rule}" if decision.rule else ""
        note = f"  note: {decision.note}" if decision.note else ""
        self.status.show(((visible_line(said, 120), "text"), (visible_line(f"{why}{note}", 200), "muted")))
