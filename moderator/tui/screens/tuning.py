"""Trying out thresholds on everything that waits, before anybody's queue changes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar

from textual.app import ComposeResult
from textual.containers import Container
from textual.getters import query_one

from moderator.domain.policy import Route
from moderator.text.visible import visible_line
from moderator.tui import messages as told
from moderator.tui.mode_messages import TrialLoaded
from moderator.tui.modes import Desktop
from moderator.tui.screens.mode_screen import ModeScreen
from moderator.tui.sliders import Sliders
from moderator.tui.widgets.history_list import local_time
from moderator.tui.widgets.threshold_list import ThresholdList
from moderator.tui.widgets.tuning_effect import Effect, TuningEffect, past
from moderator.tui.wording import LABELS, number

if TYPE_CHECKING:  # bootstrap reaches everything
    from moderator.bootstrap import Services
    from moderator.services.tuning.trial import Trial

_BIG = 10
_FEW = 4


class TuningScreen(ModeScreen):
    """Sliders, and at once what they would do to the queue. It writes nothing: a policy is changed by its file."""

    CSS_PATH: ClassVar[Any] = ["modes.tcss", "tuning.tcss"]
    HORIZONTAL_BREAKPOINTS: ClassVar[Any] = [(0, "-narrow"), (132, "-wide")]
    AUTO_FOCUS = "ThresholdList"
    MODE = "tuning"
    KEYS: ClassVar[Mapping[str, str]] = {
        name: name for name in ("next", "previous", "first", "last", "scroll_down", "scroll_up")
    }

    OWN_KEYS: ClassVar[Mapping[str, str]] = {
        "right,l": "step(1)",
        "left": "step(-1)",
        "shift+right,L": f"step({_BIG})",
        "shift+left,H": f"step({-_BIG})",
        "tab": "switch",
        "x,delete": "reset",
        "X,shift+delete": "reset_all",
        "y,ctrl+y": "copy",
    }

    sliders_list = query_one("#sliders", ThresholdList)
    effect = query_one("#effect", TuningEffect)

    def __init__(self, desktop: Desktop) -> None:
        super().__init__(desktop)
        self.sliders = Sliders({})
        self._trial: Trial | None = None
        self._now: dict[Route, int] = {}

    def hints(self) -> list[tuple[str, str]]:
        """What can be done here."""
        return [("← →", "move"), ("tab", "other handle"), ("x", "put back"), ("y", "copy")]

    def compose_body(self) -> ComposeResult:
        """Sliders and effect."""
        with Container(id="tuning"):
            yield ThresholdList(self.sliders, id="sliders")
            yield TuningEffect(id="effect")

    def on_screen_resume(self) -> None:
        """Loads the scores of what waits now."""
        clock = self.desktop.look.clock

        def load(services: Services) -> TrialLoaded:
            return TrialLoaded(services.figures.tuning.trial(), clock())

        self.note("Loading scores and decisions…")
        self.desktop.reports.ask("trial", load, self, doing="loading scores", failed=told.ReadFailed)

    def on_trial_loaded(self, message: TrialLoaded) -> None:
        """Scores are there; thresholds that were moved before stay moved."""
        trial = message.trial
        in_force = trial.policy.thresholds
        if self.sliders.in_force != in_force:
            self.sliders.start(in_force)
        self._trial = trial
        self._now = trial.counts(in_force)
        policy = trial.policy
        own = sum(bool(each) for part in (policy.sections, policy.sources, policy.languages) for each in part.values())
        kept = f" · {own} sections, sources or languages keep their own" if own else ""
        said = f" {number(trial.total)} wait · scores of {local_time(message.at_ms)}{kept}"
        self.top.show(((" thresholds tried out", "strong"), (said, "muted")))
        self.sliders_list.set_rows(len(self.sliders.labels), None)
        self.set_class(len(self.sliders.labels) <= _FEW, "-few")
        self._draw()

    def on_threshold_list_picked(self, message: ThresholdList.Picked) -> None:
        """A label was clicked, perhaps on its line."""
        self.sliders.choose(message.index)
        if message.value is not None:
            self.sliders.put_near(message.value)
        self._draw()

    # Keys --------------------------------------------------------------------------------------------------------

    def action_step(self, hundredths: int) -> None:
        """Moves the handle."""
        self.sliders.step(hundredths)
        self._draw()

    def action_switch(self) -> None:
        """The other handle."""
        self.sliders.switch()
        self._draw()

    def action_reset(self) -> None:
        """Puts the label at hand back."""
        self.sliders.reset()
        self._draw()

    def action_reset_all(self) -> None:
        """Puts all of them back."""
        self.sliders.reset_all()
        self._draw()

    def action_copy(self) -> None:
        """Copies the lines for the configuration, where the terminal allows it."""
        change = self._change()
        if change:
            # Textual leaves open what the app returns.
            self.app.copy_to_clipboard("\n".join(change) + "\n")  # pyright: ignore[reportUnknownMemberType]
        self.note("Copied, if your terminal lets programs copy." if change else "Nothing was moved.")

    def action_next(self) -> None:
        """The label below."""
        self._choose(self.sliders.cursor + 1)

    def action_previous(self) -> None:
        """The label above."""
        self._choose(self.sliders.cursor - 1)

    def action_first(self) -> None:
        """The first label."""
        self._choose(0)

    def action_last(self) -> None:
        """The last label."""
        self._choose(len(self.sliders.labels) - 1)

    def action_scroll_down(self) -> None:
        """Reads on in the lines."""
        self.effect.scroll_lines(3)

    def action_scroll_up(self) -> None:
        """Reads back."""
        self.effect.scroll_lines(-3)

    def _choose(self, index: int) -> None:
        self.sliders.choose(index)
        self._draw()

    def _change(self) -> list[str]:
        from moderator.services.tuning.trial import changes_as_toml  # noqa: PLC0415  # brings the database with it

        return changes_as_toml(self.sliders.in_force, self.sliders.wanted)

    def _draw(self) -> None:
        trial, label = self._trial, self.sliders.label
        if trial is None:
            return
        wanted = self.sliders.wanted
        self.sliders_list.take({each: trial.reached(each, threshold) for each, threshold in wanted.items()})
        change = tuple(visible_line(line) for line in self._change())
        self.effect.show(Effect(self._now, trial.counts(wanted), change, past(trial, wanted)))
        if label is not None:
            self.note(f"{LABELS[label]}: the handle at hand is {self.sliders.handle.value}")
