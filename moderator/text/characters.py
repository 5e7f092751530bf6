"""What each character may do to a terminal: the classes that the gate in `visible` works with.

Tables come from Python's own `unicodedata`, but for the few facts that it doesn't hold (which letters have no ink,
which symbols may be joined into one emoji). Those stand here as ranges, with their source beside them.
"""

from __future__ import annotations

import re
import unicodedata
from enum import Enum, StrEnum, auto
from functools import lru_cache
from typing import Final


class FindingKind(StrEnum):
    """What hostile text is made of, in words for a moderator."""

    CONTROL = "control characters"
    REVERSED = "reversed text"
    HIDDEN = "hidden text"
    STACKED = "stacked marks"
    LOOKALIKE = "look-alike letters"
    UNKNOWN = "unknown characters"


class Kind(Enum):
    """How the gate treats one character."""

    PLAIN = auto()
    LINE_END = auto()
    TAB = auto()
    CONTROL = auto()
    BIDI = auto()
    HIDDEN = auto()
    JOINER = auto()
    SELECTOR = auto()
    MARK = auto()
    UNKNOWN = auto()


BIDI_NAMES: Final = {
    "\u061c": "ALM",
    "\u200e": "LRM",
    "\u200f": "RLM",
    "\u202a": "LRE",
    "\u202b": "RLE",
    "\u202c": "PDF",
    "\u202d": "LRO",
    "\u202e": "RLO",
    "\u2066": "LRI",
    "\u2067": "RLI",
    "\u2068": "FSI",
    "\u2069": "PDI",
}
"""Every character with the property Bidi_Control. Source: Unicode PropList.txt."""

REVERSING: Final = frozenset("\u202b\u202d\u202e\u2067")
"""Those of them that make a stretch of text run against its letters. The others only separate."""

DIRECTION_MARKS: Final = frozenset("\u061c\u200e\u200f")
"""Usual beside right-to-left letters, and pointless anywhere else."""

C1_NAMES: Final = {
    "\u008d": "RI",
    "\u008e": "SS2",
    "\u008f": "SS3",
    "\u0090": "DCS",
    "\u0098": "SOS",
    "\u009b": "CSI",
    "\u009c": "ST",
    "\u009d": "OSC",
    "\u009e": "PM",
    "\u009f": "APC",
}
"""C1 codes that start or end a command to the terminal. Source: ECMA-48, 5th edition, section 5.3."""

# No ink although their category promises some: Hangul fillers, the Braille blank, Khmer inherent vowels, the grapheme
# joiner, the Syriac abbreviation mark. Source: Unicode DerivedCoreProperties.txt, Default_Ignorable_Code_Point.
_INKLESS: Final = frozenset("\u034f\u070f\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0")
# Format characters that are seen: Arabic and Kaithi number signs, end of ayah.
_INKED_FORMATS: Final = frozenset("\u0600\u0601\u0602\u0603\u0604\u0605\u06dd\u0890\u0891\u08e2\U000110bd\U000110cd")
_JOINERS: Final = frozenset("\u200c\u200d")

# All assigned, visible and still, in Unicode 14 (Python 3.11) and later: what ordinary comments are made of.
_CALM: Final = (
    "\x20-\x7e\xa0-\xac\xae-\u02ff\u0370-\u0377\u037a-\u037f\u0384-\u038a\u038e-\u03a1\u03a3-\u0482\u048a-\u052f"
    "\u0531-\u0556\u0559-\u058a\u05d0-\u05ea\u05ef-\u05f4\u061d-\u064a\u066a-\u066f\u0671-\u06d5\u0904-\u0939"
    "\u0e01-\u0e30\u10d0-\u10ff\u1d00-\u1dbf\u1e00-\u1f15\u2000-\u200a\u2010-\u2027\u202f-\u205f\u2074-\u208e"
    "\u20a0-\u20bf\u2100-\u218b\u2190-\u2426\u2460-\u27ff\u2900-\u2b73\u3000-\u3029\u3030-\u303f\u3041-\u3096"
    "\u309b-\u30ff\u3131-\u3163\u3190-\u31e3\u3400-\u9fff\uac00-\ud7a3\uff01-\uff9f\U0001f1e6-\U0001f1ff"
    "\U0001f300-\U0001f6d7\U0001f900-\U0001fa53\U00020000-\U0002a6df"
)
RESTLESS: Final = re.compile(f"[^\n{_CALM}]+")
"""Runs that need a look, in text whose lines are kept."""
RESTLESS_IN_LINE: Final = re.compile(f"[^{_CALM}]+")
"""The same for text that has to fit in one row: line ends are among them."""

PICTOGRAPH: Final = re.compile(
    "[\xa9\xae\u203c\u2049\u2122\u2139\u2190-\u2bff\u3030\u303d\u3297\u3299\U0001f000-\U0001fbff]"
)
"""Symbols that may be drawn as emoji. Wider than Extended_Pictographic, never wider than symbols."""
SHAPED: Final = re.compile("[\u0600-\u109f\u1780-\u18af\u1b00-\u1b7f\ua800-\ua8ff\ua980-\uaaff\U00011000-\U000114df]")
"""Scripts whose letters change shape beside a joiner: Arabic, the Indic family, Mongolian and their neighbours."""
IDEOGRAPH: Final = re.compile("[\u3400-\u9fff\uf900-\ufaff\U00020000-\U000323af]")
RIGHT_TO_LEFT: Final = re.compile("[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufeff\U00010800-\U00010fff\U0001e800-\U0001efff]")
FEW_MARKS: Final = re.compile(
    "[\u0300-\u034e\u0350-\u036f\u05b0-\u05bd\u064b-\u065f\u0900-\u0903\u093c\u093e-\u094d\u09bc\u09be-\u09c4"
    "\u0a3e-\u0a42\u0bbe-\u0bc2\u0bc6-\u0bc8\u0bca-\u0bcd\u0c3e-\u0c44\u0e31\u0e34-\u0e3a\u0e47-\u0e4e]{1,3}"
)
"""What stands on letters in ordinary text: no need to look at each."""
_FUTURE_EMOJI: Final = re.compile("[\U0001f6d8-\U0001f6ff\U0001f7f0-\U0001f7ff\U0001fa70-\U0001faff]")
_MARK_LIKE: Final = re.compile("[\u1161-\u11ff\ud7b0-\ud7c6\ud7cb-\ud7fb]")  # vowel and final Jamo stack on a lead
_SELECTORS: Final = re.compile("[\ufe00-\ufe0f\U000e0100-\U000e01ef]")
# Unassigned, yet set aside as invisible. Source: Unicode, Default_Ignorable_Code_Point.
_IGNORABLE: Final = re.compile("[\u2065\ufff0-\ufff8\U000e0000-\U000e0fff]")
_FREE_MARKS: Final = re.compile("[\u0300-\u036f\u0483-\u0489\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe20-\ufe2f]")

MOST_MARKS: Final = 5
"""More than any script puts on one base."""
_MOST_FREE_MARKS: Final = 3
SHOWN: Final = frozenset({Kind.PLAIN, Kind.MARK})
"""Classes that come through the gate as they are."""

SUBDIVISION_FLAGS: Final = {
    "\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f": "England",
    "\U000e0067\U000e0062\U000e0073\U000e0063\U000e0074\U000e007f": "Scotland",
    "\U000e0067\U000e0062\U000e0077\U000e006c\U000e0073\U000e007f": "Wales",
}
"""The only tag sequences in general use, after a black flag. Source: Unicode emoji-sequences.txt."""

_BY_CATEGORY: Final = {
    "Cc": Kind.CONTROL,
    "Cf": Kind.HIDDEN,
    "Cs": Kind.UNKNOWN,
    "Co": Kind.UNKNOWN,
    "Cn": Kind.UNKNOWN,
    "Mn": Kind.MARK,
    "Mc": Kind.MARK,
    "Me": Kind.MARK,
    "Zl": Kind.LINE_END,
    "Zp": Kind.LINE_END,
}
_SPECIAL: Final = {
    "\n": Kind.LINE_END,
    "\x85": Kind.LINE_END,
    "\t": Kind.TAB,
    **dict.fromkeys(BIDI_NAMES, Kind.BIDI),
    **dict.fromkeys(_INKLESS, Kind.HIDDEN),
    **dict.fromkeys(_INKED_FORMATS, Kind.PLAIN),
    **dict.fromkeys(_JOINERS, Kind.JOINER),
}


@lru_cache(maxsize=4096)
def kind_of(char: str) -> Kind:
    """The class of one character.

    Args:
        char: One code point; lone surrogates too.

    Returns:
        Its class. Characters newer than Python's tables are `UNKNOWN`, but for the blocks set aside for emoji.
    """
    special = _SPECIAL.get(char)
    if special is not None:
        return special
    if _SELECTORS.match(char):
        return Kind.SELECTOR
    if _MARK_LIKE.match(char):
        return Kind.MARK
    kind = _BY_CATEGORY.get(unicodedata.category(char), Kind.PLAIN)
    if kind is Kind.UNKNOWN:
        if _FUTURE_EMOJI.match(char):
            return Kind.PLAIN
        if _IGNORABLE.match(char):
            return Kind.HIDDEN
    return kind


def most_marks(char: str) -> int:
    """How many marks may stand on one base for this one still to be shown: 3 or `MOST_MARKS`.

    Three for marks that any letter can carry, which is what floods are made of; more for those of one script, since
    Burmese, Hebrew with points and Tibetan need four in ordinary words.
    """
    return _MOST_FREE_MARKS if _FREE_MARKS.match(char) else MOST_MARKS
