"""From `[[policy.lists]]` to the word lists that the policy asks."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from moderator.config.diagnosis import origin_layer
from moderator.config.faults import Fault, Place, as_error, place_of
from moderator.config.layers import Layer, LayerKind, home_expanded
from moderator.config.model import ListSection
from moderator.domain.word_lists import WordList, WordLists
from moderator.errors import PolicyError

COMMENT = "#"
"""Begins a line of a list's file that says nothing."""

_PATH = ("policy", "lists")
_MOST_BYTES = 2_000_000


def list_file(given: str, layers: Sequence[Layer]) -> Path:
    """A list's file: as written, or beside the configuration that names it."""
    layer = origin_layer(layers, _PATH)
    base = Path(layer.name).parent if layer and layer.kind is LayerKind.FILE else Path()
    return (base / home_expanded(given, "policy.lists.file")).absolute()


def word_lists(sections: Sequence[ListSection], layers: Sequence[Layer]) -> WordLists:
    """The lists that a configuration describes, their files read.

    Raises:
        ConfigError: A file can't be read, or entries can't be used.
    """
    faults: list[Fault] = []
    found = word_lists_from(sections, layers, faults.append)
    if faults:
        raise as_error(faults)
    return found


def word_lists_from(
    sections: Sequence[ListSection], layers: Sequence[Layer], refuse: Callable[[Fault], None]
) -> WordLists:
    """The lists that a configuration describes.

    Args:
        sections: The tables, each value within its range.
        layers: Where they come from.
        refuse: Told of what can't be used, which is then left out.
    """
    lists: list[WordList] = []
    for at, section in enumerate(sections):
        words: list[str] = []
        for entry, file, line in _entries(section, at, layers, refuse):
            try:
                WordList(section.name, (entry,))
            except PolicyError as error:
                refuse(_fault(layers, at, f"{_key(at)} ({section.name}): {error.message}", error.hint, (file, line)))
            else:
                words.append(entry)
        unique = tuple(dict.fromkeys(words))
        lists.append(WordList(section.name, unique, frozenset(section.languages), section.action == "priority"))
    return WordLists(tuple(lists))


def _entries(
    section: ListSection, at: int, layers: Sequence[Layer], refuse: Callable[[Fault], None]
) -> list[tuple[str, Path | None, int]]:
    """Entries with the file and line that they stand in; in the configuration itself without."""
    found: list[tuple[str, Path | None, int]] = [(word.strip(), None, 0) for word in section.words]
    if not section.file:
        return found
    file = list_file(section.file, layers)
    reason = f"larger than {_MOST_BYTES:,} bytes"
    lines: list[str] | None = None
    try:
        if file.stat().st_size <= _MOST_BYTES:
            lines = file.read_text(encoding="utf-8-sig").splitlines()
    except OSError as error:
        reason = error.strerror or "unreadable"
    except UnicodeDecodeError:
        reason = "not UTF-8"
    if lines is None:
        refuse(_fault(layers, at, f"{_key(at)}.file ({section.name}): {file}: {reason}", "One entry a line, as UTF-8."))
        return found
    for number, line in enumerate(lines, 1):
        if line.strip() and not line.lstrip().startswith(COMMENT):
            found.append((line.strip(), file, number))
    return found


def _key(at: int) -> str:
    return f"policy.lists.{at}"


def _fault(
    layers: Sequence[Layer], at: int, message: str, hint: str | None, place: tuple[Path | None, int] = (None, 0)
) -> Fault:
    file, line = place
    if file is not None:
        here = Place(f"{file}, line {line}", str(file), line)
    else:
        here = place_of(origin_layer(layers, _PATH), (*_PATH, str(at)))
    return here.fault(_key(at), message, hint=hint, code="policy.list_entry")
