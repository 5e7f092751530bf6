"""Sources as a column of text: what came, when, what goes back, and what went wrong, in words."""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar

from textual.content import Content
from textual.strip import Strip

from moderator.domain.source_state import SourceState
from moderator.text.visible import Visible, literal, visible_line
from moderator.tui.widgets.pane import Pane
from moderator.tui.wording import duration, joined, long_age, number, plural

_INDENT = 2


class SourcesPane(Pane):
    """One block per source.

    Args:
        now: UTC milliseconds, for ages.
    """

    COMPONENT_CLASSES: ClassVar[set[str]] = {"sources--name", "sources--muted", "sources--problem"}

    def __init__(self, now: Callable[[], int], *, id: str | None = None) -> None:  # noqa: A002 - Textual's own name
        super().__init__(id=id)
        self._now = now
        self._sources: tuple[SourceState, ...] | None = None

    def show(self, sources: tuple[SourceState, ...]) -> None:
        """Shows how they stand now."""
        self._sources = sources
        self.redraw()

    def compose_lines(self, width: int) -> list[Strip]:
        """The blocks, or what to do where there are none."""
        if self._sources is None:
            return []
        if not self._sources:
            return [line for text in _BEGIN for line in self._text(text, "sources--muted", width)]
        lines: list[Strip] = []
        for source in self._sources:
            lines += [*self._block(source, width), self.blank(width)]
        return lines

    def _block(self, source: SourceState, width: int) -> list[Strip]:
        came = joined(plural(source.comments, "comment"), _waiting(source))
        name = visible_line(source.name, 60) or literal("(no name)")
        lines = self._text(name, "sources--name", width)
        for text in (came, self._pulled(source), self._sent(source)):
            lines += self._text(text, "", width) if text else []
        problems = (("reading it", source.problem), ("telling it", source.send_problem))
        for doing, problem in problems:
            if problem:
                lines += self._text(visible_line(f"! {doing}: {problem}", 400), "sources--problem", width)
        if source.dead:
            given_up = f"! {plural(source.dead, 'decision')} given up: `moderator deliver --retry` tries again"
            lines += self._text(visible_line(given_up), "sources--problem", width)
        return lines

    def _pulled(self, source: SourceState) -> Visible:
        now_ms = self._now()
        if source.pulled_at_ms is None and source.tried_at_ms is None:
            return literal("read from files or pages: nothing pulls it")
        last = (
            "never read to its end" if source.pulled_at_ms is None else f"read {long_age(source.pulled_at_ms, now_ms)}"
        )
        then = "" if source.next_pull_ms is None else f"next {_in(source.next_pull_ms - now_ms)}"
        failed = f"{plural(source.failures, 'try')} failed since" if source.failures else ""
        return joined(last, failed, then)

    def _sent(self, source: SourceState) -> Visible:
        if not source.to_send:
            return visible_line("")
        next_ms = (source.send_after_ms or 0) - self._now()
        return joined(f"{plural(source.to_send, 'decision')} to tell it", f"the next {_in(next_ms)}")

    def _text(self, text: Visible, style: str, width: int) -> list[Strip]:
        indent = 0 if style == "sources--name" else _INDENT
        content = Content.styled(text, self.look(style)) if style else Content(text)
        return self.wrapped(content, width, indent=indent)


def _in(milliseconds: int) -> str:
    return "as soon as it may" if milliseconds <= 0 else f"in {duration(milliseconds / 1000)}"


_BEGIN = (
    literal("No comment has come in yet. Take some in from another terminal:"),
    literal("moderator intake FILE      JSONL, CSV and what else `moderator intake --help` names"),
    literal("moderator demo             comments that come with the program"),
)


def _waiting(source: SourceState) -> Visible:
    there = "" if source.held_there is None else f", {number(source.held_there)} there at the last pull"
    return visible_line(f"{number(source.waiting)} wait here{there}")
