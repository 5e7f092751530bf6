"""Configured sites become sources and sinks. Imported by the composition root alone, when somebody asks for a site."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from moderator.config.sources import SOURCE_SECRETS
from moderator.connectors.base import SiteSettings
from moderator.plugins import Group, installed, open_sink, open_source
from moderator.services.delivery import Delivery
from moderator.services.sources import Plan, Sources

if TYPE_CHECKING:
    from moderator.config.settings import Settings
    from moderator.services.intake import Intake
    from moderator.storage.decisions import DecisionWriter
    from moderator.storage.engine import Database

_SAME = ("system", "url", "username", "allow_addresses", "plain_http", "reasons", "options")


def delivering(settings: Settings) -> frozenset[str]:
    """Names of sources that decisions go back to: turned on, and their connector can."""
    given = settings.values.sources
    sinks = installed(Group.SINKS) if given else {}
    return frozenset(name for name, source in given.items() if source.deliver and source.system in sinks)


def make_sources(settings: Settings, db: Database, intake: Intake) -> Sources:
    """The configured sites, to pull from."""
    back = delivering(settings)
    plans = {
        name: Plan(system=given.system, pull_every_s=given.pull_every_s, delivers=name in back)
        for name, given in settings.values.sources.items()
    }
    return Sources(db, intake, plans, lambda name: open_source(site_of(settings, name)))


def make_delivery(settings: Settings, db: Database, log: DecisionWriter) -> Delivery:
    """Decisions on their way back to sites."""
    return Delivery(db, log, sorted(delivering(settings)), lambda name: open_sink(site_of(settings, name)))


def site_of(settings: Settings, name: str) -> SiteSettings:
    """What a connector gets to know of its site, secrets included.

    Raises:
        ConfigError: A secret's file can't be read.
    """
    given = settings.values.sources[name]
    known: dict[str, Any] = {key: getattr(given, key) for key in _SAME}
    known |= {key: settings.source_secret(name, key) for key in SOURCE_SECRETS}
    return SiteSettings(name=name, **known)
