"""What is on the review screen and how it's drawn."""

from __future__ import annotations

import time

from textual.app import App, ComposeResult
from textual.getters import query_one

from moderator.domain.queue import QueueQuery
from moderator.text.visible import Visible, visible_line
from moderator.tui import captions
from moderator.tui.background import BackgroundScoring
from moderator.tui.desk import Desk
from moderator.tui.errands import Errands, first_query
from moderator.tui.leases import LeaseKeeper
from moderator.tui.listing import Move
from moderator.tui.modes import Desktop
from moderator.tui.screens.mode_actions import ModeActions
from moderator.tui.session import Mode
from moderator.tui.widgets.box import Box
from moderator.tui.widgets.choice_line import REJECT_BECAUSE, ChoiceLine
from moderator.tui.widgets.comment_card import CommentCard
from moderator.tui.widgets.mode_line import ModeLine
from moderator.tui.widgets.queue_list import QueueList
from moderator.tui.widgets.scores_panel import ScoresPanel
from moderator.tui.widgets.status_line import HintLine, Parts, StatusLine, TopLine

_POLL_S = 1.0
_AGAIN_S = 60.0
_BREAKPOINTS = [(0, "-stacked"), (116, "-wide"), (168, "-roomy")]


class DeskCanvas(ModeActions):
    """Queue, comment and scores, between a line above and two below.

    Args:
        desktop: What every mode is made with.
    """

    HORIZONTAL_BREAKPOINTS = _BREAKPOINTS
    AUTO_FOCUS = "QueueList"

    top = query_one("#top", TopLine)
    queue = query_one("#queue", QueueList)
    comment = query_one("#card", CommentCard)
    scores = query_one("#scores", ScoresPanel)
    entry = query_one("#entry", Box)
    reasons = query_one("#reasons", ChoiceLine)
    status = query_one("#status", StatusLine)

    def __init__(self, desktop: Desktop) -> None:
        super().__init__()
        self.look = look = desktop.look
        self.keymap = desktop.keymap
        self.backend = backend = desktop.backend
        self.sitting = desktop.sitting
        self.errands = Errands(backend, self, mild_every=look.mild_every)
        self.scoring = BackgroundScoring(self, self._on_screen)
        self.desk = Desk(
            first_query(look), self.errands, LeaseKeeper(self.errands, self.set_timer, look.lease_s), mask=look.mask
        )
        self._moderator = visible_line(look.moderator, 30)
        self._said: Parts = ((" Opening the database…", "muted"),)
        self.failure: tuple[Visible, ...] = ()
        self._warned: tuple[str, float] = ("", 0.0)
        self._aside: Parts = ()
        self._late = False
        self.reason_titles = {reason.code: reason for reason in desktop.reasons}
        self.offered = [(reason.key, reason.title) for reason in desktop.reasons]

    def compose(self) -> ComposeResult:
        """Queue, comment and scores between a line above and two below."""
        now = self.look.clock
        yield ModeLine("review", self.keymap, id="modes")
        yield TopLine(id="top")
        with Box(id="desk"):
            yield QueueList(self.desk.line_at, now, id="queue")
            with Box(id="reading"):
                yield CommentCard(now, id="card")
                yield ScoresPanel(id="scores")
        yield ChoiceLine(REJECT_BECAUSE, self.offered, id="reasons")
        yield Box(id="entry")
        yield StatusLine(id="status")
        yield HintLine(self.keymap.hints(), id="hints")

    def on_mount(self) -> None:
        """Looks for news from now on."""
        self.say(self._said)
        self.top.show(*captions.opening(self._moderator))
        self.set_interval(_POLL_S, self.tick)
        self.backend.tell_when_open(self)

    def tick(self) -> None:
        """Once a second: looks for news."""
        self.desk.tick()

    # Drawing -----------------------------------------------------------------------------------------------------

    def say(self, parts: Parts) -> None:
        """Says what happened, on the status line."""
        self._said = parts
        self.status.show(parts, self._aside)

    def says(self, parts: Parts) -> bool:
        """Whether the status line still says this."""
        return self._said is parts

    def mention(self, parts: Parts) -> None:
        """Says what goes on in the background, at the other end of the status line."""
        self._aside = parts
        self.status.show(self._said, parts)

    def draw_here(self) -> None:
        """Draws the comment under the cursor and the lines around it."""
        self._late = False
        desk, session = self.desk, self.desk.session
        if session.current is None:
            self.comment.announce(self.failure or captions.empty(desk, self.keymap))
        else:
            showing = session.showing or not self.look.mask
            self.comment.show(
                desk.card,
                desk.row,
                showing=showing,
                unfolded=session.thread_open,
                author_open=session.author_open,
                swapped=desk.names.said(desk.card, showing=showing),
                copies=captions.copies(desk, self.keymap),
                banner=captions.banner(desk),
                final=captions.final(desk),
            )
            severe = desk.card is not None and desk.card.has_masked
            self.sitting.saw(session.current, severe=severe, shown=showing)
        self.scores.show(desk.card)
        self._draw_around()
        desk.settle()

    def draw_move(self, move: Move | None) -> None:
        """Draws the cursor's way to another row; the comment follows as soon as that is on the screen.

        So the answer to a key is a few lines, and keys that come faster than a person reads draw no comment between.
        """
        if move is not None:
            self.queue.move_cursor(move)
        self._draw_around()
        if not self._late:
            self._late = True
            self.call_after_refresh(self._draw_late)

    def _draw_late(self) -> None:
        self.backend.nudge()
        if self._late:
            self.draw_here()

    def _draw_around(self) -> None:
        self.reasons.set_class(self.desk.session.mode in {Mode.REASON, Mode.QUEUES}, "-open")
        self.top.show(*(captions.unopened if self.failure else captions.top)(self.desk, self._moderator))

    def draw_list(self, move: Move) -> None:
        """Draws a fresh list."""
        self.queue.set_rows(len(self.desk.session.ids), move)
        self.draw_here()

    def ask(self, query: QueueQuery) -> None:
        """Shows another filter or order, from its top."""
        self.desk.ask(query)
        self.queue.set_rows(0, None)
        self.top.show(*captions.top(self.desk, self._moderator))

    def _on_screen(self) -> tuple[int, ...]:
        """Comments on screen, the one under the cursor first. The scoring thread asks, so values only."""
        ids, cursor = self.desk.session.ids, self.desk.session.cursor
        return (*ids[cursor : cursor + 1], *ids[max(cursor - 20, 0) : cursor + 40])

    def warn(self, text: Visible, hint: Visible) -> None:
        """Something didn't work: it stays on the status line, and a toast draws the eye to it once."""
        self.say(captions.problem(text, hint))
        now_s = time.monotonic()
        # What fails every second is told once a minute.
        if text != self._warned[0] or now_s - self._warned[1] > _AGAIN_S:
            self._warned = (text, now_s)
            self.notify(f"{text}\n{hint}".strip(), severity="warning", markup=False)


def dressed(screen: DeskCanvas, app: App[None]) -> DeskCanvas:
    """A screen that isn't styled anew when it appears: that would have every style sheet parsed twice more.

    Nothing was styled yet, so there's nothing to style anew; and its width is known.
    """
    screen._css_update_count = app._css_update_count  # noqa: SLF001  # pyright: ignore[reportPrivateUsage]
    screen.set_class(True, next(name for least, name in reversed(_BREAKPOINTS) if app.size.width >= least))
    return screen
