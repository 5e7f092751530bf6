"""Noun phrases that can be a target: peoples, roles, collectives, and what must be kept apart from them."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Kind(StrEnum):
    """What a noun phrase stands for."""

    GROUP = "group"
    OPEN = "open"
    """A plural that no list has, after a quantifier: a group if a person's predicate says so."""
    COLLECTIVE = "collective"
    """`the people`, `the whole village`, without a name."""
    ADJECTIVE = "adjective"
    """A people named by an adjective only (`the Serbian siege`): a possible antecedent, no target."""
    INDIVIDUAL = "individual"
    STATE = "state"
    PERSON = "person"
    DEED = "deed"
    THING = "thing"
    THEY = "they"
    YOU = "you"
    WE = "we"


GROUPS = frozenset({Kind.GROUP, Kind.OPEN, Kind.COLLECTIVE})
TARGETABLE = GROUPS | {Kind.ADJECTIVE, Kind.INDIVIDUAL}
SYMBOLS = {Kind.INDIVIDUAL: "§i", Kind.ADJECTIVE: "§a", Kind.GROUP: "§g", Kind.OPEN: "§o", Kind.COLLECTIVE: "§c"}


@dataclass(slots=True)
class Phrase:
    """One noun phrase: tokens `first..last` inclusive, without determiner and quantifier."""

    first: int
    last: int
    kind: Kind
    plural: bool
    type: str
    """`people`, `role`, `collective` or ``: for the open class."""
