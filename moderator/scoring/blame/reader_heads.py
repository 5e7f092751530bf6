"""What the second reader answers, by name and in order."""

from __future__ import annotations

from moderator.scoring.blame.glosses import GLOSSED

BLAME, CLEAR, PENALTY = "blame", "clear", "penalty"
COMPONENT_HEADS: tuple[str, ...] = ("ACT", "PUN", "INN", "SIL", "HER", "ASC", "DES")
HEADS: tuple[str, ...] = (BLAME, CLEAR, PENALTY, *COMPONENT_HEADS)
"""Whether a group is blamed; if so, whether plainly (grade 2 or more) and with a penalty (grade 3); and by what."""

MARKED: tuple[str, ...] = ("group", "quantifier", "predicate")
"""What a token can be evidence of."""

LANGUAGES = frozenset({"en", *GLOSSED})
"""Languages that the second reader was taught, all but English by way of a glossary."""
