"""From a value that can't be used to a sentence that says where it stands and what would do."""

from __future__ import annotations

import difflib
import json
import re
import types
import typing
from collections.abc import Iterator, Mapping, Sequence
from enum import Enum
from typing import Any, cast

from pydantic import BaseModel, ValidationError
from pydantic.fields import FieldInfo

from moderator.config.faults import Fault, Place, place_of
from moderator.config.layers import Layer, LayerKind, dotted, leaves, nest
from moderator.config.model import Config
from moderator.config.sources import SOURCE_SECRETS
from moderator.domain.score import Label

SECRET_KEYS = frozenset({"database_password", "author_key", *SOURCE_SECRETS})
_MAX_VALUE_CHARS = 60
_IN_FORCE = "`moderator config show` prints what is in force."


def annotation_at(path: Sequence[str]) -> Any:
    """The type of the setting at a path, or `None` where there is no such setting."""
    here: Any = Config
    for part in path:
        here = _child(here, part)
        if here is None:
            return None
    return here


def _child(annotation: Any, key: str) -> Any:
    annotation = bare(annotation)
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        field = annotation.model_fields.get(key)
        return None if field is None else field.annotation
    if typing.get_origin(annotation) is dict:
        key_type, value_type = typing.get_args(annotation)
        return None if key_type is Label and key not in set(Label) else value_type
    return None


def bare(annotation: Any) -> Any:
    """A type without `Annotated` and without `| None`."""
    origin = typing.get_origin(annotation)
    if origin is typing.Annotated:
        return bare(typing.get_args(annotation)[0])
    if origin in {typing.Union, types.UnionType}:
        inner = [part for part in typing.get_args(annotation) if part is not types.NoneType]
        return bare(inner[0])
    return annotation


def valid_keys(path: Sequence[str]) -> list[str]:
    """Keys that may stand in the section at a path; none where any name may."""
    annotation = bare(annotation_at(path))
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return list(annotation.model_fields)
    if typing.get_origin(annotation) is dict and typing.get_args(annotation)[0] is Label:
        return list(Label)
    return []


def all_keys(annotation: Any = Config, path: tuple[str, ...] = ()) -> Iterator[str]:
    """Every setting's dotted key, with names that are free left out."""
    annotation = bare(annotation)
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        for name, field in annotation.model_fields.items():
            yield from all_keys(field.annotation, (*path, name))
    elif typing.get_origin(annotation) is dict and typing.get_args(annotation)[0] is Label:
        for label in Label:
            yield from all_keys(typing.get_args(annotation)[1], (*path, label))
    else:
        yield ".".join(path)


def nearest_key(path: Sequence[str]) -> str | None:
    """The setting that a wrong key most likely meant, as a dotted key."""
    siblings = difflib.get_close_matches(path[-1], valid_keys(path[:-1]), n=1)
    if siblings:
        return ".".join((*path[:-1], siblings[0]))
    keys = sorted(set(all_keys()))
    whole = difflib.get_close_matches(".".join(path), keys, n=1, cutoff=0.75)
    if whole:
        return whole[0]
    by_name = {key.rsplit(".", 1)[-1]: key for key in reversed(keys)}
    names = difflib.get_close_matches(path[-1], list(by_name), n=1, cutoff=0.8)
    return by_name[names[0]] if names else None


def unknown_keys(layers: Sequence[Layer]) -> list[Fault]:
    """Keys that are no settings, each with the nearest that is one."""
    faults: list[Fault] = []
    for layer in layers:
        seen: set[tuple[str, ...]] = set()
        for path, _value in leaves(layer.values):
            wrong = next((path[: n + 1] for n in range(len(path)) if annotation_at(path[: n + 1]) is None), None)
            if wrong is None or wrong in seen:
                continue
            seen.add(wrong)
            near = nearest_key(wrong)
            hint = f"Did you mean {near}?" if near else "`moderator config show` lists every key."
            if layer.kind is LayerKind.FILE and not near:
                hint += " If the file belongs to another program, start moderator in another directory."
            faults.append(
                _fault(layer, wrong, f"{dotted(wrong)} is not a setting", hint=hint, code="config.unknown_key")
            )
    return faults


def without(values: Mapping[str, Any], faults: Sequence[Fault]) -> dict[str, Any]:
    """Nested values without the keys that these faults name."""
    wrong = {fault.key for fault in faults}

    def is_right(path: tuple[str, ...]) -> bool:
        return not any(dotted(path[: n + 1]) in wrong for n in range(len(path)))

    return nest((path, value) for path, value in leaves(values) if is_right(path))


def wrong_values(error: ValidationError, layers: Sequence[Layer]) -> list[Fault]:
    """For each wrong value, where it stands, what it is and what's allowed."""
    details = [cast("Mapping[str, Any]", detail) for detail in error.errors()]
    places = [detail["loc"] for detail in details]
    # A list with one wrong item is reported twice, as the item and as a list that is now too short.
    return [
        _wrong_value(detail, layers)
        for detail in details
        if not any(len(place) > len(detail["loc"]) and place[: len(detail["loc"])] == detail["loc"] for place in places)
    ]


def _fault(layer: Layer | None, path: tuple[str, ...], message: str, *, hint: str, code: str) -> Fault:
    return place_of(layer, path).fault(dotted(path), message, hint=hint, code=code)


def _wrong_value(detail: Mapping[str, Any], layers: Sequence[Layer]) -> Fault:
    loc: tuple[Any, ...] = detail["loc"]
    names = tuple(str(part) for part in loc if isinstance(part, str) and part != "[key]")
    stop = next((n for n, part in enumerate(loc) if isinstance(part, int)), len(names))
    key = dotted(str(part) for part in loc if part != "[key]") or "configuration"
    layer = origin_layer(layers, names[:stop]) if names[:stop] else None
    inside = tuple(str(part) for part in loc if part != "[key]")
    path = inside if layer and layer.kind is LayerKind.FILE else names[:stop]
    place = place_of(layer, path) if layer else Place("configuration")
    hint = _nearest_hint(loc) if detail["type"] == "extra_forbidden" else _nearest_value(detail)
    return place.fault(key, _clause(detail, key), hint=hint)


def _nearest_hint(loc: Sequence[Any]) -> str:
    """The nearest key beside one that isn't a setting, in a table of a list."""
    here: Any = Config
    for part in loc[:-1]:
        here = typing.get_args(bare(here))[0] if isinstance(part, int) else _child(here, str(part))
    here = bare(here)
    fields = list(here.model_fields) if isinstance(here, type) and issubclass(here, BaseModel) else []
    near = difflib.get_close_matches(str(loc[-1]), fields, n=1)
    return f"Did you mean {near[0]}?" if near else f"Use one of: {', '.join(fields)}." if fields else _IN_FORCE


def _nearest_value(detail: Mapping[str, Any]) -> str:
    """The value that was most likely meant, where only some may stand."""
    expected = str(cast("Mapping[str, Any]", detail.get("ctx", {})).get("expected", ""))
    near = difflib.get_close_matches(str(detail["input"]), re.findall(r"'([^']+)'", expected), n=1)
    return f"Did you mean {json.dumps(near[0])}?" if near else _IN_FORCE


def _clause(detail: Mapping[str, Any], key: str) -> str:
    loc: tuple[Any, ...] = detail["loc"]
    if detail["type"] == "value_error":
        return f"{key}: {detail['ctx']['error']}"
    if detail["type"] == "missing":
        return f"{key} is missing"
    if detail["type"] == "extra_forbidden":
        return f"{key} is not a setting"
    value = "***" if SECRET_KEYS.intersection(map(str, loc)) else repr(detail["input"])
    if len(value) > _MAX_VALUE_CHARS:
        value = value[: _MAX_VALUE_CHARS - 1] + "…"
    return f"{key} = {value}: allowed is {allowed(loc) or str(detail['msg'])}"


def origin_layer(layers: Sequence[Layer], path: Sequence[str]) -> Layer | None:
    """The strongest layer that gives a value at or below a path."""
    for layer in layers:
        here: Any = layer.values
        for part in path:
            if not isinstance(here, dict) or part not in here:
                break
            here = cast("dict[str, Any]", here)[part]
        else:
            return layer
    return None


def allowed(loc: Sequence[Any]) -> str:
    """What may stand at a place, in words: `a number above 0 and at most 1`. Empty where there's nothing to say."""
    here: Any = Config
    keys: Any = str
    field: FieldInfo | None = None
    for part in loc:
        if part == "[key]":
            return _words(keys, _metadata(keys))
        here = bare(here)
        if isinstance(part, int):
            here = typing.get_args(here)[0]
        elif isinstance(here, type) and issubclass(here, BaseModel):
            field = here.model_fields.get(str(part))
            here = field.annotation if field else None
        elif typing.get_origin(here) is dict:
            field = None
            keys, here = typing.get_args(here)
    if field is not None and field.description:
        return field.description
    return _words(here, [*(field.metadata if field else []), *_metadata(here)])


def _metadata(annotation: Any) -> list[Any]:
    if typing.get_origin(annotation) is typing.Annotated:
        found: list[Any] = []
        for extra in typing.get_args(annotation)[1:]:
            found.extend(extra.metadata if isinstance(extra, FieldInfo) else [extra])
        return found + _metadata(typing.get_args(annotation)[0])
    if typing.get_origin(annotation) in {typing.Union, types.UnionType}:
        return _metadata(typing.get_args(annotation)[0])
    return []


def _extras(annotation: Any) -> tuple[Any, ...]:
    return typing.get_args(annotation)[1:] if typing.get_origin(annotation) is typing.Annotated else ()


_KINDS: dict[Any, str] = {bool: "true or false", int: "a whole number", float: "a number", str: "text"}


def _words(annotation: Any, metadata: Sequence[Any]) -> str:
    kind = bare(annotation)
    described = next((extra.description for extra in _extras(annotation) if isinstance(extra, FieldInfo)), None)
    if described:
        return described
    if typing.get_origin(kind) is typing.Literal:
        return "one of " + ", ".join(str(value) for value in typing.get_args(kind))
    if isinstance(kind, type) and issubclass(kind, Enum):
        return "one of " + ", ".join(str(member.value) for member in kind)
    if kind not in _KINDS:
        return "a list" if typing.get_origin(kind) is tuple else "a table"
    bounds: list[str] = []
    for attribute, words in (("gt", "above"), ("ge", "at least"), ("lt", "below"), ("le", "at most")):
        bounds += [f"{words} {getattr(extra, attribute):g}" for extra in metadata if hasattr(extra, attribute)]
    span = " and ".join(bounds)
    if span.startswith("at least ") and " and at most " in span:
        span = span.replace("at least ", "from ").replace(" and at most ", " to ")
    return f"{_KINDS[kind]} {span}".strip()
