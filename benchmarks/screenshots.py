"""Takes the pictures of the desk for the README and the docs, on the demo's comments, with a clock that stands still.

python benchmarks/screenshots.py            writes docs/screenshots/*.svg
"""

from __future__ import annotations

import asyncio
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from moderator.bootstrap import Services, open_services
from moderator.config import load
from moderator.connectors.files import FileOptions, open_file
from moderator.tui.app import DeskApp
from moderator.tui.look import Look

ROOT = Path(__file__).parent.parent
NOW_MS = 1_793_534_400_000
"""2026-11-01 12:00 UTC."""

_PATIENCE = 2_000


@dataclass(frozen=True)
class Picture:
    """One screenshot: its name, the terminal's size, the theme, and the keys pressed before."""

    name: str
    size: tuple[int, int]
    theme: str
    keys: tuple[str, ...]


PICTURES = (
    Picture("review", (140, 40), "dark", ("a", "r", "b", "s")),
    Picture("review-small", (80, 24), "dark", ()),
    Picture("review-light", (140, 40), "light", ("j", "j", "j", "t")),
    Picture("reasons", (100, 30), "dark", ("j", "r")),
    Picture("contrast", (100, 30), "high-contrast", ()),
    Picture("history", (120, 24), "dark", ("a", "r", "i", "e", "d", "u", "h")),
    Picture("keys", (100, 50), "dark", ("question_mark",)),
)


def fill(services: Services) -> None:
    """Takes the demo's comments in and scores them."""
    services.intake.run(open_file(str(ROOT / "fixtures" / "demo.jsonl"), FileOptions(now_ms=NOW_MS, source="demo")))
    services.scoring.run()


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
            await pilot.pause(0.6)
            return app.export_screenshot(title="moderator")
    finally:
        app.close_backend(10)


async def take_all(make: Callable[[Path], Callable[[], Services]], folder: Path) -> None:
    """All pictures, each on a database of its own."""
    for picture in PICTURES:
        with tempfile.TemporaryDirectory() as home:
            svg = await take(picture, make(Path(home)))
        (folder / f"{picture.name}.svg").write_text(svg, encoding="utf-8")
        print(f"{picture.name}.svg", file=sys.stderr)


def main() -> None:
    """Writes all pictures."""
    folder = ROOT / "docs" / "screenshots"
    folder.mkdir(exist_ok=True)

    def make(home: Path) -> Callable[[], Services]:
        settings = load({"data_dir": str(home), "scoring.scorer": "embedded", "moderator": "marta"}, path=None)
        with open_services(settings) as services:
            fill(services)
        return lambda: open_services(settings)

    asyncio.run(take_all(make, folder))


if __name__ == "__main__":
    main()
