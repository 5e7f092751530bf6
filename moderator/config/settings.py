"""The settings in force, with the place that each came from."""

from __future__ import annotations

import getpass
import hashlib
import json
import zoneinfo
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, tzinfo
from functools import cached_property
from pathlib import Path
from typing import Any

from pydantic import ValidationError
from pydantic_settings import BaseSettings, InitSettingsSource, PydanticBaseSettingsSource

from moderator.config.diagnosis import annotation_at, nearest_key, origin_layer, unknown_keys, without, wrong_values
from moderator.config.environment import typed
from moderator.config.faults import Fault, as_error
from moderator.config.keys import author_key, database_address, masked, read_secret, refuse_plain_secrets
from moderator.config.layers import Layer, LayerKind, default_data_dir, dotted, home_expanded, key_path, leaves
from moderator.config.lists import word_lists, word_lists_from
from moderator.config.model import Config, TuiSection, check_moderator_name, default_thresholds
from moderator.config.thresholds import Contradiction, contradiction_fault, policy_from
from moderator.domain.decision import Reason
from moderator.domain.policy import Policy
from moderator.domain.word_lists import WordLists
from moderator.errors import ConfigError, PolicyError

_SCORING_KEYS_THAT_MATTER = ("scorer", "bulk_scorer", "collective_blame", "calibrated", "device", "options")


@dataclass(frozen=True)
class Settings:
    """Checked settings. `values` holds them as written; the properties resolve what's left empty.

    Attributes:
        values: Every setting, sections as attributes (`values.review.lease_s`).
        layers: Where values came from, the strongest first.
        looked_at: Files that were looked for, the strongest first, whether or not they were there.
    """

    values: Config = field(repr=False)
    layers: tuple[Layer, ...] = field(repr=False)
    looked_at: tuple[Path, ...] = ()

    def origin(self, key: str) -> str:
        """Where a value comes from: `--data-dir`, `MODERATOR_LOG__LEVEL`, `config.toml, line 12`, or `default`.

        Args:
            key: Dotted, as in `policy.thresholds.toxicity.review`.

        Raises:
            ConfigError: There is no such setting.
        """
        path = key_path(key)
        if annotation_at(path) is None:
            near = nearest_key(path)
            hint = f"Did you mean {near}?" if near else "See `moderator config show`."
            raise ConfigError(f"{key} is not a setting", code="config.unknown_key", hint=hint)
        layer = origin_layer(self.layers, path)
        return layer.where(path) if layer else LayerKind.DEFAULT.value

    def places(self, section: str) -> tuple[str, ...]:
        """Every place that a section's values come from, by name: a file, `environment`, `command line`, `default`."""
        found: dict[str, None] = {}
        for key, _ in self.items():  # noqa: PERF102  # a list of pairs, no dict
            if key.startswith(f"{section}."):
                layer = origin_layer(self.layers, key_path(key))
                found[layer.name if layer else LayerKind.DEFAULT.value] = None
        return tuple(found)

    def items(self) -> list[tuple[str, Any]]:
        """Every setting by dotted key, secrets masked. Lists are one value."""
        dumped = self.values.model_dump(mode="json", exclude={"database_password", "author_key"}, exclude_none=True)
        dumped["database"] = masked(self.values.database)
        return [(dotted(path), value) for path, value in leaves(dumped)]

    @property
    def files(self) -> tuple[str, ...]:
        """Configuration files that were read, the strongest first."""
        return tuple(layer.name for layer in self.layers if layer.kind is LayerKind.FILE)

    def _path(self, key: str, value: str) -> Path:
        """A path as written: relative to the file that says so, else to the current directory."""
        layer = origin_layer(self.layers, key.split("."))
        base = Path(layer.name).parent if layer and layer.kind is LayerKind.FILE else Path()
        return (base / home_expanded(value, key)).absolute()

    @cached_property
    def data_dir(self) -> Path:
        """Where database, log, key and weights live. It needn't exist yet."""
        return self._path("data_dir", self.values.data_dir) if self.values.data_dir else default_data_dir()

    @property
    def database_url(self) -> str:
        """Address of the database, with its password: never print it, see `database_label`."""
        address = self.values.database
        if address and "://" not in address:
            address = str(self._path("database", address))
        password = self.values.database_password.get_secret_value() if self.values.database_password else None
        if password is None and self.values.database_password_file:
            file = self._path("database_password_file", self.values.database_password_file)
            password = read_secret(file, "database_password_file")
        return database_address(address, self.data_dir, password)

    @property
    def database_label(self) -> str:
        """The database's address without its password, for people."""
        return masked(self.database_url)

    @property
    def database_file(self) -> Path | None:
        """The SQLite file, `None` for a database server."""
        url = self.database_url
        return Path(url.removeprefix("sqlite:///")) if url.startswith("sqlite:///") else None

    @property
    def models_dir(self) -> Path:
        """Where weights are looked for."""
        given = self.values.scoring.models_dir
        return self._path("scoring.models_dir", given) if given else self.data_dir / "models"

    @property
    def statement_templates(self) -> Path | None:
        """The operator's own texts of statements; `None` without."""
        given = self.values.statements.templates
        return self._path("statements.templates", given) if given else None

    @property
    def log_file(self) -> Path:
        """The program's own log."""
        return self._path("log.file", self.values.log.file) if self.values.log.file else self.data_dir / "moderator.log"

    @property
    def time_zone(self) -> tzinfo:
        """The zone of dates that name none."""
        name = self.values.intake.time_zone
        return UTC if name == "UTC" else zoneinfo.ZoneInfo(name)

    @property
    def day_first(self) -> bool | None:
        """Whether 03.04. is in April; `None` where nobody can know, and such dates are refused."""
        return {"yes": True, "no": False}.get(self.values.intake.day_first)

    @property
    def reasons(self) -> tuple[Reason, ...]:
        """Reasons for a rejection, in the order in which they're shown."""
        return tuple(Reason(reason.code, reason.key, reason.title) for reason in self.values.review.reasons)

    @cached_property
    def moderator(self) -> str:
        """Who decides: as configured, else the system's user name.

        Raises:
            ConfigError: Nothing is configured and the system's user name can't serve.
        """
        if self.values.moderator:
            return self.values.moderator
        try:
            name = getpass.getuser()
            check_moderator_name(name)
        except (OSError, KeyError, ImportError, ValueError) as error:
            hint = "Pass --moderator NAME or set MODERATOR_MODERATOR."
            raise ConfigError("the system names no user to sign with", code="config.moderator", hint=hint) from error
        return name

    @property
    def tui(self) -> TuiSection:
        """Looks and keys of the desk."""
        return self.values.tui

    def source_secret(self, source: str, key: str) -> str:
        """A secret of a source, from the environment or the file that its settings name; empty where there is none.

        Raises:
            ConfigError: The file can't be read.
        """
        section = self.values.sources[source]
        given = getattr(section, key)
        if given is not None:
            return given.get_secret_value()
        named = getattr(section, f"{key}_file")
        place = f"sources.{source}.{key}_file"
        return read_secret(self._path(place, named), place) if named else ""

    def author_key(self, *, create: bool = True) -> bytes:
        """The 32-byte key of author references, made on first use.

        Raises:
            ConfigError: It isn't 64 hexadecimal digits, or can't be read or written.
        """
        given = self.values.author_key
        named = self.values.author_key_file
        file = self._path("author_key_file", named) if named else self.data_dir / "author.key"
        return author_key(given.get_secret_value() if given else None, file, create=create and not named)

    def policy(self) -> Policy:
        """Thresholds as the policy wants them, with the hash of the settings they were made from.

        Raises:
            PolicyError: A priority below its review.
        """
        found: list[Contradiction] = []
        policy = policy_from(self.values.policy, self.config_hash, found.append, self.word_lists)
        if found:
            fault = contradiction_fault(found[0], self.layers)
            raise PolicyError(str(fault), code=fault.code, hint=fault.hint)
        return policy

    @cached_property
    def word_lists(self) -> WordLists:
        """The lists of `[[policy.lists]]`, as their files were when this was first asked for."""
        return word_lists(self.values.policy.lists, self.layers)

    @cached_property
    def config_hash(self) -> str:
        """First 12 hex digits of the SHA-256 over the canonical JSON of what changes a suggestion.

        Paths and thread counts differ between a team's machines and change no score, so they stay out.
        """
        policy = self.values.policy.model_dump(mode="json", exclude_none=True)
        policy["required"] = sorted(policy["required"])
        policy["lists"] = [str(each) for each in self.word_lists.lists]
        if not policy["lists"]:
            del policy["lists"]  # as before there were any
        scoring = {key: getattr(self.values.scoring, key) for key in _SCORING_KEYS_THAT_MATTER}
        canonical = json.dumps({"policy": policy, "scoring": scoring}, sort_keys=True, separators=(",", ":"))
        return hashlib.sha256(canonical.encode()).hexdigest()[:12]


def build(layers: Sequence[Layer]) -> Settings:
    """Checks what the layers say and merges them.

    Raises:
        ConfigError: Unknown keys, wrong values, or a plain secret.
        PolicyError: Thresholds that contradict each other.
    """
    unknown = unknown_keys(layers)
    if unknown:
        raise as_error(unknown)
    refuse_plain_secrets(layers)
    try:
        settings = Settings(_merged(layers), tuple(layers))
    except ValidationError as error:
        raise as_error(wrong_values(error, layers)) from None
    settings.policy()
    return settings


def find_faults(layers: Sequence[Layer]) -> list[Fault]:
    """Everything that keeps a configuration from being used, with what would do instead; empty where nothing does."""
    faults = unknown_keys(layers)
    rest = [replace(layer, values=without(layer.values, faults)) for layer in layers]
    try:
        refuse_plain_secrets(rest)
    except ConfigError as error:
        return [*faults, Fault(key="", message=error.message, hint=error.hint, code=error.code)]
    try:
        values = _merged(rest)
    except ValidationError as error:
        wrong = wrong_values(error, rest)
        faults += wrong
        try:
            # Without what is wrong, the rest may still contradict itself: better known now than after the next try.
            values = _merged([replace(layer, values=without(layer.values, wrong)) for layer in rest])
        except ValidationError:
            return faults
    found: list[Contradiction] = []
    policy_from(values.policy, "", found.append)
    word_lists_from(values.policy.lists, rest, faults.append)
    return [*faults, *(contradiction_fault(each, rest) for each in found)]


def _merged(layers: Sequence[Layer]) -> Config:
    stacked = [typed(layer) if layer.kind is LayerKind.ENVIRONMENT else layer for layer in layers]
    # One label's threshold in a file changes that label only: the others' defaults are merged in, not replaced.
    stacked.append(Layer(LayerKind.DEFAULT, "defaults", {"policy": {"thresholds": default_thresholds()}}))

    class Layered(Config):
        @classmethod
        def settings_customise_sources(
            cls, settings_cls: type[BaseSettings], *_: Any, **__: Any
        ) -> tuple[PydanticBaseSettingsSource, ...]:
            return tuple(InitSettingsSource(settings_cls, init_kwargs=layer.values) for layer in stacked)

    return Layered()
