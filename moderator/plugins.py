"""Strangers' scorers, sources and sinks: found by entry point, imported when asked for, refused if they don't fit.

A package offers one like this:

    [project.entry-points."moderator.scorers"]
    mine = "my_package.scorer:MyScorer"

A scorer is imported only in the scoring process, which checks it there; sources and sinks are imported here.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from importlib import import_module
from importlib.metadata import EntryPoint, entry_points
from typing import TYPE_CHECKING, Any, Protocol, cast

from moderator.connectors.base import Sink, SiteSettings, Source
from moderator.errors import PluginError
from moderator.scoring.base import Option, Scorer, ScorerSpec
from moderator.scoring.learned_files import ADAPTED, adapted_file, calibration_file
from moderator.text.visible import visible_line

if TYPE_CHECKING:
    from moderator.config.settings import Settings

_BLAME = "blame"
"""Name of the scorer of collective blame among the plug-ins."""

_SMALL = "embedded"
"""The scorer that does without an encoder."""


class Group(StrEnum):
    """What a plug-in can be, as the entry point group that names it."""

    SCORERS = "moderator.scorers"
    SOURCES = "moderator.sources"
    SINKS = "moderator.sinks"


_PROTOCOLS: Mapping[Group, tuple[type, tuple[str, ...]]] = {
    Group.SCORERS: (Scorer, ("identity", "labels", "score")),
    Group.SOURCES: (Source, ("name", "position", "records")),
    Group.SINKS: (Sink, ("name", "abilities", "send")),
}
"""Each group's protocol and its members, which `typing` tells only from Python 3.13 on."""


@dataclass(frozen=True, slots=True)
class Plugin:
    """One plug-in that is installed, not imported yet.

    Attributes:
        target: `module:attribute` of the class or function that makes it.
        package: Who brings it, with version; empty where that isn't known.
    """

    group: Group
    name: str
    target: str
    package: str = ""


class _Finder(Protocol):
    def __call__(self, *, group: str) -> Iterable[EntryPoint]: ...


def installed(group: Group, find: _Finder = entry_points) -> dict[str, Plugin]:
    """Every plug-in of a group by name. Imports none of them.

    Raises:
        PluginError: Two packages offer different things under one name.
    """
    found: dict[str, Plugin] = {}
    for entry in find(group=group.value):
        package = f"{entry.dist.name} {entry.dist.version}" if entry.dist else ""
        plugin = Plugin(group, entry.name, entry.value, package)
        other = found.setdefault(entry.name, plugin)
        if other.target != plugin.target:
            raise PluginError(
                f"two packages offer {entry.name!r} in {group}: {other.package} and {plugin.package}",
                code="plugin.twice",
                hint="Uninstall one of them.",
            )
    return found


def named(group: Group, name: str, find: _Finder = entry_points) -> Plugin:
    """The plug-in of that name.

    Raises:
        PluginError: There is none; the nearest name is in the hint.
    """
    found = installed(group, find)
    if name in found:
        return found[name]
    near = difflib.get_close_matches(name, found, n=1)
    known = ", ".join(sorted(found)) or "none"
    hint = f"Did you mean {near[0]}?" if near else f"Installed: {known}."
    what = group.value.removeprefix("moderator.").removesuffix("s")
    raise PluginError(f"no {what} is called {visible_line(name)!r}", code="plugin.unknown", hint=visible_line(hint))


def scorer_spec(name: str, options: Mapping[str, Option] | None = None) -> ScorerSpec:
    """How to make the scorer of that name in the scoring process. Imports nothing.

    Raises:
        PluginError: There is none.
    """
    return ScorerSpec(name, named(Group.SCORERS, name).target, dict(options or {}))


def make(plugin: Plugin, **options: Any) -> Any:
    """Imports a plug-in and makes its object.

    Returns:
        An object that keeps the group's protocol.

    Raises:
        PluginError: It can't be imported, can't be made with these options, or doesn't keep the protocol.
    """
    factory = load(plugin)
    try:
        made = factory(**options)
    except TypeError as error:
        hint = f"Its options are {', '.join(sorted(options)) or 'none'}; does it take others?"
        raise PluginError(f"{_label(plugin)} can't be made", code="plugin.options", hint=hint) from error
    missing = _missing(made, plugin.group)
    if missing:
        raise _broken(plugin, missing)
    return made


def open_source(site: SiteSettings) -> Source:
    """The source that speaks to a site.

    Raises:
        PluginError: No connector has the name of its system, or it can't be made.
        ConfigError: Its settings lack something.
    """
    return cast("Source", make(named(Group.SOURCES, site.system), site=site))


def open_sink(site: SiteSettings) -> Sink:
    """The sink that takes decisions back to a site.

    Raises:
        PluginError: No connector has the name of its system, or it can't be made.
        ConfigError: Its settings lack something.
    """
    return cast("Sink", make(named(Group.SINKS, site.system), site=site))


def load(plugin: Plugin) -> Any:
    """Imports what makes a plug-in's objects.

    Returns:
        The class or function.

    Raises:
        PluginError: It can't be imported, can't be called, or is a class that lacks a part of the protocol.
    """
    module, _, attribute = plugin.target.partition(":")
    try:
        factory: Any = import_module(module)
        for part in attribute.split("."):
            factory = getattr(factory, part)
    except Exception as error:
        # A stranger's module may raise anything while it's imported.
        raise PluginError(
            f"{_label(plugin)} can't be imported from {visible_line(plugin.target)}: {type(error).__name__}",
            code="plugin.import",
            hint=f"Reinstall or uninstall {plugin.package or 'its package'}.",
        ) from error
    if not callable(factory):
        raise PluginError(
            f"{_label(plugin)} names a value, no class or function: {type(factory).__name__}", code="plugin.protocol"
        )
    missing = _missing(factory, plugin.group) if isinstance(factory, type) else []
    if missing:
        raise _broken(plugin, missing)
    return factory


def _missing(thing: object, group: Group) -> list[str]:
    annotated = getattr(thing, "__annotations__", {})
    _, members = _PROTOCOLS[group]
    return [name for name in members if not hasattr(thing, name) and name not in annotated]


def _broken(plugin: Plugin, missing: list[str]) -> PluginError:
    protocol, _ = _PROTOCOLS[plugin.group]
    return PluginError(
        f"{_label(plugin)} doesn't keep the protocol {protocol.__name__}: it lacks {', '.join(missing)}",
        code="plugin.protocol",
        hint=f"See {protocol.__module__}.{protocol.__name__}.",
    )


def _label(plugin: Plugin) -> str:
    package = f" of {plugin.package}" if plugin.package else ""
    return visible_line(f"plug-in {plugin.name}{package}")


def scorer_specs(settings: Settings) -> list[ScorerSpec]:
    """Who scores, as the settings have it: see `raw_scorer_specs`, each behind its calibration where there is one.

    Raises:
        ConfigError: No scorer has the configured name.
        ScoringError: Its files aren't there.
    """
    specs = raw_scorer_specs(settings)
    if not settings.values.scoring.calibrated:
        return specs
    files = [calibration_file(settings.models_dir, spec.name) for spec in specs]
    return [
        replace(spec, calibration=str(file)) if file.is_file() else spec
        for spec, file in zip(specs, files, strict=True)
    ]


def raw_scorer_specs(settings: Settings) -> list[ScorerSpec]:
    """Who scores, without calibration: the principal, and the one for collective blame where that's turned on.

    Raises:
        ConfigError: No scorer has the configured name.
        ScoringError: Its files aren't there.
    """
    from moderator.scoring.choose import choose  # noqa: PLC0415  # only those who score need it

    scoring = settings.values.scoring
    plugins = {name: plugin.target for name, plugin in installed(Group.SCORERS).items()}
    chosen = choose(
        scoring.scorer,
        settings.models_dir,
        device=scoring.device,
        threads=scoring.threads,
        plugins=plugins,
        options=scoring.options,
    )
    own = adapted_file(settings.models_dir, chosen.name)
    # Who names weights of their own wants those.
    if chosen.name in ADAPTED and not set(chosen.options) - {"threads"} and own.is_file():
        chosen = ScorerSpec(chosen.name, ADAPTED[chosen.name], {**chosen.options, "weights": str(own)})
    specs = [chosen]
    if scoring.collective_blame and _BLAME in plugins and chosen.name != _BLAME:
        # Who takes the small form wants speed: no encoder then, for either label.
        quick: dict[str, Option] = {"second_reader": False} if chosen.name == _SMALL else {}
        specs.append(ScorerSpec(_BLAME, plugins[_BLAME], quick))
    return specs
