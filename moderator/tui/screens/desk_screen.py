"""The review screen without its keys: what happens when answers come in."""

from __future__ import annotations

from moderator.domain.decision import Batch, Outcome
from moderator.text.visible import literal, visible_line
from moderator.tui import batch_messages as many
from moderator.tui import captions
from moderator.tui import messages as told
from moderator.tui.backend import Rank
from moderator.tui.screens.desk_canvas import DeskCanvas
from moderator.tui.widgets.mode_line import elsewhere
from moderator.tui.widgets.status_line import Parts


class DeskScreen(DeskCanvas):
    """The desk kept true to what the backend says."""

    _held: Outcome | None = None
    _held_said: Parts = ()
    _act: tuple[int, int] = (0, 0)

    # Answers: reading --------------------------------------------------------------------------------------------

    def on_connected(self) -> None:
        """The database is open."""
        self.say(elsewhere(self.keymap) if self.has_class("-stacked") else ())
        self.errands.open_queue(self.desk.session.query)
        self.errands.read_finality()

    def on_connect_failed(self, message: told.ConnectFailed) -> None:
        """There's no database: this desk can only say so."""
        self.say(())
        leave = visible_line(f"{self.keymap.shown('quit')} leaves the desk.")
        doctor = literal("`moderator doctor` looks at what is installed and what can be written.")
        self.failure = (message.problem.text, message.problem.hint, doctor, leave)
        self.desk.session.ask(self.desk.session.query)
        self.queue.set_rows(0, None)
        self.draw_here()

    def on_first_page(self, message: told.FirstPage) -> None:
        """The top of the queue: from now on there's something to read."""
        move = self.desk.take_first(message)
        if move is not None:
            self.draw_list(move)

    def on_list_loaded(self, message: told.ListLoaded) -> None:
        """The whole queue."""
        move = self.desk.take_list(message)
        if move is not None:
            self.draw_list(move)
        self._start_scoring()

    def on_rows_loaded(self, message: told.RowsLoaded) -> None:
        """Rows that were missing, or that may have changed."""
        self.desk.take_rows(message.rows)
        self.queue.refresh()
        self.draw_here()

    def on_card_loaded(self, message: told.CardLoaded) -> None:
        """A whole comment."""
        if self.desk.take_card(message.card):
            self.queue.redraw_row(self.queue.cursor)
            self.draw_here()

    def on_read_failed(self, message: told.ReadFailed) -> None:
        """Something couldn't be read."""
        self.warn(message.problem.text, message.problem.hint)

    def on_counts_loaded(self, message: told.CountsLoaded) -> None:
        """How many comments stand where."""
        self.desk.known.counts = dict(message.counts)
        self.draw_here()

    def on_finality_loaded(self, message: told.FinalityLoaded) -> None:
        """What sites won't take back is known."""
        self.desk.known.final = message.warnings
        self.draw_here()

    def on_queue_changed(self, message: told.QueueChanged) -> None:
        """Somebody else wrote."""
        self.desk.known.counts = dict(message.counts)
        self.desk.others_wrote(*self.queue.visible_range())
        self.scoring.wake()
        self.draw_here()

    def on_rows_wanted(self, message: told.RowsWanted) -> None:
        """The list shows rows that nobody has read yet."""
        self.desk.read_rows(message.first, message.last)

    # Answers: deciding -------------------------------------------------------------------------------------------

    def on_decision_saved(self, message: told.DecisionSaved) -> None:
        """A decision is durable: only now the row says so."""
        at = self.desk.saved(message.outcome)
        if at is not None:
            self.queue.redraw_row(at)
        self._held = message.outcome
        self._say_saved(message.outcome)
        self.draw_here()

    def _say_saved(self, outcome: Outcome) -> None:
        reason = self.reason_titles.get(outcome.decision.reason_code or "")
        held = None
        if outcome.held_until_ms is not None:
            left_ms = outcome.held_until_ms - self.look.clock()
            whole_ms = outcome.held_until_ms - outcome.decision.decided_at_ms
            final = outcome.decision.action in self.desk.known.final.get(visible_line(outcome.decision.source), {})
            held = captions.Held(left_ms / 1000, whole_ms / 1000, final)
        self._held_said = captions.saved(outcome, self.desk, self.keymap, reason, held)
        self.say(self._held_said)

    def tick(self) -> None:
        """Once a second: looks for news, and shows the hold-back window as it runs down."""
        self.desk.tick()
        held = self._held
        if held is None or held.held_until_ms is None:
            return
        if not self.says(self._held_said):
            self._held = None  # something else was said since
            return
        self._say_saved(held)
        if held.held_until_ms <= self.look.clock():
            self._held = None

    def on_many_decided(self, message: many.ManyDecided) -> None:
        """A part of an act on many is durable; what was refused came back."""
        self.desk.many_decided(message.batch)
        done, refused = self.count_act(message.batch, message.left)
        action = message.batch.outcomes[0].decision.action if message.batch.outcomes else None
        self.say(captions.many_decided(action, done, refused, message.left, self.keymap))
        self.queue.refresh()
        self.draw_here()

    async def on_many_undone(self, message: many.ManyUndone) -> None:
        """A part of an act was taken back."""
        if not message.left:
            self.desk.undo_answered()
        move = self.desk.many_undone(message)
        self.queue.set_rows(len(self.desk.session.ids), None)
        self.say(captions.many_undone(*self.count_act(message.batch, message.left), message.left))
        self.draw_move(move)
        await self.undo_came(done=True)

    def count_act(self, batch: Batch, left: int) -> tuple[int, int]:
        """Adds a part to the act under way. Returns how many are done and refused of all of it."""
        self._act = (self._act[0] + len(batch.outcomes), self._act[1] + len(batch.refused))
        counted = self._act
        if not left:
            self._act = (0, 0)
        return counted

    def on_decision_failed(self, message: told.DecisionFailed) -> None:
        """A decision came back: its row says why."""
        at = self.desk.failed(message)
        if at is not None:
            self.queue.redraw_row(at)
        self.warn(message.problem.text, message.problem.hint)
        self.draw_here()

    async def on_undone(self, message: told.Undone) -> None:
        """A decision was taken back: the cursor goes to its comment."""
        self.desk.undo_answered()
        if message.outcome is None:
            self.say(((" There's nothing to undo.", "muted"),))
            await self.undo_came(done=False)
            return
        move = self.desk.undone(message)
        self.queue.set_rows(len(self.desk.session.ids), None)
        self.say(captions.undone(message.outcome, self.desk, self.keymap))
        self.draw_move(move)
        await self.undo_came(done=True)

    async def undo_came(self, *, done: bool) -> None:
        """An undo was answered; `done` where it took something back."""

    async def on_undo_failed(self, message: told.UndoFailed) -> None:
        """The last decision stays: its row says why."""
        self.desk.undo_answered()
        at = self.desk.keep(message.refusal)
        if at is not None:
            self.queue.redraw_row(at)
        self.warn(message.problem.text, message.problem.hint)
        self.draw_here()
        await self.undo_came(done=False)

    def on_lease_answered(self, message: told.LeaseAnswered) -> None:
        """Whether the comment under the cursor is ours."""
        self.desk.take_lease(message.comment_id, message.holder)
        self.queue.redraw_row(self.queue.cursor)
        self.draw_here()

    # Answers: scoring --------------------------------------------------------------------------------------------

    def _start_scoring(self) -> None:
        self.backend.submit(self.scoring.start, self, rank=Rank.POLL, doing="starting to score", key="scoring")

    def on_scoring_moved(self, message: told.ScoringMoved) -> None:
        """Comments were scored in the background: rows on screen and the order may be new."""
        self.mention(captions.scoring(message))
        self.desk.others_wrote(*self.queue.visible_range())

    def on_scoring_failed(self, message: told.ScoringFailed) -> None:
        """There's no scorer: people look all the same."""
        self.warn(message.problem.text, message.problem.hint)
        self.mention((("no scoring ", "problem"),))
