"""The review screen: a key for each decision, for finding comments, and for the other screens."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.binding import BindingsMap

from moderator.domain.decision import Action, Reason
from moderator.domain.filter import format_filter, parse_filter
from moderator.errors import ConfigError
from moderator.text.visible import Visible, literal, visible_line
from moderator.tui import captions
from moderator.tui import messages as told
from moderator.tui.backend import Backend
from moderator.tui.bindings import bind_actions, bind_reasons
from moderator.tui.keys import KEYS, Keymap
from moderator.tui.look import Look
from moderator.tui.screens.browsing import BrowsingScreen
from moderator.tui.session import Mode

if TYPE_CHECKING:  # an input line isn't needed for the first frame
    from moderator.tui.widgets.filter_line import EntryLine

_ACTIONS = frozenset(key.id for key in KEYS)
_FILTER_HINT = literal(
    "label:insult>0.7  risk>0.8  lang:ru  section:world  author:x  status:escalated  words of a title"
)
_NOTE_HINT = literal("It goes with your next decision, for your colleagues.   enter: keep it   esc: never mind")


class ReviewScreen(BrowsingScreen):
    """Where comments are decided. A key changes the session and repaints at once; the database follows."""

    def __init__(self, look: Look, reasons: tuple[Reason, ...], keymap: Keymap, backend: Backend) -> None:
        super().__init__(look, reasons, keymap, backend)
        keys = bind_actions(keymap, {key.id: key.id for key in KEYS})
        self._bindings = BindingsMap.merge([keys, bind_reasons(reasons)])

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """What a key may do depends on what it is for just now: a command, a reason, or a letter."""
        if action == "reason":
            return self.desk.session.mode is Mode.REASON
        if action == "never_mind":
            return self.desk.session.mode is not Mode.BROWSE
        if action in _ACTIONS:
            return self.desk.session.mode is Mode.BROWSE
        return super().check_action(action, parameters)

    _typing: EntryLine | None = None

    # Deciding ----------------------------------------------------------------------------------------------------

    def _decide(self, action: Action, reason: Reason | None = None) -> None:
        self.leave_reasons()
        done = self.desk.decide(action, None if reason is None else reason.code)
        if done is None:
            self.say(captions.nothing_to_decide(self.desk, self.keymap, action))
            return
        intent, move = done
        self.say(captions.decided(intent, self.desk, reason))
        if move is None:
            self.queue.redraw_row(self.queue.cursor)
        self.draw_move(move)

    def action_approve(self) -> None:
        """Approves the comment under the cursor."""
        self._decide(Action.APPROVE)

    def action_escalate(self) -> None:
        """Hands it to a senior colleague."""
        self._decide(Action.ESCALATE)

    def action_defer(self) -> None:
        """Puts it aside for later."""
        self._decide(Action.DEFER)

    def action_reject(self) -> None:
        """Asks for the reason; the next key gives it."""
        session = self.desk.session
        if self.desk.row is None or not session.is_open(self.desk.row.id):
            self.say(captions.nothing_to_decide(self.desk, self.keymap, Action.REJECT))
            return
        session.mode = Mode.REASON
        self.draw_here()

    def action_reason(self, code: str) -> None:
        """The reason that was asked for."""
        self._decide(Action.REJECT, self.reason_titles[code])

    async def action_never_mind(self) -> None:
        """No rejection, filter or note after all."""
        self.leave_reasons()
        await self._close_entry()

    def action_skip(self) -> None:
        """Leaves it undecided."""
        self.draw_move(self.desk.skip())

    def action_undo(self) -> None:
        """Takes back the last decision."""
        self.desk.undo()

    # Finding -----------------------------------------------------------------------------------------------------

    def action_order(self) -> None:
        """Another order."""
        self.ask(self.desk.session.next_order())

    async def action_filter(self) -> None:
        """Opens the filter line."""
        await self._open_entry(Mode.FILTER, literal("filter"), format_filter(self.desk.session.query), _FILTER_HINT)

    async def action_note(self) -> None:
        """Opens the line for a note."""
        await self._open_entry(Mode.NOTE, literal("note"), self.desk.session.note or "", _NOTE_HINT)

    async def _open_entry(self, mode: Mode, prompt: Visible, value: str, hint: Visible) -> None:
        from moderator.tui.widgets.filter_line import EntryLine  # noqa: PLC0415 - not needed for the first frame

        self.leave_reasons()
        await self.entry.remove_children()
        self.desk.session.mode = mode
        self._typing = EntryLine(prompt, value, hint)
        self.entry.add_class("-open")
        await self.entry.mount(self._typing)
        # At once: a key that follows quickly is a letter already.
        self.set_focus(self._typing.entry)

    async def _close_entry(self) -> None:
        self.desk.session.mode = Mode.BROWSE
        self._typing = None
        self.entry.remove_class("-open")
        await self.entry.remove_children()
        self.set_focus(self.queue)

    async def on_line_entered(self, message: told.LineEntered) -> None:
        """A filter or a note was typed."""
        session = self.desk.session
        if session.mode is Mode.NOTE:
            session.note = message.text.strip() or None
            self.say(captions.note(session.note) if session.note else ((" No note.", "muted"),))
            await self._close_entry()
            self.draw_here()
            return
        try:
            query = parse_filter(message.text, session.query.order)
        except ConfigError as error:
            if self._typing is not None:
                self._typing.complain(visible_line(f"{error.message} {error.hint or ''}"))
            return
        await self._close_entry()
        self.ask(query)

    # Other screens -----------------------------------------------------------------------------------------------

    def on_unmount(self) -> None:
        """No more scoring; the comment at hand is finished or left waiting."""
        self.scoring.stop(0.0)

    def on_screen_resume(self) -> None:
        """Back from another screen: something may have been taken back there."""
        self.desk.come_back(*self.queue.visible_range())

    def action_quit(self) -> None:
        """Leaves the desk."""
        self.post_message(told.LeaveWanted())
