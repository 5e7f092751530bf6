"""Rows as canonical JSON, the bytes that their hashes are taken over.

A library writes them. Reading a million rows back for an audit takes it minutes, so that has a quicker way to the same
bytes: names are sorted once, what a row holds as JSON is stored in its canonical form and taken as it lies there, and
the rest are texts, whole numbers and truth values. A test holds both equal.

Source: RFC 8785 (JSON Canonicalization Scheme).
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import msgspec
import rfc8785

_FLAGS = {0: False, 1: True, None: None}
_NO_FLAG = "neither"
_BYTES = frozenset({bytes})
_LEAST_PLAIN, _MOST_PLAIN = 1e-4, 1e15
"""Between these every encoder writes a number with decimals as RFC 8785 does: the fewest digits, no exponent."""


class Canonical(str):
    """JSON in its canonical form already: stored letter for letter."""

    __slots__ = ()


def canonical(value: object) -> Canonical:
    """A JSON value in its canonical form.

    Raises:
        rfc8785.CanonicalizationError: It isn't a JSON value, or a number that has no canonical form.
    """
    return Canonical(rfc8785.dumps(value).decode())  # pyright: ignore[reportArgumentType]  # it refuses all others


def to_json(value: object) -> str:
    """What is stored of a value in a JSON column: `Canonical` as it is, all else as Python writes it."""
    return value if isinstance(value, Canonical) else json.dumps(value)


def row_hash(values: Mapping[str, Any], names: Sequence[str], later: frozenset[str]) -> str:
    """SHA-256, hex, of some of a row's values as canonical JSON, by the library.

    Args:
        values: At least these names, as plain JSON values.
        names: What is under the hash.
        later: Those of them that came later: left out where they have no value, so that older rows still hold.
    """
    kept = {name: values[name] for name in names if name not in later or values[name] is not None}
    return hashlib.sha256(rfc8785.dumps(kept)).hexdigest()


class RowHasher:
    """Takes hashes of many rows, as they lie in the database.

    Args:
        names: What is under the hash, in the order of a row's values; sorted.
        later: Those of them that are left out where they have no value.
        json: Those that are stored as JSON.
        flags: Those that are true or false.
        reals: Those that are numbers with decimals.
    """

    def __init__(
        self,
        names: Sequence[str],
        *,
        later: Iterable[str] = (),
        json: Iterable[str] = (),
        flags: Iterable[str] = (),
        reals: Iterable[str] = (),
    ) -> None:
        if list(names) != sorted(names):
            raise ValueError("canonical JSON has its names in order")
        self._json, self._flags, self._reals, self._later = (
            tuple(names.index(name) for name in chosen) for chosen in (json, flags, reals, later)
        )
        self._count = len(names)
        # Written twice as fast as a dictionary, in this order, without the fields that are unset.
        self._row: Any = msgspec.defstruct("Row", [(name, Any, msgspec.UNSET) for name in names], gc=False)
        self._encode = msgspec.json.Encoder().encode

    def canonical(self, row: Sequence[Any]) -> bytes:
        """A row as canonical JSON, if all in it has the type and the form that rows are written with.

        Otherwise something that no row was written as, so that its hash fits none.

        Args:
            row: The values, in the order of the names; what follows them is left alone.
        """
        values = list(row[: self._count])
        if not _BYTES.isdisjoint(map(type, values)):
            return repr(values).encode()  # as JSON they would be base64, which may be the very text that they replaced
        for at in self._json:
            if type(values[at]) is str:
                values[at] = msgspec.Raw(values[at])
        for at in self._flags:
            values[at] = _FLAGS.get(values[at], _NO_FLAG)
        for at in self._reals:
            number = values[at]
            if type(number) is float and (number.is_integer() or not _LEAST_PLAIN <= number < _MOST_PLAIN):
                values[at] = msgspec.Raw(_number(number))
        for at in self._later:
            if values[at] is None:
                values[at] = msgspec.UNSET
        return self._encode(self._row(*values))

    def hash(self, row: Sequence[Any]) -> str:
        """SHA-256, hex, of `canonical`."""
        return hashlib.sha256(self.canonical(row)).hexdigest()


def _number(number: float) -> str:
    """A number in its canonical form; -0 as such, since no row is written with it."""
    if number == 0:
        return f"{number:.0f}"
    try:
        return rfc8785.dumps(number).decode()
    except rfc8785.CanonicalizationError:
        return repr(number)
