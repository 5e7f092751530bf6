"""The queue as a histogram of one label's scores: a band is chosen, looked at by a sample, and decided in one act."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingsMap
from textual.getters import query_one
from textual.screen import Screen

from moderator.domain.decision import Action, Reason
from moderator.domain.filter import format_filter
from moderator.domain.score import Label
from moderator.text.visible import Visible, literal, visible_line
from moderator.tui import batch_messages as many
from moderator.tui import messages as told
from moderator.tui.backend import Backend
from moderator.tui.band import STEPS, Band
from moderator.tui.bindings import bind_actions, bind_reasons
from moderator.tui.desk import Desk
from moderator.tui.errands import Errands
from moderator.tui.keys import Keymap
from moderator.tui.look import Look
from moderator.tui.marks import MOST_AT_ONCE
from moderator.tui.widgets.box import Box
from moderator.tui.widgets.choice_line import REJECT_BECAUSE, ChoiceLine
from moderator.tui.widgets.filter_line import EntryLine
from moderator.tui.widgets.histogram import Histogram
from moderator.tui.widgets.sample_list import SampleList
from moderator.tui.widgets.status_line import HintLine, StatusLine, TopLine
from moderator.tui.wording import DONE, LABELS, number, plural

_FROM = 0.5
_CALM_S = 0.25
_DECISIONS = {"approve": "approve", "reject": "reject", "escalate": "escalate", "defer": "defer"}
_HANDLES = (
    ("left,h", "move(-1)"),
    ("right,l", "move(1)"),
    ("shift+left,H", "move(-10)"),
    ("shift+right,L", "move(10)"),
    ("tab,up,down,k,j", "switch"),
    ("b,n", "label(1)"),
    ("B,N", "label(-1)"),
    ("x,space", "sample"),
    ("escape,q", "leave"),
)

Act = tuple[Action, str | None, int]


class BandScreen(Screen[Act | None]):
    """Two handles over a histogram. Ends with what was done: action, reason and how many.

    Args:
        look: Settings of the desk.
        keymap: The keys in force.
        backend: Runs what takes time.
        desk: The queue that is shown, and who decides.
        reasons: Reasons offered for a rejection.
    """

    CSS_PATH = "band.tcss"
    AUTO_FOCUS: ClassVar[str | None] = ""

    top = query_one("#top", TopLine)
    what = query_one("#what", StatusLine)
    histogram = query_one("#histogram", Histogram)
    sample = query_one("#sample", SampleList)
    choices = query_one("#reasons", ChoiceLine)
    entry = query_one("#entry", Box)

    def __init__(self, look: Look, keymap: Keymap, backend: Backend, desk: Desk, reasons: tuple[Reason, ...]) -> None:
        super().__init__()
        self._look, self._keymap, self._desk, self._reasons = look, keymap, desk, reasons
        self._errands = Errands(backend, self)
        row = desk.row
        label = desk.session.query.label or (row.lead if row is not None else None) or Label.TOXICITY
        self.band = Band(label, _FROM)
        self._asked: tuple[Action, str | None] | None = None
        self._draws = 0
        handles = BindingsMap([Binding(keys, action, show=False, priority=True) for keys, action in _HANDLES])
        own = bind_actions(keymap, _DECISIONS)
        self._bindings = BindingsMap.merge([handles, own, bind_reasons(reasons)])

    def compose(self) -> ComposeResult:
        """The histogram over a sample."""
        yield TopLine(id="top")
        yield Histogram(self.band, id="histogram")
        yield StatusLine(id="what")
        yield SampleList(self.band.score_of, id="sample")
        yield ChoiceLine(REJECT_BECAUSE, [(reason.key, reason.title) for reason in self._reasons], id="reasons")
        yield Box(id="entry")
        shown = self._keymap.shown
        hints = [("←→", "move"), ("⇧←→", "by ten"), ("tab", "other handle"), ("b", "label"), ("x", "new sample")]
        yield HintLine([*hints, *((shown(name), name) for name in _DECISIONS), ("esc", "back")], id="hints")

    def on_mount(self) -> None:
        """Reads the queue's scores."""
        self._read()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """While a reason or a number is asked for, no other key is a command."""
        typing, asking = bool(self.entry.children), self.choices.has_class("-open")
        if action == "reason":
            return asking
        if action in {"never_mind", "leave"}:
            return (typing or asking) == (action == "never_mind")
        if action in {"move", "switch", "label", "sample", *_DECISIONS}:
            return not typing and not asking
        return super().check_action(action, parameters)

    # The band ----------------------------------------------------------------------------------------------------

    def _read(self) -> None:
        self.histogram.refresh()
        self._errands.read_band(self._desk.session.query, self.band.label)
        self._say()

    def on_band_loaded(self, message: many.BandLoaded) -> None:
        """The scores of the queue."""
        if message.label is self.band.label:
            self.band.scored = message.scored
            self._moved()

    def on_sample_loaded(self, message: many.SampleLoaded) -> None:
        """Comments picked at random."""
        self.sample.show(message.rows)

    def on_read_failed(self, message: told.ReadFailed) -> None:
        """Something couldn't be read."""
        self.what.show(((f" ! {message.problem.text} {message.problem.hint}", "problem"),))

    def on_score_picked(self, message: many.ScorePicked) -> None:
        """A click on the histogram."""
        self.band.grab(message.score)
        self._moved()

    def _moved(self) -> None:
        self.histogram.refresh()
        self._say()
        self._draws += 1
        draws = self._draws
        # Not for every step: the handle is still on its way.
        self.set_timer(_CALM_S, lambda: self.action_sample() if draws == self._draws else None)

    def _say(self) -> None:
        band = self.band
        low, high = f"{band.low / STEPS:.2f}", f"{band.high / STEPS:.2f}"
        upper = "≤" if band.high == STEPS else "<"
        name = LABELS[band.label]
        line = visible_line(format_filter(self._desk.session.query) or "the whole queue", 60)
        self.top.show(((" band of ", "text"), (name, "strong"), (f"  in {line}", "muted")))
        if band.scored is None:
            self.what.show(((" Reading the scores of this queue…", "muted"),))
            return
        unjudged = f"  {number(band.scored.unjudged)} without a score stay out" if band.scored.unjudged else ""
        said = f" {plural(band.count, 'comment')} of {number(len(band.scored.ids))}"
        self.what.show(((said, "strong"), (f"  {low} ≤ {name} {upper} {high}{unjudged}", "muted")))

    def action_move(self, steps: int) -> None:
        """Moves the handle in hand."""
        self.band.move(steps)
        self._moved()

    def action_switch(self) -> None:
        """Takes the other handle."""
        self.band.at_high = not self.band.at_high
        self.histogram.refresh()

    def action_label(self, step: int) -> None:
        """Another label."""
        self.band.next_label(step)
        self._read()

    def action_sample(self) -> None:
        """Another sample."""
        self._errands.read_sample(self.band.sample())

    # The act -----------------------------------------------------------------------------------------------------

    async def action_approve(self) -> None:
        """Approves the band."""
        await self._act(Action.APPROVE)

    async def action_escalate(self) -> None:
        """Hands it to a senior colleague."""
        await self._act(Action.ESCALATE)

    async def action_defer(self) -> None:
        """Puts it aside for later."""
        await self._act(Action.DEFER)

    def action_reject(self) -> None:
        """Asks for the reason."""
        if self.band.count:
            self.choices.offer(visible_line(f"Reject {self.band.count:,} because …"), self._offered())
            self.choices.add_class("-open")

    async def action_reason(self, code: str) -> None:
        """The reason that was asked for."""
        self.choices.remove_class("-open")
        await self._act(Action.REJECT, code)

    async def on_choice_picked(self, message: told.ChoicePicked) -> None:
        """A reason was clicked."""
        await self.action_reason(next(reason.code for reason in self._reasons if reason.key == message.key))

    def _offered(self) -> list[tuple[str, str]]:
        return [(reason.key, reason.title) for reason in self._reasons]

    async def _act(self, action: Action, code: str | None = None) -> None:
        count = self.band.count
        if not count:
            self.what.show(((" Nothing lies in this band.", "muted"),))
        elif count > MOST_AT_ONCE:
            self.what.show(((f" At most {number(MOST_AT_ONCE)} comments at once: move a handle.", "problem"),))
        elif count > self._look.confirm_above:
            self._asked = (action, code)
            asked = f"Type {count} to have {number(count)} comments {DONE[action]}.   esc: never mind"
            await self._open(visible_line(asked, 160))
        else:
            self._done(action, code)

    async def _open(self, hint: Visible) -> None:
        line = EntryLine(literal("how many"), "", hint)
        self.entry.add_class("-open")
        await self.entry.mount(line)
        self.set_focus(line.entry)

    async def on_line_entered(self, message: told.LineEntered) -> None:
        """The number was typed."""
        if message.text.strip() != str(self.band.count) or self._asked is None:
            self.query_one(EntryLine).complain(visible_line(f"{self.band.count} was asked for. esc: never mind"))
            return
        self._done(*self._asked)

    def _done(self, action: Action, code: str | None) -> None:
        count = self._desk.decide_these(action, self.band.revisions(), code)
        self.dismiss((action, code, count))

    async def action_never_mind(self) -> None:
        """No act after all."""
        self.choices.remove_class("-open")
        self.entry.remove_class("-open")
        await self.entry.remove_children()

    def action_leave(self) -> None:
        """Back to the queue."""
        self.dismiss(None)
