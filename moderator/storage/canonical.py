"""Rows as canonical JSON, the bytes that their hashes are taken over.

A library writes them. Reading a million rows back for an audit takes it minutes, so that has a quicker way to the same
bytes: names are sorted once, what a row holds as JSON is stored in its canonical form and taken as it lies there, and
the rest are texts, whole numbers and truth values. A test holds both equal.

Source: RFC 8785 (JSON Canonicalization Scheme).
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from itertools import filterfalse
from typing import Any

import msgspec
import rfc8785

_FLAGS = {0: False, 1: True, None: None}
_NO_FLAG = "neither"
_LEAST_PLAIN, _MOST_PLAIN = 1e-4, 1e15
"""Between these Python writes a number with decimals just as RFC 8785 does."""


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
        later: frozenset[str] = frozenset(),
        json: Sequence[str] = (),
        flags: Sequence[str] = (),
        reals: Sequence[str] = (),
    ) -> None:
        if list(names) != sorted(names):
            raise ValueError("canonical JSON has its names in order")
        self._names = tuple(names)
        self._later = tuple(sorted(later))
        self._json, self._flags, self._reals = tuple(json), tuple(flags), tuple(reals)
        self._encode = msgspec.json.Encoder().encode

    def canonical(self, row: Sequence[Any]) -> bytes:
        """A row as canonical JSON, if all in it has the type and the form that rows are written with.

        Otherwise something that no row was written as, so that its hash fits none.
        """
        values: dict[str, Any] = dict(zip(self._names, row, strict=False))
        for name in self._json:
            stored = values[name]
            if type(stored) is str:
                values[name] = msgspec.Raw(stored)
        for name in self._flags:
            values[name] = _FLAGS.get(values[name], _NO_FLAG)
        for name in self._reals:
            number = values[name]
            if type(number) is float:
                values[name] = msgspec.Raw(_number(number))
        for name in filterfalse(lambda each: values[each] is not None, self._later):
            del values[name]
        return self._encode(values)

    def hash(self, row: Sequence[Any]) -> str:
        """SHA-256, hex, of `canonical`."""
        return hashlib.sha256(self.canonical(row)).hexdigest()


def _number(number: float) -> str:
    """A number with decimals in its canonical form; -0 as such, since no row is written with it."""
    if number.is_integer() and abs(number) < _MOST_PLAIN:
        return f"{number:.0f}"
    if _LEAST_PLAIN <= abs(number) < _MOST_PLAIN:
        return repr(number)
    try:
        return rfc8785.dumps(number).decode()
    except rfc8785.CanonicalizationError:
        return repr(number)
