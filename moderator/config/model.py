"""The settings as types, with their ranges and defaults. `config.toml` at the root explains each for people.

Files give numbers and truth values as such: a quoted `"0.5"` is an error, not a number. The environment only has
strings, which `settings` reads by these types first.
"""

# pydantic reads annotations at run time: no `from __future__ import annotations` here.
import zoneinfo
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, SecretStr, StrictBool, StrictFloat, StrictInt, field_validator
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

from moderator.config.duties import QualitySection, StatementsSection
from moderator.config.sources import SourceSection, check_source_name
from moderator.domain.comment import Order
from moderator.domain.decision import REASONS
from moderator.domain.filter import parse_filter
from moderator.domain.score import Label
from moderator.errors import ConfigError

LanguageCode = Annotated[
    str, Field(pattern=r"^[a-z]{2,3}$", description="the code of a language in two or three small letters, such as de")
]
Probability = Annotated[StrictFloat, Field(gt=0.0, le=1.0)]

DEFAULT_THRESHOLDS: dict[Label, tuple[float, float]] = {
    Label.TOXICITY: (0.50, 0.85),
    Label.SEVERE_TOXICITY: (0.30, 0.60),
    Label.OBSCENE: (0.60, 0.90),
    Label.THREAT: (0.35, 0.65),
    Label.INSULT: (0.60, 0.90),
    Label.IDENTITY_ATTACK: (0.40, 0.70),
    Label.SEXUAL_EXPLICIT: (0.60, 0.90),
    Label.COLLECTIVE_BLAME: (0.50, 0.80),
}
"""Review and priority per label, for calibrated probabilities. Rarer and graver labels start to count earlier: a
missed threat costs more than a look at a harmless comment. Source: a starting point of this project, to be tuned."""

_MAX_NAME = 64


class Section(BaseModel):
    """Base of every section: no key but those named, and nothing changes after it was read."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class ThresholdSection(Section):
    """Where a label's score starts to count, 0..1. What's left out comes from the level above."""

    review: Probability | None = None
    priority: Probability | None = None


def default_thresholds() -> dict[str, dict[str, float]]:
    """The default thresholds as a file would give them."""
    return {
        label.value: {"review": review, "priority": priority}
        for label, (review, priority) in DEFAULT_THRESHOLDS.items()
    }


def _thresholds() -> dict[Label, ThresholdSection]:
    return {Label(label): ThresholdSection.model_validate(given) for label, given in default_thresholds().items()}


class ListSection(Section):
    """`[[policy.lists]]`: words that people look for, whatever the scores say."""

    name: str = Field(
        pattern=r"^[a-z][a-z0-9_-]{0,39}$",
        description="a-z, 0-9, _ and -, starting with a letter, at most 40",
    )
    words: tuple[str, ...] = ()
    file: str = ""
    languages: tuple[LanguageCode, ...] = ()
    action: Literal["flag", "priority"] = "flag"


class PolicySection(Section):
    """`[policy]`: what a score means."""

    required: tuple[Label, ...] = (Label.TOXICITY,)
    auto_approve: StrictBool = False
    audit_share: Annotated[StrictFloat, Field(ge=0.0, le=1.0)] = 0.0
    thresholds: dict[Label, ThresholdSection] = Field(default_factory=_thresholds)
    sections: dict[str, dict[Label, ThresholdSection]] = {}
    sources: dict[str, dict[Label, ThresholdSection]] = {}
    languages: dict[LanguageCode, dict[Label, ThresholdSection]] = {}
    lists: Annotated[tuple[ListSection, ...], Field(max_length=50)] = ()

    @field_validator("lists", mode="after")
    @classmethod
    def _each_list_has_words_and_its_own_name(cls, lists: tuple[ListSection, ...]) -> tuple[ListSection, ...]:
        empty = next((each.name for each in lists if not each.words and not each.file), None)
        if empty is not None:
            raise ValueError(f"the list {empty!r} has neither words nor a file")
        names = [each.name for each in lists]
        twice = next((name for name in names if names.count(name) > 1), None)
        if twice is not None:
            raise ValueError(f"two lists share the name {twice!r}; give each its own")
        return lists


class ScoringSection(Section):
    """`[scoring]`: who scores, and with what."""

    scorer: str = Field(default="auto", min_length=1)
    bulk_scorer: str = ""
    collective_blame: StrictBool = True
    calibrated: StrictBool = True
    models_dir: str = ""
    threads: Annotated[StrictInt, Field(ge=0, le=256)] = 0
    device: str = Field(
        default="auto", pattern=r"^(auto|cpu|cuda(:\d+)?|mps)$", description="one of auto, cpu, mps, cuda, cuda:N"
    )
    options: dict[str, str | StrictInt | StrictFloat | StrictBool] = {}


class ReasonSection(Section):
    """`[[review.reasons]]`: one reason for a rejection."""

    code: str = Field(
        pattern=r"^[a-z][a-z0-9_]{0,39}$", description="a-z, 0-9 and _, starting with a letter, at most 40 characters"
    )
    key: str = Field(pattern=r"^[a-z0-9]$", description="one key of a-z or 0-9")
    title: str = Field(min_length=1, max_length=60, description="text of 1 to 60 characters")


def _reasons() -> tuple[ReasonSection, ...]:
    return tuple(ReasonSection(code=reason.code, key=reason.key, title=reason.title) for reason in REASONS)


class ReviewSection(Section):
    """`[review]`: the queue and the desk."""

    order: Order = Order.RISK
    lease_s: Annotated[StrictInt, Field(ge=10, le=3600)] = 120
    undo_window_s: Annotated[StrictInt, Field(ge=0, le=86_400)] = 30
    defer_s: Annotated[StrictInt, Field(ge=60, le=2_592_000)] = 14_400
    confirm_above: Annotated[StrictInt, Field(ge=1, le=100_000)] = 20
    queues: dict[str, str] = {}
    reasons: tuple[ReasonSection, ...] = Field(default_factory=_reasons, min_length=1, max_length=30)

    @field_validator("queues", mode="after")
    @classmethod
    def _each_queue_can_be_read(cls, queues: dict[str, str]) -> dict[str, str]:
        for name, line in queues.items():
            try:
                parse_filter(line)
            except ConfigError as error:
                raise ValueError(f"queue {name!r}: {error.message} {error.hint}") from None
        return queues

    @field_validator("reasons", mode="after")
    @classmethod
    def _each_reason_has_its_own_key(cls, reasons: tuple[ReasonSection, ...]) -> tuple[ReasonSection, ...]:
        for name in ("code", "key"):
            seen: set[str] = set()
            for reason in reasons:
                value = str(getattr(reason, name))
                if value in seen:
                    raise ValueError(f"two reasons share the {name} {value!r}; give each its own")
                seen.add(value)
        return reasons


class IntakeSection(Section):
    """`[intake]`: how files are read."""

    max_text_chars: Annotated[StrictInt, Field(ge=100, le=1_000_000)] = 100_000
    time_zone: str = Field(default="UTC", description="the name of a time zone, such as Europe/Berlin")
    day_first: Literal["yes", "no", "unknown"] = "unknown"
    columns: dict[str, str] = {}
    fields: dict[str, str] = {}

    @field_validator("time_zone", mode="after")
    @classmethod
    def _is_a_time_zone(cls, name: str) -> str:
        if name != "UTC":
            try:
                zoneinfo.ZoneInfo(name)
            except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError):
                raise ValueError(f"there is no time zone {name!r}; use a name such as Europe/Berlin") from None
        return name


class ExportSection(Section):
    """`[export]`: what is written for others."""

    presets: dict[str, tuple[str, ...]] = {}


Days = Annotated[StrictInt, Field(ge=0, le=36_500)]


class RetentionSection(Section):
    """`[retention]`: after how many days in a status a comment's text goes; 0 keeps it."""

    pending_days: Days = 0
    approved_days: Days = 0
    rejected_days: Days = 0
    escalated_days: Days = 0
    deferred_days: Days = 0


class TuiSection(Section):
    """`[tui]`: looks and keys."""

    theme: str = Field(default="dark", min_length=1)
    mask: StrictBool = True
    mild_every: Annotated[StrictInt, Field(ge=0, le=100)] = 0
    stop_after_min: Annotated[StrictInt, Field(ge=0, le=1440)] = 0
    welcome: StrictBool = True
    single_keys: StrictBool = True
    keys: dict[str, str] = {}


class LogSection(Section):
    """`[log]`: the program's own log, which never holds a comment's text."""

    level: Literal["debug", "info", "warning", "error"] = "info"
    file: str = ""


def check_moderator_name(name: str) -> str:
    """The name, if a moderator can have it.

    Raises:
        ValueError: Longer than 64 characters, or with characters that can't be printed.
    """
    if len(name) > _MAX_NAME:
        raise ValueError(f"a moderator's name has at most {_MAX_NAME} characters, this one has {len(name)}")
    if name != name.strip() or not name.isprintable():
        raise ValueError("a moderator's name consists of printable characters, without blanks around it")
    return name


class Config(BaseSettings):
    """All settings. An empty string means: the place or name the documentation gives as the usual one.

    Reads nothing by itself: `settings.build` hands in the layers.
    """

    model_config = SettingsConfigDict(extra="forbid", frozen=True)

    data_dir: str = ""
    database: str = ""
    database_password: SecretStr | None = None
    database_password_file: str = ""
    author_key: SecretStr | None = None
    author_key_file: str = ""
    moderator: str = ""
    policy: PolicySection = Field(default_factory=PolicySection)
    scoring: ScoringSection = Field(default_factory=ScoringSection)
    review: ReviewSection = Field(default_factory=ReviewSection)
    intake: IntakeSection = Field(default_factory=IntakeSection)
    export: ExportSection = Field(default_factory=ExportSection)
    statements: StatementsSection = Field(default_factory=StatementsSection)
    quality: QualitySection = Field(default_factory=QualitySection)
    retention: RetentionSection = Field(default_factory=RetentionSection)
    sources: dict[str, SourceSection] = {}
    tui: TuiSection = Field(default_factory=TuiSection)
    log: LogSection = Field(default_factory=LogSection)

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],  # noqa: ARG003  # pydantic-settings passes it by name
        init_settings: PydanticBaseSettingsSource,
        *_: Any,
        **__: Any,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """No source but what the caller gives: the environment has its own layer, with its own prefix."""
        return (init_settings,)

    @field_validator("sources", mode="after")
    @classmethod
    def _names_of_sources(cls, sources: dict[str, SourceSection]) -> dict[str, SourceSection]:
        for name in sources:
            check_source_name(name)
        return sources

    @field_validator("moderator", mode="after")
    @classmethod
    def _names_are_printable(cls, name: str) -> str:
        return check_moderator_name(name)
