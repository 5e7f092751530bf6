"""The writer behind `visible`: goes through the runs of a text that may do harm and writes their inert copy."""

from __future__ import annotations

from array import array
from collections import Counter
from functools import cached_property
from typing import Final

from moderator.text import characters
from moderator.text.characters import FindingKind, Kind, kind_of

_HIDDEN_SIGN: Final = "·"
_REPLACEMENT: Final = "\ufffd"
_DOTTED_CIRCLE: Final = "\u25cc"
_BLACK_FLAG: Final = "\U0001f3f4"
_EMOJI_STYLE: Final = "\ufe0f"
_KEYCAP_BASES: Final = frozenset("0123456789#*")
_TAG_BASE: Final = 0xE0000
_DELETE: Final = 0x7F
_CONTROL_PICTURES: Final = 0x2400
_LONGEST_SPELT: Final = 40
# A family of four has three joiners, a kiss with skin tones too; longer chains only exist to break a row.
_MOST_JOINS: Final = 6
# Between two joiners of one emoji: a symbol, its skin tone, its emoji style.
_LONGEST_JOINED: Final = 3


class Gate:
    """The inert copy of one text, written run by run, in one pass.

    Args:
        text: What is read, raw.
        one_line: Whether line ends and tabs have to fit into a row.

    Attributes:
        parts: The copy so far.
        offsets: The source code point of each display character so far.
        counts: What was found so far, in characters.
        spelt: The letters that tag characters stood for, at most 40.
    """

    def __init__(self, text: str, *, one_line: bool) -> None:
        self.text = text
        self.parts: list[str] = []
        self.offsets = array("I")
        self.counts: Counter[FindingKind] = Counter()
        self.spelt = ""
        self._line_end = "↵" if one_line else "\n"
        self._tab = " " if one_line else "    "
        self._based = False  # whether a mark has something to stand on
        self._marks = 0
        self._last_join = -1
        self._joins = 0

    def copy(self, start: int, end: int) -> None:
        """Takes over a stretch as it is."""
        if start < end:
            self.parts.append(self.text[start:end])
            self.offsets.extend(range(start, end))

    def put(self, shown: str, at: int) -> None:
        """Shows something else in place of the character at `at`."""
        self.parts.append(shown)
        self.offsets.extend([at] * len(shown))

    def _put_token(self, name: str, at: int) -> None:
        self.put(f"\u2039{name}\u203a", at)

    def walk(self, start: int, end: int) -> None:
        """Goes through a run that may hold anything."""
        self._marks = 0
        self._based = start > 0 and not self.text[start - 1].isspace()
        at = start
        while at < end:
            at = self._step(at, end)

    def _step(self, at: int, end: int) -> int:
        char, kind = self.text[at], self._kind(at)
        if kind is Kind.MARK:
            self._mark(char, at)
            return at + 1
        if kind is Kind.JOINER or kind is Kind.SELECTOR:
            self._marks += kind is Kind.JOINER
            self.copy(at, at + 1)
            return at + 1
        self._marks = 0
        self._based = kind is Kind.PLAIN
        if kind is Kind.HIDDEN:
            return self._hidden(at, end)
        if kind is Kind.BIDI:
            return self._bidi(at, end)
        if kind is Kind.PLAIN:
            self.copy(at, at + 1)
        elif kind is Kind.CONTROL:
            self._control(char, at)
        elif kind is Kind.UNKNOWN:
            self.counts[FindingKind.UNKNOWN] += 1
            self.put(_REPLACEMENT, at)
        else:
            self.put(self._tab if kind is Kind.TAB else self._line_end, at)
        return at + 1

    def _kind(self, at: int) -> Kind:
        """The class of a character where it stands: joiners and selectors out of place are hidden text."""
        kind = kind_of(self.text[at])
        if kind is Kind.JOINER and not self._joins_something(at):
            return Kind.HIDDEN
        if kind is Kind.SELECTOR and not self._selects_something(at):
            return Kind.HIDDEN
        return kind

    def _mark(self, char: str, at: int) -> None:
        if not self._based:
            self.put(_DOTTED_CIRCLE, at)
            self._based = True
        if self._marks < characters.most_marks(char):
            self._marks += 1
            self.copy(at, at + 1)
        else:
            self.counts[FindingKind.STACKED] += 1

    def _hidden(self, at: int, end: int) -> int:
        if self.text[at - 1 : at] == _BLACK_FLAG:
            for tags, country in characters.SUBDIVISION_FLAGS.items():
                if self.text.startswith(tags, at):
                    self._put_token(country, at)
                    return at + len(tags)
        after = at
        while after < end and (after == at or self._kind(after) is Kind.HIDDEN):
            code = ord(self.text[after]) - _TAG_BASE
            if ord(" ") <= code < _DELETE and len(self.spelt) < _LONGEST_SPELT:
                self.spelt += chr(code)
            after += 1
        self.put(_HIDDEN_SIGN, at)
        # A byte order mark in front of everything is somebody's editor, not somebody's trick.
        self.counts[FindingKind.HIDDEN] += after - at - (at == 0 and self.text[0] == "\ufeff")
        return after

    def _bidi(self, at: int, end: int) -> int:
        char = self.text[at]
        after = at + 1
        while after < end and self.text[after] == char:
            after += 1
        self._put_token(characters.BIDI_NAMES[char], at)
        if char in characters.REVERSING:
            self.counts[FindingKind.REVERSED] += after - at
        elif char not in characters.DIRECTION_MARKS or not self._has_right_to_left:
            self.counts[FindingKind.HIDDEN] += after - at
        return after

    @cached_property
    def _has_right_to_left(self) -> bool:
        return characters.RIGHT_TO_LEFT.search(self.text) is not None

    def _control(self, char: str, at: int) -> None:
        if char == "\r" and self.text[at + 1 : at + 2] == "\n":
            return  # one line end, shown by its second half
        self.counts[FindingKind.CONTROL] += 1
        code = ord(char)
        if code < ord(" "):
            self.put(chr(_CONTROL_PICTURES + code), at)
        elif code == _DELETE:
            self.put("␡", at)
        else:
            self._put_token(characters.C1_NAMES.get(char, f"U+{code:04X}"), at)

    def _joins_something(self, at: int) -> bool:
        left, right = self.text[at - 1 : at], self.text[at + 1 : at + 2]
        if not right or self._marks >= characters.MOST_MARKS or not left:
            return False
        if characters.SHAPED.match(left) and characters.SHAPED.match(right):
            return kind_of(left) in characters.SHOWN and kind_of(right) in characters.SHOWN
        if self.text[at] == "\u200c" or not _is_pictograph(right):
            return False
        if left == _EMOJI_STYLE:
            left = self.text[max(at - 2, 0) : at - 1]
        return _is_pictograph(left) and self._chain_goes_on(at)

    def _chain_goes_on(self, at: int) -> bool:
        """Counts the joiners of one emoji; says no when there are more than any emoji has."""
        if at == self._last_join:
            return True
        between = self.text[self._last_join + 1 : at] if at - self._last_join <= _LONGEST_JOINED + 1 else ""
        same = self._last_join >= 0 and between and all(c == _EMOJI_STYLE or _is_pictograph(c) for c in between)
        self._joins = self._joins + 1 if same else 1
        self._last_join = at if self._joins <= _MOST_JOINS else -1
        return self._last_join == at

    def _selects_something(self, at: int) -> bool:
        char, left = self.text[at], self.text[at - 1 : at]
        if char in {"\ufe0e", _EMOJI_STYLE}:
            is_keycap = left in _KEYCAP_BASES and self.text[at + 1 : at + 2] == "\u20e3"
            return is_keycap or _is_pictograph(left)
        is_variant = char > _EMOJI_STYLE or char < "\ufe03"
        return is_variant and characters.IDEOGRAPH.match(left) is not None and kind_of(left) is Kind.PLAIN


def _is_pictograph(char: str) -> bool:
    return characters.PICTOGRAPH.match(char) is not None and kind_of(char) is Kind.PLAIN
