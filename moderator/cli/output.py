"""What commands print. Everything passes the gate here, so that no command can forget it; markup is never on.

People's text goes to standard output as plain lines and tables, or JSON with `--json`; remarks and progress go to
standard error, so that a pipe carries results alone.
"""

from __future__ import annotations

import json
import shutil
import sys
from collections.abc import Generator, Iterable, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import IO, Any, Literal, Protocol

from moderator.text.visible import visible, visible_line

_ROOMY = 100


class Report(Protocol):
    """Told how much is done."""

    def __call__(self, done: int, total: int | None, /, what: str = "") -> None:
        """Moves the bar.

        Args:
            done: How much is done by now.
            total: Of how much; `None` where nobody knows.
            what: What is being done now, in our own words, where that changed.
        """
        ...


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a table.

    Attributes:
        width: Cells, fixed; `None` lets the column take what is left.
        right: Set figures under each other.
    """

    title: str
    width: int | None = None
    right: bool = False


class Output:
    """One command's way to print.

    Args:
        as_json: Print JSON instead of text for people.
        quiet: No remarks and no progress; errors are printed all the same.
    """

    def __init__(self, *, as_json: bool = False, quiet: bool = False) -> None:
        self.as_json = as_json
        self.quiet = quiet

    def say(self, text: str = "") -> None:
        """A line, or several, for people, on standard output."""
        print(visible(text))  # noqa: T201  # this is the one place that prints

    def remark(self, text: str) -> None:
        """A line beside the result, on standard error; `-q` leaves it out."""
        if not self.quiet:
            print(visible(text), file=sys.stderr)  # noqa: T201  # this is the one place that prints

    def emit(self, value: object) -> None:
        """A value as one line of JSON: everything beyond ASCII is escaped, so that no terminal obeys it."""
        sys.stdout.write(json.dumps(value, ensure_ascii=True) + "\n")

    def table(self, columns: Sequence[Column], rows: Iterable[Sequence[str]]) -> None:
        """Rows under headings, as wide as the terminal, each cell cut to its column."""
        from rich.box import SIMPLE_HEAD
        from rich.table import Table
        from rich.text import Text

        gap = 1 if _width() >= _ROOMY else 0  # beside the one cell between columns
        table = Table(
            box=SIMPLE_HEAD,
            show_edge=False,
            pad_edge=False,
            padding=(0, gap, 0, 0),
            expand=any(column.width is None for column in columns),
        )
        for column in columns:
            justify: Literal["right", "left"] = "right" if column.right else "left"
            table.add_column(
                Text(visible_line(column.title)),
                justify=justify,
                no_wrap=True,
                overflow="ellipsis",
                width=column.width,
                ratio=1 if column.width is None else None,
            )
        for row in rows:
            table.add_row(*(Text(visible_line(cell), overflow="ellipsis", no_wrap=True) for cell in row))
        _console(sys.stdout).print(table)

    @contextmanager
    def progress(self, title: str, total: int | None = None) -> Generator[Report]:
        """A bar on standard error while the block runs, where that is a terminal and nobody asked for silence.

        Args:
            title: What is being done, in our own words.
            total: How much there is; `None` shows a moving bar.

        Yields:
            A function that is told how much is done by now. It may be called from any thread.
        """
        if self.quiet or not sys.stderr.isatty():
            yield _silent
            return
        from rich.progress import (
            BarColumn,
            Progress,
            TaskProgressColumn,
            TextColumn,
            TimeElapsedColumn,
            TimeRemainingColumn,
        )

        columns = (TextColumn("{task.description}", markup=False), BarColumn(20), TaskProgressColumn())
        times = (TimeElapsedColumn(), TextColumn("left", markup=False), TimeRemainingColumn())
        with Progress(*columns, *times, console=_console(sys.stderr), transient=True) as bar:
            task = bar.add_task(visible_line(title), total=total)

            def report(done: int, of: int | None, /, what: str = "") -> None:
                name = visible_line(what or title)
                bar.update(task, completed=done, total=total if of is None else of, description=name)

            yield report


def _silent(done: int, total: int | None, /, what: str = "") -> None:
    """Nobody watches."""


def _width() -> int:
    return shutil.get_terminal_size((80, 24)).columns


def _console(stream: IO[str]) -> Any:
    from rich.console import Console

    return Console(file=stream, width=_width(), markup=False, highlight=False, emoji=False, soft_wrap=False)
