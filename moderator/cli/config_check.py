"""What only the rooms that use a setting can tell of it: names of keys, themes, columns, systems and scorers."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING

from moderator.config.faults import Fault, place_of
from moderator.config.layers import dotted
from moderator.domain.score import Label
from moderator.errors import ModeratorError

if TYPE_CHECKING:
    from moderator.config.settings import Settings

Path = tuple[str, ...]
Complaint = tuple[Path, ModeratorError]


def deeper_faults(settings: Settings) -> list[Fault]:
    """Names in the settings that nothing goes by, and what can be used and is most likely not meant.

    Args:
        settings: Checked as far as the settings alone can tell.
    """
    from moderator.config.advice import advice

    faults = [_fault(settings, *complaint) for complaint in _complaints(settings)]
    return faults + advice(settings, _labels(settings) if not faults else None)


def _complaints(settings: Settings) -> Iterator[Complaint]:
    yield from _refused(("data_dir",), lambda: settings.data_dir)
    yield from _refused(("moderator",), lambda: settings.moderator)
    yield from _refused(("database",), lambda: settings.database_url)
    yield from _of_the_desk(settings)
    yield from _of_files(settings)
    yield from _of_plugins(settings)


def _of_the_desk(settings: Settings) -> Iterator[Complaint]:
    from textual.theme import BUILTIN_THEMES

    from moderator.tui.keys import resolve
    from moderator.tui.themes import THEMES

    look = settings.values.tui
    problem = resolve(look.keys).problem
    if problem:
        hint = "`docs/keys.md` lists actions and keys."
        yield ("tui", "keys"), ModeratorError(problem, code="config.keys", hint=hint)
    known = [*(theme.name for theme in THEMES), *BUILTIN_THEMES]
    yield from _unknown(("tui", "theme"), "theme", look.theme, known)


def _of_files(settings: Settings) -> Iterator[Complaint]:
    from moderator.connectors.files import FileOptions
    from moderator.services.export_columns import (
        COMMENT_COLUMNS,
        COMMENT_TEXT_COLUMNS,
        DECISION_COLUMNS,
        DECISION_TEXT_COLUMNS,
    )

    given = settings.values.intake
    yield from _refused(("intake", "columns"), lambda: FileOptions(now_ms=0, columns=given.columns))
    yield from _refused(("intake", "fields"), lambda: FileOptions(now_ms=0, fields=given.fields))
    columns = (*DECISION_COLUMNS, *DECISION_TEXT_COLUMNS, *COMMENT_COLUMNS, *COMMENT_TEXT_COLUMNS)
    for name, wanted in settings.values.export.presets.items():
        for column in wanted:
            yield from _unknown(("export", "presets", name), "column", column, {one.name for one in columns})


def _of_plugins(settings: Settings) -> Iterator[Complaint]:
    from moderator.plugins import Group, installed

    systems = {*installed(Group.SOURCES), *installed(Group.SINKS)}
    for name, source in settings.values.sources.items():
        yield from _unknown(("sources", name, "system"), "system", source.system, systems)
    for key in ("scorer", "bulk_scorer"):
        yield from _refused(("scoring", key), lambda key=key: _chosen(settings, key))


def _chosen(settings: Settings, key: str) -> object:
    from moderator.plugins import Group, installed
    from moderator.scoring.choose import choose

    name: str = getattr(settings.values.scoring, key)
    plugins = {name: plugin.target for name, plugin in installed(Group.SCORERS).items()}
    options = settings.values.scoring.options
    return choose(name, settings.models_dir, plugins=plugins, options=options) if name else None


def _labels(settings: Settings) -> frozenset[Label] | None:
    """Labels that the chosen scorers can give; `None` where nobody knows before they run."""
    from moderator.scoring.base import ScorerSpec
    from moderator.scoring.labels import labels_of

    specs = [_chosen(settings, key) for key in ("scorer", "bulk_scorer")]
    labels = [labels_of(spec) for spec in specs if isinstance(spec, ScorerSpec)]
    known = [each for each in labels if each is not None]
    if len(known) < len(labels):
        return None
    blame = frozenset({Label.COLLECTIVE_BLAME}) if settings.values.scoring.collective_blame else frozenset[Label]()
    return blame.union(*known)


def _refused(path: Path, use: Callable[[], object]) -> Iterator[Complaint]:
    try:
        use()
    except ModeratorError as error:
        yield path, error


def _unknown(path: Path, what: str, given: str, known: Iterable[str]) -> Iterator[Complaint]:
    if given in (names := sorted(known)):
        return
    near = difflib.get_close_matches(given, names, n=1)
    hint = f"Did you mean {near[0]}?" if near else f"There are: {', '.join(names)}."
    yield path, ModeratorError(f"{dotted(path)}: there is no {what} {given!r}", code=f"config.{what}", hint=hint)


def _fault(settings: Settings, path: Path, error: ModeratorError) -> Fault:
    from moderator.config.diagnosis import origin_layer

    place = place_of(origin_layer(settings.layers, path), path)
    message = error.message if dotted(path) in error.message else f"{dotted(path)}: {error.message}"
    return place.fault(dotted(path), message, hint=error.hint, code=error.code)
