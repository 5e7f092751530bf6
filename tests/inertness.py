"""What text may not hold on its way to a terminal, said from Unicode's tables and apart from the code that's tested."""

import re
import unicodedata

BIDI_CLASSES = {"LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI"}
BIDI_MARKS = {"\u061c", "\u200e", "\u200f"}
ZERO_WIDTH = {
    "\u200b",
    "\u2060",
    "\u2061",
    "\u2062",
    "\u2063",
    "\u2064",
    "\ufeff",
    "\u00ad",
    "\u034f",
    "\u180e",
    "\u3164",
    "\u115f",
}
JOINERS = {"\u200c", "\u200d"}


def harmful(text, *, allowed="\n"):
    """Every character of a text that could do something to a terminal, or pretend that it isn't there."""
    found = []
    for at, char in enumerate(text):
        if char in allowed:
            continue
        category = unicodedata.category(char)
        is_command = category in {"Cc", "Cs", "Co", "Zl", "Zp"}
        is_bidi = unicodedata.bidirectional(char) in BIDI_CLASSES or char in BIDI_MARKS
        is_tag = 0xE0000 <= ord(char) <= 0xE007F
        is_loose_joiner = char in JOINERS and not (
            0 < at < len(text) - 1 and not text[at - 1].isascii() and not text[at + 1].isascii()
        )
        if is_command or is_bidi or is_tag or char in ZERO_WIDTH or is_loose_joiner:
            found.append((at, f"U+{ord(char):04X}"))
    return found


def longest_mark_run(text):
    """How many combining marks stand on one base at most."""
    return max(
        (len(run) for run in re.findall("[\u0300-\u036f\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff]+", text)), default=0
    )
