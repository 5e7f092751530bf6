"""The environment has strings alone: read here as the types that the settings ask for."""

from __future__ import annotations

import json
from typing import Any

from moderator.config.diagnosis import annotation_at, bare
from moderator.config.layers import Layer, leaves, nest

_TRUE, _FALSE = frozenset({"true", "yes", "on", "1"}), frozenset({"false", "no", "off", "0"})


def typed(layer: Layer) -> Layer:
    """The environment's strings as the types that the settings ask for."""
    values = nest((path, _read(annotation_at(path), text)) for path, text in leaves(layer.values))
    return Layer(layer.kind, layer.name, values)


def _read(annotation: Any, text: str) -> Any:
    kind = bare(annotation)
    if kind is bool:
        return True if text.lower() in _TRUE else False if text.lower() in _FALSE else text
    try:
        if kind in {int, float}:
            return kind(text)
        if isinstance(kind, type) or text[:1] not in {"[", "{"}:
            return text
        return json.loads(text)
    except ValueError:
        return text
