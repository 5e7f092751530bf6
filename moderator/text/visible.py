"""The one gate between text from outside and a screen: untrusted in, inert out.

Comments, names, titles, URLs, file names and exception texts can hold terminal commands, reversed text, invisible
letters and floods of marks, and no widget stops them. What comes out of this gate has none of that, character by
character, together with a map back to the source (so that highlights land) and with what was found (which is evidence).

A gated text stays itself when it is gated again, so composing gated parts and gating the result is safe and cheap.
It is plain text, never markup: print it with markup off.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final, LiteralString, NewType

from moderator.text import characters
from moderator.text.characters import FindingKind, Kind, kind_of
from moderator.text.gate import Gate

Visible = NewType("Visible", str)
"""Text that can't do anything to a terminal but be read. Made by this module alone."""

_CUT_SIGN: Final = "…"
_EMOJI_JOINER: Final = "\u200d"
# How far a cut may move to the left to keep a letter and its marks together.
_CUT_SLACK: Final = 8
# Longer ones aren't let through, but for letters of shaping scripts joined without end.
_LONGEST_CLUSTER: Final = 32
_STICKY: Final = frozenset({Kind.MARK, Kind.SELECTOR, Kind.JOINER})


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that the gate found: evidence beside the scores.

    Attributes:
        kind: What it is.
        title: A line to show, already gated.
        count: How many characters (words, for look-alike letters) it is about; at least 1.
    """

    kind: FindingKind
    title: Visible
    count: int


@dataclass(frozen=True, slots=True)
class Inspection:
    """A text as it may be shown, with the way back to the source.

    Attributes:
        visible: The inert text.
        offsets: For each display character the source code point it stands for, and one closing entry: how many
            source code points were read. Never decreasing; `len(visible) + 1` entries.
        findings: What was found in the part that was read, most telling kind first.
        truncated: The source was longer than the limit; `visible` then ends in an ellipsis.
    """

    visible: Visible = field(repr=False)
    offsets: Sequence[int] = field(repr=False)
    findings: tuple[Finding, ...] = ()
    truncated: bool = False

    def to_display(self, start: int, end: int) -> tuple[int, int]:
        """Where a span of the source is seen.

        Args:
            start: First source code point, 0 or more.
            end: The one after the last.

        Returns:
            The smallest display span that shows all of it and can be drawn on its own: whole tokens, letters with
            their marks, joined emoji, never part of one. Empty where the span is empty or lies behind the cut.
        """
        size = len(self.visible)
        end = min(end, self.offsets[size])
        if start >= end:
            at = bisect_left(self.offsets, min(start, self.offsets[size]), 0, size)
            return at, at
        first = max(bisect_right(self.offsets, start, 0, size) - 1, 0)
        first = bisect_left(self.offsets, self.offsets[first], 0, size)
        last = bisect_left(self.offsets, end, 0, size)
        return _edge(self.visible, first, -1), _edge(self.visible, last, 1)


def _edge(text: str, at: int, step: int) -> int:
    """Moves a place out of what is drawn as one: a letter with its marks, a joined emoji."""
    for _ in range(_LONGEST_CLUSTER):
        if not 0 < at < len(text) or not (kind_of(text[at]) in _STICKY or text[at - 1] == _EMOJI_JOINER):
            break
        at += step
    return at


def inspect(text: str, *, limit: int | None = None) -> Inspection:
    r"""Gates a text that may have several lines.

    Args:
        text: Anything, lone surrogates included.
        limit: Read at most this many code points; the rest isn't even looked at. `None` reads all.

    Returns:
        The inert text (its only control character is `\n`), offsets and findings. Time and memory are linear in
        what is read.
    """
    return _inspect(text, limit, one_line=False)


def visible(text: str, limit: int | None = None) -> Visible:
    r"""Gates a text that may have several lines, without offsets. `\n` is kept; see `inspect`."""
    if (limit is None or len(text) <= limit) and characters.RESTLESS.search(text) is None:
        return Visible(text)
    return _inspect(text, limit, one_line=False).visible


def visible_line(text: str, limit: int | None = None) -> Visible:
    """Gates a text for one row: line ends become `↵`, tabs a space. No control character is left at all."""
    if (limit is None or len(text) <= limit) and characters.RESTLESS_IN_LINE.search(text) is None:
        return Visible(text)
    return _inspect(text, limit, one_line=True).visible


def literal(text: LiteralString) -> Visible:
    """Our own words, as they stand in the code. The type checker refuses anything put together at run time."""
    return Visible(text)


def _inspect(text: str, limit: int | None, *, one_line: bool) -> Inspection:
    read, truncated = (text, False) if limit is None else _cut(text, max(limit, 0))
    restless = characters.RESTLESS_IN_LINE if one_line else characters.RESTLESS
    if not truncated and restless.search(read) is None:
        return Inspection(Visible(read), range(len(read) + 1), _lookalikes(read))
    gate = Gate(read, one_line=one_line)
    done = 0
    for run in restless.finditer(read):
        start, end = run.span()
        if start and characters.FEW_MARKS.fullmatch(read, start, end) and not read[start - 1].isspace():
            continue  # a letter with its vowel or accents: no reason to look at each
        gate.copy(done, start)
        gate.walk(start, end)
        done = end
    gate.copy(done, len(read))
    if truncated:
        gate.put(_CUT_SIGN, len(read))
    gate.offsets.append(len(read))
    return Inspection(Visible("".join(gate.parts)), gate.offsets, _found(gate) + _lookalikes(read), truncated)


def _found(gate: Gate) -> tuple[Finding, ...]:
    found: list[Finding] = []
    for kind in FindingKind:
        count = gate.counts[kind]
        if count > 0:
            spelt = f", spelling “{gate.spelt}”" if kind is FindingKind.HIDDEN and gate.spelt else ""
            found.append(Finding(kind, visible_line(f"{kind}: {count}{spelt}"), count))
    return tuple(found)


def _cut(text: str, limit: int) -> tuple[str, bool]:
    if len(text) <= limit:
        return text, False
    # Rather a few characters less than a base without its marks, or a joiner that joins nothing.
    end, least = limit, max(limit - _CUT_SLACK, 1)
    while end > least and (kind_of(text[end]) in _STICKY or kind_of(text[end - 1]) is Kind.JOINER):
        end -= 1
    return text[:end], True


def _lookalikes(text: str) -> tuple[Finding, ...]:
    if text.isascii():
        return ()
    from moderator.text import lookalikes  # noqa: PLC0415  # its tables are read only when a text isn't plain ASCII

    words = lookalikes.count_disguised_words(text)
    if not words:
        return ()
    title = f"{FindingKind.LOOKALIKE}: {words} word{'s' if words > 1 else ''}"
    return (Finding(FindingKind.LOOKALIKE, visible_line(title), words),)
