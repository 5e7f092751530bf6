"""JSON Schemas of what exports write, one per kind of row and one for the manifest. Published in `docs/schemas/`.

Source: JSON Schema, draft 2020-12.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from moderator.services.export_columns import (
    COMMENT_COLUMNS,
    COMMENT_TEXT_COLUMNS,
    DECISION_COLUMNS,
    DECISION_TEXT_COLUMNS,
)
from moderator.services.tabular import Column, Kind

_DRAFT = "https://json-schema.org/draft/2020-12/schema"
_TIME = r"^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{3}Z$"
_JSON: Mapping[Kind, dict[str, Any]] = {
    Kind.TEXT: {"type": "string"},
    Kind.INTEGER: {"type": "integer"},
    Kind.REAL: {"type": "number"},
    Kind.FLAG: {"type": "boolean"},
    Kind.TIME: {"type": "string", "format": "date-time", "pattern": _TIME},
    Kind.JSON: {"type": ["object", "array"]},
}
_CELL: Mapping[Kind, dict[str, Any]] = {
    Kind.TEXT: {"not": {"pattern": "^[=+\\-@\\t\\r\\n\uff1d\uff0b\uff0d\uff20]"}},
    Kind.INTEGER: {"pattern": r"^-?\d+$"},
    Kind.REAL: {"pattern": r"^-?\d+(\.\d+)?(e-?\d+)?$"},
    Kind.FLAG: {"enum": ["true", "false"]},
    Kind.TIME: {"pattern": _TIME},
    Kind.JSON: {"pattern": r"^[\[{]"},
}
_KINDS: Mapping[str, tuple[Sequence[Column], Sequence[Column]]] = {
    "decisions": (DECISION_COLUMNS, DECISION_TEXT_COLUMNS),
    "comments": (COMMENT_COLUMNS, COMMENT_TEXT_COLUMNS),
}


def schemas() -> dict[str, dict[str, Any]]:
    """Every schema by the name of its file, without suffix.

    Parquet's rows are those of JSONL; its times are timestamps and its objects are JSON in a string.
    """
    found: dict[str, dict[str, Any]] = {"manifest": _manifest()}
    for kind, (usual, texts) in _KINDS.items():
        found[f"{kind}.jsonl"] = _rows(kind, "line of a JSONL export", usual, texts, _value)
        found[f"{kind}.csv"] = _rows(kind, "row of a CSV export, cells by column name", usual, texts, _cell)
    return found


def _rows(kind: str, what: str, usual: Sequence[Column], texts: Sequence[Column], of: Any) -> dict[str, Any]:
    return {
        "$schema": _DRAFT,
        "title": f"moderator: {kind}, one {what}",
        "type": "object",
        # Fewer where columns were chosen.
        "properties": {column.name: of(column) for column in (*usual, *texts)},
        "minProperties": 1,
        "additionalProperties": False,
    }


def _value(column: Column) -> dict[str, Any]:
    kind = _JSON[column.kind]
    return {"anyOf": [kind, {"type": "null"}]} if column.optional else dict(kind)


def _cell(column: Column) -> dict[str, Any]:
    kind = {"type": "string", **_CELL[column.kind]}
    return {"anyOf": [kind, {"const": ""}]} if column.optional else kind


def _manifest() -> dict[str, Any]:
    text, count = {"type": "string"}, {"type": "integer", "minimum": 0}
    properties: dict[str, Any] = {
        "manifest_version": {"const": 1},
        "file": text,
        "kind": {"enum": list(_KINDS)},
        "format": {"enum": ["csv", "jsonl", "parquet", "html"]},
        "packing": {"enum": ["gz", "zst", None]},
        "rows": count,
        "columns": {"type": "array", "items": text, "minItems": 1},
        "bytes": count,
        "sha256": {"type": "string", "pattern": "^[0-9a-f]{64}$"},
        "written_at": {"type": "string", "pattern": _TIME},
        "app_version": text,
        "filter": {"type": "object"},
        "with_text": {"type": "boolean"},
        "config_hash": text,
        "chain_head": {
            "type": "object",
            "properties": {"seq": count, "row_hash": {"type": "string", "pattern": "^[0-9a-f]{64}$"}},
            "required": ["seq", "row_hash"],
            "additionalProperties": False,
        },
    }
    return {
        "$schema": _DRAFT,
        "title": "moderator: manifest of an export",
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }
