"""The desk's modes: which there are, and how the screen of each is made when somebody first goes there."""

# ruff: noqa: PLC0415  # a mode's screen, and what it draws with, is imported when the mode is gone to

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from textual.app import App
from textual.screen import Screen

if TYPE_CHECKING:
    from moderator.domain.decision import Reason
    from moderator.tui.backend import Backend
    from moderator.tui.keys import Keymap
    from moderator.tui.look import Look
    from moderator.tui.reports import Reports
    from moderator.tui.sitting import Sitting

REVIEW = "review"
NAMES: tuple[str, ...] = (REVIEW, "history", "insights", "tuning", "sources")
"""Every mode, in the order in which they are shown; each is also the name of the key that goes there."""


@dataclass(frozen=True, slots=True)
class Desktop:
    """What every mode's screen is made with.

    Attributes:
        look: Settings of the desk.
        reasons: Words for reason codes, and what is offered for a rejection.
        keymap: The keys in force.
        backend: Runs what is quick or must be first.
        reports: Runs what takes long, beside it.
        sitting: This person's time at the desk, theirs alone.
        follows_settings: Whether changed settings are taken over while the desk is open.
    """

    look: Look
    reasons: tuple[Reason, ...]
    keymap: Keymap
    backend: Backend
    reports: Reports
    sitting: Sitting
    follows_settings: bool = False


def screens(desktop: Desktop, app: App[None]) -> Mapping[str, Callable[[], Screen[Any]]]:
    """What makes the screen of each mode. Nothing is made or imported before it's called."""

    def review() -> Screen[Any]:
        from moderator.tui.screens.desk_canvas import dressed
        from moderator.tui.screens.review import ReviewScreen

        return dressed(ReviewScreen(desktop), app)

    def history() -> Screen[Any]:
        from moderator.tui.screens.history import HistoryScreen

        return HistoryScreen(desktop)

    def insights() -> Screen[Any]:
        from moderator.tui.screens.insights import InsightsScreen

        return InsightsScreen(desktop)

    def tuning() -> Screen[Any]:
        from moderator.tui.screens.tuning import TuningScreen

        return TuningScreen(desktop)

    def sources() -> Screen[Any]:
        from moderator.tui.screens.sources import SourcesScreen

        return SourcesScreen(desktop)

    return dict(zip(NAMES, (review, history, insights, tuning, sources), strict=True))
