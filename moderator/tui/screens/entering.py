"""What is typed or picked in a line of its own: a filter, a note, a number, one of the named queues."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from moderator.domain.completion import complete
from moderator.domain.filter import format_filter, parse_filter
from moderator.domain.queue import QueueQuery
from moderator.errors import ConfigError, FilterError
from moderator.text.visible import Visible, literal, visible_line
from moderator.tui import captions
from moderator.tui import messages as told
from moderator.tui.screens.marking import MarkingScreen
from moderator.tui.session import Mode

if TYPE_CHECKING:  # an input line isn't needed for the first frame
    from moderator.tui.widgets.filter_line import EntryLine

_FILTER_HINT = literal("tab completes · label:insult>0.7  lang:ru  author:guest  age<2h  text:word  words of a title")
_NOTE_HINT = literal("It goes with your next decision, for your colleagues.   enter: keep it   esc: never mind")
_JUMP_HINT = literal("The number of a comment, as the decision log has it.   enter: go there   esc: never mind")
_QUEUE_KEYS = "123456789"


class EnteringScreen(MarkingScreen):
    """The desk with the lines that are typed into."""

    _typing: EntryLine | None = None
    _confirmed: Callable[[], None] | None = None
    _expected = ""

    def action_order(self) -> None:
        """Another order."""
        self.ask(self.desk.session.next_order())

    async def action_filter(self) -> None:
        """Opens the filter line."""
        line = format_filter(self.desk.session.query)
        await self._open_entry(Mode.FILTER, literal("filter"), line, _FILTER_HINT, self._complete)

    async def action_note(self) -> None:
        """Opens the line for a note."""
        await self._open_entry(Mode.NOTE, literal("note"), self.desk.session.note or "", _NOTE_HINT)

    async def action_jump(self) -> None:
        """Opens the line for a comment's number, or goes to the number that was typed before the key."""
        times = self.desk.session.take_times()
        if times:
            self._go_to(times)
            return
        await self._open_entry(Mode.JUMP, literal("number"), "", _JUMP_HINT)

    def action_queues(self) -> None:
        """Offers the named queues."""
        queues = self.look.queues
        if not queues:
            self.say(((" No queue has a name yet: [review.queues] in the configuration names them.", "muted"),))
            return
        self.leave_reasons()
        self.desk.session.mode = Mode.QUEUES
        titles = [f"{name} · {line}" if line else name for name, line in queues.items()]
        self.reasons.offer(literal("Which queue?"), list(zip(_QUEUE_KEYS, titles, strict=False)))
        self.draw_here()

    def action_pick_queue(self, digit: int) -> None:
        """One of the named queues was picked."""
        names = list(self.look.queues)
        if not 1 <= digit <= len(names):
            return
        self.desk.session.mode = Mode.BROWSE
        self.action_open_named(names[digit - 1])

    @property
    def named_queues(self) -> tuple[str, ...]:
        """Names of the queues that the configuration has."""
        return tuple(self.look.queues)

    def action_open_named(self, name: str) -> None:
        """Shows a named queue."""
        try:
            query = parse_filter(self.look.queues[name], self.desk.session.query.order)
        except ConfigError as error:
            self.warn(visible_line(error.message), visible_line(error.hint or ""))
            return
        self.desk.session.before = None
        self.ask(query)
        self.draw_here()

    async def confirm(self, count: int, prompt: Visible, then: Callable[[], None]) -> None:
        """Has a number typed before something is done to so many comments."""
        self._confirmed, self._expected = then, str(count)
        await self._open_entry(Mode.CONFIRM, literal("how many"), "", prompt)

    # The line ----------------------------------------------------------------------------------------------------

    async def _open_entry(
        self,
        mode: Mode,
        prompt: Visible,
        value: str,
        hint: Visible,
        completer: Callable[[str], list[str]] | None = None,
    ) -> None:
        from moderator.tui.widgets.filter_line import EntryLine  # noqa: PLC0415 - not needed for the first frame

        self.leave_reasons()
        await self.entry.remove_children()
        self.desk.session.mode = mode
        self._typing = EntryLine(prompt, value, hint, completer)
        self.entry.add_class("-open")
        await self.entry.mount(self._typing)
        # At once: a key that follows quickly is a letter already.
        self.set_focus(self._typing.entry)

    async def close_entry(self) -> None:
        """Nothing is typed any more."""
        self.desk.session.mode = Mode.BROWSE
        self._typing = self._confirmed = None
        self.entry.remove_class("-open")
        await self.entry.remove_children()
        self.set_focus(self.queue)

    def _complete(self, text: str) -> list[str]:
        return complete(text, self.desk.known.names())

    def _complain(self, text: Visible, at: int | None = None) -> None:
        if self._typing is not None:
            self._typing.complain(text, at)

    async def on_line_entered(self, message: told.LineEntered) -> None:
        """Something was typed and accepted."""
        mode, text = self.desk.session.mode, message.text.strip()
        if mode is Mode.NOTE:
            await self.close_entry()
            self.desk.session.note = text or None
            self.say(captions.note(text) if text else ((" No note.", "muted"),))
            self.draw_here()
        elif mode is Mode.FILTER:
            await self._entered_filter(message.text)
        elif mode is Mode.JUMP:
            if not (text.isascii() and text.lstrip("#").isdecimal()):
                self._complain(literal("A number, please: digits alone."))
                return
            await self.close_entry()
            self._go_to(int(text.lstrip("#")))
        elif mode is Mode.CONFIRM:
            if text != self._expected:
                self._complain(visible_line(f"{self._expected} was asked for. esc: never mind"))
                return
            done = self._confirmed
            await self.close_entry()
            if done is not None:
                done()

    async def _entered_filter(self, line: str) -> None:
        named = self.look.queues.get(line.strip())
        try:
            query = parse_filter(line if named is None else named, self.desk.session.query.order)
        except FilterError as error:
            self._complain(visible_line(f"{error.message} {error.hint or ''}"), error.at)
            return
        await self.close_entry()
        self.desk.session.before = None
        self.ask(query)

    def _go_to(self, comment_id: int) -> None:
        """Puts the cursor on a comment, in this queue or in one of its own."""
        session = self.desk.session
        at = session.index_of(comment_id)
        if at is not None:
            self.move_to(at)
            return
        session.before = session.before or session.query
        self.ask(parse_filter(f"id:{comment_id}", session.query.order) if comment_id else QueueQuery())
