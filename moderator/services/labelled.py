"""Labelled texts out of a file: JSON Lines, CSV or Parquet. A line that is none is told by its number, never quoted."""

from __future__ import annotations

import csv
import importlib
import json
import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import count
from pathlib import Path
from typing import Any, Generic, TypeVar, cast

from moderator.domain.score import Label, SpanRole
from moderator.errors import ConnectorError
from moderator.scoring.base import ScoreRequest

T = TypeVar("T")

GROUPINGS = ("functionality", "difficulty")
"""Fields that sort texts into classes, each of which is measured by itself."""

_OTHER_NAMES = "A file that names them differently: --field text=ITS_NAME."
_LONGEST_LINE = 16_000_000
_ROLES = frozenset(role.value for role in SpanRole)
_FLAGS = {"true": 1.0, "false": 0.0}


@dataclass(frozen=True, slots=True)
class BadLine:
    """A line that was skipped, and why, in words that quote nothing of it."""

    line: int
    reason: str


@dataclass(frozen=True, slots=True)
class LabelledText:
    """One text and what people said of it.

    Attributes:
        labels: Share of people, 0..1, who gave the label; a label that isn't here isn't known.
        classes: Grouping to the class that the text is in, for those that the line names.
        line: Where it stands in the file, from 1.
        groups: Field to the group that the text is in, for those that were asked for and the line names.
    """

    request: ScoreRequest
    labels: Mapping[Label, float]
    classes: Mapping[str, str]
    line: int = 0
    groups: Mapping[str, str] = field(default_factory=dict[str, str])


@dataclass  # slots and a generic class don't go together in Python 3.11
class Labelled(Generic[T]):
    """What a file held."""

    items: list[T] = field(default_factory=list[T])
    bad: list[BadLine] = field(default_factory=list[BadLine])


class _BadRowError(ValueError):
    """Why a row can't be used. The message quotes nothing of it."""


def read_labelled(
    path: Path, fields: Mapping[str, str] | None = None, by: Sequence[str] = ()
) -> Labelled[LabelledText]:
    """Reads texts with a field per label.

    Args:
        path: `.csv`, `.parquet`, or anything else as JSON Lines: `text`, a field for each label that is known (0, 1,
            or the share of people who gave it), and where there are any `lang`, `context` with `title` and `parent`,
            and `GROUPINGS`.
        fields: Our name of a field to the file's own, where they differ.
        by: Fields that group texts, by the file's own names.

    Raises:
        ConnectorError: It can't be read, or no line of it is such a text.
    """

    def make(row: Mapping[str, Any], line: int) -> LabelledText:
        ours = {name: row.get(theirs) for name, theirs in (fields or {}).items()}
        groups = {name: str(value) for name in by if (value := row.get(name)) not in {None, ""}}
        return replace(_labelled({**row, **ours}), line=line, groups=groups)

    return _read(path, make, f"Each line needs text and at least one of: {', '.join(Label)}. {_OTHER_NAMES}")


def read_blame(path: Path) -> Labelled[dict[str, Any]]:
    """Reads texts labelled for collective blame, as `moderator.scoring.blame.evaluation.evaluate_items` takes them.

    Args:
        path: As in `read_labelled`, but with `label` (0 or 1), and where there are any `functionality`,
            `group_type`, `pair_id` and `spans` (`start`, `end`, `role`).

    Raises:
        ConnectorError: It can't be read, or no line of it is such a text.
    """
    return _read(path, lambda row, _: _blame(row), "Each line needs text and label, 0 or 1.")


def _read(path: Path, make: Callable[[Mapping[str, Any], int], T], hint: str) -> Labelled[T]:
    found = Labelled[T]()
    try:
        for line, row in _rows(path):
            try:
                found.items.append(make(_mapping(row, "the line"), line))
            except _BadRowError as error:
                found.bad.append(BadLine(line, str(error)))
    except OSError as error:
        reason = error.strerror or "it can't be read"
        raise ConnectorError(f"{path}: {reason}", code="eval.file") from error
    if not found.items:
        first = f"; line {found.bad[0].line}: {found.bad[0].reason}" if found.bad else ""
        raise ConnectorError(f"{path}: no line is a labelled text{first}", code="eval.empty", hint=hint)
    return found


def _rows(path: Path) -> Iterator[tuple[int, object]]:
    """Numbered rows; in place of one that can't be read stands the error that says why."""
    suffix = path.suffix.lower()
    if suffix == ".parquet":
        return _parquet_rows(path)
    return _csv_rows(path) if suffix == ".csv" else _json_rows(path)


def _json_rows(path: Path) -> Iterator[tuple[int, object]]:
    with path.open("rb") as lines:
        number = 0
        while line := lines.readline(_LONGEST_LINE):
            number += 1
            whole = line.endswith(b"\n") or len(line) < _LONGEST_LINE
            rest = line
            while not rest.endswith(b"\n") and (rest := lines.readline(_LONGEST_LINE)):
                pass
            if not whole:
                yield number, _BadRowError(f"longer than {_LONGEST_LINE:,} bytes")
            elif line.strip(b"\xef\xbb\xbf \t\r\n"):
                yield number, _parsed(line)


def _parsed(line: bytes) -> object:
    try:
        return json.loads(line.rstrip(b"\r\n").decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        return _BadRowError(f"invalid UTF-8 at byte {error.start + 1}")
    except json.JSONDecodeError as error:
        return _BadRowError(f"broken JSON at character {error.pos + 1}")
    except RecursionError:
        return _BadRowError("nested too deep")
    except ValueError:
        return _BadRowError("a number with too many digits")


def _csv_rows(path: Path) -> Iterator[tuple[int, object]]:
    # A byte that is no UTF-8 becomes half a character, which is found where the text is checked: only its line is lost.
    with path.open(encoding="utf-8-sig", errors="surrogateescape", newline="") as lines:
        reader = csv.DictReader(lines)
        while True:
            try:
                row = next(reader, None)
            except csv.Error as error:
                yield reader.line_num, _BadRowError(f"broken CSV: {error}")
                continue
            if row is None:
                return
            yield reader.line_num, {name: value for name, value in row.items() if value}


def _parquet_rows(path: Path) -> Iterator[tuple[int, object]]:
    try:
        # An optional package, and one without types.
        parquet: Any = importlib.import_module("pyarrow.parquet")
    except ImportError as error:
        raise ConnectorError(
            f"{path} is a Parquet file and pyarrow isn't installed",
            code="eval.no_pyarrow",
            hint='Install it with: pip install "moderator[train]"; or give JSON Lines or CSV.',
        ) from error
    numbers = count(1)
    try:
        with parquet.ParquetFile(path) as file:
            for batch in file.iter_batches():
                for row in batch.to_pylist():
                    yield next(numbers), row
    except ValueError as error:  # what pyarrow's own errors about the content are
        raise ConnectorError(f"{path} is no Parquet file that can be read", code="eval.file") from error


def _labelled(row: Mapping[str, Any]) -> LabelledText:
    labels = {label: value for label in Label if (value := _share(row, label.value)) is not None}
    request = _request(row)
    if not labels:
        raise _BadRowError("it has no label")
    classes = {name: words for name in GROUPINGS if (words := _words(row, name))}
    return LabelledText(request, labels, classes)


def _blame(row: Mapping[str, Any]) -> dict[str, Any]:
    from moderator.scoring.blame.scorer import language_of  # noqa: PLC0415 - lexicons only where they are wanted

    request = _request(row)
    name = "label" if row.get("label") is not None else Label.COLLECTIVE_BLAME.value
    label = _share(row, name)
    if label not in {0.0, 1.0}:
        raise _BadRowError("label is missing" if label is None else "label is neither 0 nor 1")
    return {
        "id": _words(row, "id"),
        "text": request.text,
        "lang": language_of(request),
        "label": int(label),
        "context": {"title": request.title, "parent": request.parent},
        "functionality": _words(row, "functionality") or "",
        "group_type": _words(row, "group_type") or "",
        "pair_id": _words(row, "pair_id"),
        "spans": _spans(row, len(request.text)),
    }


def _spans(row: Mapping[str, Any], length: int) -> list[dict[str, Any]]:
    given = row.get("spans")
    if given is None:
        return []
    if not isinstance(given, list):
        raise _BadRowError("spans is not a list")
    found: list[dict[str, Any]] = []
    for one in cast("list[object]", given):
        span = _mapping(one, "a span")
        start, end, role = span.get("start"), span.get("end"), span.get("role")
        if not isinstance(start, int) or not isinstance(end, int) or not 0 <= start < end <= length:
            raise _BadRowError("a span lies outside the text")
        if role not in _ROLES:
            raise _BadRowError(f"a span's role is none of {', '.join(sorted(_ROLES))}")
        found.append({"start": start, "end": end, "role": role})
    return found


def _request(row: Mapping[str, Any]) -> ScoreRequest:
    text = _words(row, "text")
    if text is None:
        raise _BadRowError("text is missing")
    around = row if row.get("context") is None else _mapping(row["context"], "context")
    return ScoreRequest(text, _words(row, "lang"), _words(around, "title"), _words(around, "parent"))


def _mapping(value: object, name: str) -> Mapping[str, Any]:
    if isinstance(value, _BadRowError):
        raise value
    if not isinstance(value, dict):
        raise _BadRowError(f"{name} is not a JSON object")
    return cast("dict[str, Any]", value)


def _words(row: Mapping[str, Any], name: str) -> str | None:
    value = row.get(name)
    if name != "text" and isinstance(value, int):
        return str(value)  # an id or a class may be a number
    if value is not None and not isinstance(value, str):
        raise _BadRowError(f"{name} is not text")
    try:
        _ = (value or "").encode("utf-8")
    except UnicodeEncodeError:
        raise _BadRowError(f"{name} holds half a character, or isn't UTF-8") from None
    return value


def _share(row: Mapping[str, Any], name: str) -> float | None:
    value = row.get(name)
    if value is None:
        return None
    try:
        number = _FLAGS[value.lower()] if isinstance(value, str) and value.lower() in _FLAGS else float(value)
    except (TypeError, ValueError, OverflowError):
        raise _BadRowError(f"{name} is not a number") from None
    if math.isnan(number):
        return None
    if not 0.0 <= number <= 1.0:
        raise _BadRowError(f"{name} is outside 0..1")
    return number
