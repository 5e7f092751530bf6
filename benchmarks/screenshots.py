"""Takes the pictures of the desk for the README and the docs, on the demo's comments, with a clock that stands still.

python benchmarks/screenshots.py            writes docs/screenshots/*.svg
"""

from __future__ import annotations

import asyncio
import random
import shutil
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from moderator.bootstrap import Services, open_services
from moderator.config import load
from moderator.config.settings import Settings
from moderator.connectors.files import FileOptions, open_file
from moderator.domain.comment import QueueRow
from moderator.domain.decision import REASONS, Action, Intent
from moderator.domain.queue import QueueQuery
from moderator.services.figures import Figures
from moderator.services.review import Review
from moderator.tui.app import DeskApp
from moderator.tui.look import Look

ROOT = Path(__file__).parent.parent
NOW_MS = 1_793_534_400_000
"""2026-11-01 12:00 UTC."""

DAY_MS = 86_400_000

_PATIENCE = 2_000
_SECOND_LOOKS, _AGREED = 0.25, 0.8


@dataclass
class Clock:
    """Stands still until it's moved."""

    now_ms: int

    def __call__(self) -> int:
        """UTC milliseconds."""
        return self.now_ms


class StandingStill(Services):
    """Services for which no time passes while a picture is taken."""

    @property
    def figures(self) -> Figures:
        """The figures of that moment."""
        return Figures(self.db, self.policy, lambda: NOW_MS)


@dataclass(frozen=True)
class Picture:
    """One screenshot: its name, the terminal's size, the theme, and the keys pressed before."""

    name: str
    size: tuple[int, int]
    theme: str
    keys: tuple[str, ...]
    worked: bool = False
    """Whether two people have worked for a week before."""


PICTURES = (
    Picture("review", (140, 40), "dark", ("a", "r", "b", "s")),
    Picture("review-small", (80, 24), "dark", ()),
    Picture("review-light", (140, 40), "light", ("j", "j", "j", "t")),
    Picture("reasons", (100, 30), "dark", ("j", "r")),
    Picture("contrast", (100, 30), "high-contrast", ()),
    Picture("history", (140, 36), "dark", ("f3", "j"), worked=True),
    Picture("insights", (140, 50), "dark", ("f4",), worked=True),
    Picture("tuning", (140, 32), "dark", ("f5", *["right"] * 9, "j", "tab", *["left"] * 6)),
    Picture("sources", (100, 24), "calm", ("f6",), worked=True),
    Picture("session", (100, 30), "calm", ("v", "j", "v", "j", "f7", "plus", "plus")),
    Picture("calm", (140, 40), "calm", ()),
    Picture("colour-blind", (140, 40), "colour-blind", ()),
    Picture("keys", (100, 50), "dark", ("question_mark",)),
)


def fill(services: Services) -> None:
    """Takes the demo's comments in and scores them."""
    services.intake.run(open_file(str(ROOT / "fixtures" / "demo.jsonl"), FileOptions(now_ms=NOW_MS, source="demo")))
    services.scoring.run()


def work(services: Services) -> None:
    """Lets two people decide on some comments over a week, and disagree now and then."""
    dice = random.Random(7)
    clock = Clock(NOW_MS - 6 * DAY_MS)
    given: dict[str, Any] = {"app_version": "1", "author_key": b"k" * 32, "clock": clock, "reasons": REASONS}
    people = [Review(services.db, services.policy, moderator=name, **given) for name in ("marta", "olena")]
    ids = list(services.review.ids(QueueQuery()))
    rows = people[0].rows(dice.sample(ids, len(ids) // 2))
    for row in sorted(rows, key=lambda one: one.posted_at_ms):
        clock.now_ms = min(max(clock.now_ms, row.posted_at_ms) + dice.randrange(DAY_MS // 6), NOW_MS - 1)
        first, second = dice.sample(people, 2)
        reject = dice.random() < (0.8 if row.route == "priority" else 0.2)
        done = first.decide(_intent(row, dice, reject=reject))
        if dice.random() < _SECOND_LOOKS:
            second.undo_decision(done.decision.seq)
            second.decide(_intent(row, dice, reject=reject if dice.random() < _AGREED else not reject))


def _intent(row: QueueRow, dice: random.Random, *, reject: bool) -> Intent:
    return Intent(
        comment_id=row.id,
        revision=row.revision,
        action=Action.REJECT if reject else Action.APPROVE,
        reason_code=dice.choice(["insult", "collective_blame", "hate"]) if reject else None,
        seconds_open=round(dice.lognormvariate(1.6, 0.7), 1),
    )


async def until(pilot: Any, condition: Callable[[], bool]) -> None:
    """Waits for something to be so."""
    for _ in range(_PATIENCE):
        if condition():
            return
        await pilot.pause(0.01)
    raise SystemExit("the desk never got there")


async def take(picture: Picture, connect: Callable[[], Services]) -> str:
    """One picture, as SVG."""
    app = DeskApp(connect, Look(moderator="marta", theme=picture.theme, clock=lambda: NOW_MS))
    try:
        async with app.run_test(size=picture.size) as pilot:
            await until(pilot, lambda: hasattr(app.screen, "desk") and app.screen.desk.session.complete)
            desk = app.screen.desk
            for key in picture.keys:
                await pilot.press(key)
                await until(pilot, lambda: not desk.session.pending and desk.card is not None)
                await until(pilot, lambda: not app.desktop.reports.busy)
            await pilot.pause(0.6)
            return app.export_screenshot(title="moderator")
    finally:
        app.close_backend(10)


async def take_all(make: Callable[[Path, bool], Callable[[], Services]], folder: Path) -> None:
    """All pictures, each on a database of its own."""
    for picture in PICTURES:
        with tempfile.TemporaryDirectory() as home:
            svg = await take(picture, make(Path(home), picture.worked))
        (folder / f"{picture.name}.svg").write_text(svg, encoding="utf-8")
        print(f"{picture.name}.svg", file=sys.stderr)


def main() -> None:
    """Writes all pictures."""
    folder = ROOT / "docs" / "screenshots"
    folder.mkdir(exist_ok=True)

    def settings(home: Path) -> Settings:
        return load({"data_dir": str(home), "scoring.scorer": "embedded", "moderator": "marta"}, path=None)

    with tempfile.TemporaryDirectory() as kept:
        # Scored once, and copied for each picture: scoring takes longer than all the pictures.
        patterns = {worked: Path(kept) / ("worked" if worked else "fresh") for worked in (False, True)}
        with open_services(settings(patterns[False])) as services:
            fill(services)
        shutil.copytree(patterns[False], patterns[True])
        with open_services(settings(patterns[True])) as services:
            work(services)

        def make(home: Path, worked: bool) -> Callable[[], Services]:
            shutil.copytree(patterns[worked], home, dirs_exist_ok=True)
            return lambda: StandingStill(settings(home))

        asyncio.run(take_all(make, folder))


if __name__ == "__main__":
    main()
