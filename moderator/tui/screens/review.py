"""The review screen: a key for each decision, for one comment or for all that are marked."""

from __future__ import annotations

from textual.binding import BindingsMap

from moderator.domain.decision import Action, Reason
from moderator.text.visible import visible_line
from moderator.tui import captions
from moderator.tui import messages as told
from moderator.tui.bindings import bind_actions, bind_digits, bind_reasons
from moderator.tui.keys import KEYS
from moderator.tui.modes import Desktop
from moderator.tui.screens.entering import EnteringScreen
from moderator.tui.session import Mode
from moderator.tui.wording import DONE

_MANY = 200
_ACTIONS = frozenset(key.id for key in KEYS)
_WITHOUT_DATABASE = frozenset({"sitting", "help", "palette", "quit"})


class ReviewScreen(EnteringScreen):
    """Where comments are decided. A key changes the session and repaints at once; the database follows."""

    _leaving = False
    _after_undo: tuple[Action, Reason | None] | None = None

    def __init__(self, desktop: Desktop) -> None:
        super().__init__(desktop)
        keymap = desktop.keymap
        keys = bind_actions(keymap, {key.id: key.id for key in KEYS})
        self._bindings = BindingsMap.merge([keys, bind_digits(keymap), bind_reasons(desktop.reasons)])

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """What a key may do depends on what it is for just now: a command, an answer, or a letter."""
        session = self.desk.session
        if action == "reason":
            return session.mode is Mode.REASON
        if action == "pick_queue":
            return session.mode is Mode.QUEUES
        if action == "never_mind":
            return session.mode is not Mode.BROWSE or bool(session.marks or session.times or session.before)
        if action == "digit":
            return session.mode is Mode.BROWSE and (parameters != (0,) or session.times > 0)
        if action in _ACTIONS:
            return session.mode is Mode.BROWSE and (not self.failure or action in _WITHOUT_DATABASE)
        return super().check_action(action, parameters)

    # Deciding ----------------------------------------------------------------------------------------------------

    async def _decide(self, action: Action, reason: Reason | None = None) -> None:
        self.leave_reasons()
        if self.desk.undoing:
            # Meant for the comment that comes back, not for the one that is still under the cursor.
            self._after_undo = (action, reason)
            return
        session = self.desk.session
        count = sum(session.is_open(comment_id) for comment_id in session.marks)
        code = None if reason is None else reason.code
        if count > self.look.confirm_above:
            because = f" · {reason.title}" if reason is not None else ""
            asked = f"Type {count} to have {count:,} comments {DONE[action]}{because}.   esc: never mind"
            await self.confirm(count, visible_line(asked, 160), lambda: self._decide_marked(action, code))
        elif session.marks:
            self._decide_marked(action, code)
        else:
            self._decide_here(action, reason)

    async def undo_came(self, *, done: bool) -> None:
        """An undo was answered: what was decided meanwhile is about the comment that came back, if it did."""
        if self.desk.undoing:
            return
        waiting, self._after_undo = self._after_undo, None
        if waiting is not None and done:
            await self._decide(*waiting)

    def _decide_here(self, action: Action, reason: Reason | None) -> None:
        done = self.desk.decide(action, None if reason is None else reason.code)
        if done is None:
            self.say(captions.nothing_to_decide(self.desk, self.keymap, action))
            return
        intent, move = done
        self.say(captions.decided(intent, self.desk, reason))
        if move is None:
            self.queue.redraw_row(self.queue.cursor)
        self.draw_move(move)

    def _decide_marked(self, action: Action, code: str | None) -> None:
        count = self.desk.decide_marked(action, code)
        self.say(captions.deciding_many(action, count))
        self.queue.refresh()
        self.draw_move(self.desk.advance())

    async def action_approve(self) -> None:
        """Approves the comment under the cursor, or all that are marked."""
        await self._decide(Action.APPROVE)

    async def action_escalate(self) -> None:
        """Hands it to a senior colleague."""
        await self._decide(Action.ESCALATE)

    async def action_defer(self) -> None:
        """Puts it aside for later."""
        await self._decide(Action.DEFER)

    def action_reject(self) -> None:
        """Asks for the reason; the next key gives it."""
        session = self.desk.session
        if not session.marks and (self.desk.row is None or not session.is_open(self.desk.row.id)):
            self.say(captions.nothing_to_decide(self.desk, self.keymap, Action.REJECT))
            return
        session.mode = Mode.REASON
        self.reasons.offer(captions.reject_because(self.desk), self.offered)
        self.draw_here()

    async def action_reason(self, code: str) -> None:
        """The reason that was asked for."""
        await self._decide(Action.REJECT, self.reason_titles[code])

    async def action_repeat(self) -> None:
        """The last decision and its reason once more."""
        last = self.desk.session.last
        if last is None:
            self.say(((" Nothing was decided yet that could be repeated.", "muted"),))
            return
        action, code = last
        await self._decide(action, self.reason_titles.get(code or ""))

    async def action_never_mind(self) -> None:
        """No rejection, filter or note after all; then no marks; then back to the queue before."""
        session = self.desk.session
        if session.mode is not Mode.BROWSE:
            self.leave_reasons()
            await self.close_entry()
            self.draw_here()
        elif session.take_times():
            self.say(())
        elif session.query.like is not None and session.before is not None:
            self.action_copies()
        elif not self.unmark():
            self.go_back()

    def action_skip(self) -> None:
        """Leaves it undecided; after a number, so many."""
        for _ in range(min(self.desk.session.take_times() or 1, self.desk.session.open_count)):
            self.draw_move(self.desk.skip())

    def action_undo(self) -> None:
        """Takes back the last act. The log is asked which that is; the key is answered at once."""
        self.desk.undo()
        self.say(captions.undoing())

    async def on_choice_picked(self, message: told.ChoicePicked) -> None:
        """A reason or a queue was clicked."""
        if self.desk.session.mode is Mode.QUEUES:
            self.action_pick_queue(int(message.key))
            return
        for reason in self.reason_titles.values():
            if reason.key == message.key:
                await self.action_reason(reason.code)

    async def on_hint_picked(self, message: told.HintPicked) -> None:
        """A key on the bottom line was clicked."""
        action = self.keymap.hinted()[message.at]
        if self.check_action(action, ()):
            await self.run_action(action)

    # Other screens -----------------------------------------------------------------------------------------------

    def action_band(self) -> None:
        """Opens the histogram of this queue."""
        from moderator.tui.screens.band import BandScreen  # noqa: PLC0415 - not needed for the first frame

        self.leave_reasons()
        reasons = tuple(self.reason_titles.values())
        screen = BandScreen(self.look, self.keymap, self.backend, self.desk, reasons)
        # Textual leaves open what the app returns.
        self.app.push_screen(screen, self._banded)  # pyright: ignore[reportUnknownMemberType]

    def _banded(self, act: tuple[Action, str | None, int] | None) -> None:
        if act is not None:
            self.say(captions.deciding_many(act[0], act[2]))
            self.queue.refresh()
            self.draw_move(self.desk.advance())

    def on_unmount(self) -> None:
        """No more scoring; the comment at hand is finished or left waiting."""
        self.scoring.stop(0.0)

    def on_screen_resume(self) -> None:
        """Back from another screen: something may have been taken back there."""
        self.desk.come_back(*self.queue.visible_range())

    def action_quit(self) -> None:
        """Leaves the desk; while an act on many is being written, only when asked twice."""
        left = len(self.desk.session.pending)
        if left > _MANY and not self._leaving:
            self._leaving = True
            self.say(
                ((f" {left:,} decisions are still being saved: again leaves, and those stay undecided.", "problem"),)
            )
            return
        self.post_message(told.LeaveWanted())
