"""Texts of statements, from templates: one for each language and reason code, an operator's own above those shipped.

Templates run in Jinja's sandbox: they can't reach files, modules or anything they weren't given.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from importlib.resources import files
from pathlib import Path
from typing import Any, cast

from jinja2 import DictLoader, StrictUndefined, TemplateError
from jinja2.exceptions import SecurityError
from jinja2.sandbox import ImmutableSandboxedEnvironment

from moderator.errors import ConfigError

SHIPPED = ("en", "de", "uk", "ru")
"""Languages whose texts are part of the program."""

FALLBACK = "other"
"""The reason whose texts stand in for a code that has none."""

_TOP = ("letter", "facts", "found_by_machine", "found_by_person", "decided_by_person", "decided_in_batch")
_PER_REASON = ("ground", "explanation")
_TITLE = "title"


class Letters:
    """Texts by language and reason code.

    Args:
        folder: The operator's own: `LANGUAGE.toml`, each text of which replaces the shipped one; `None` without.
        fallback: Language for all that have no texts.

    Raises:
        ConfigError: A file of the folder can't be used, or the language has no texts.
    """

    def __init__(self, folder: Path | None = None, fallback: str = "en") -> None:
        self._texts = {language: _shipped(language) for language in SHIPPED}
        for path in sorted(folder.glob("*.toml")) if folder else ():
            base = self._texts.get(path.stem, self._texts["en"])
            self._texts[path.stem] = _overlaid(base, _own(path))
        self.check(fallback)
        self._fallback = fallback
        self._jinja = ImmutableSandboxedEnvironment(
            loader=DictLoader({}),
            undefined=StrictUndefined,
            trim_blocks=True,
            keep_trailing_newline=True,
            autoescape=False,
        )

    @property
    def languages(self) -> tuple[str, ...]:
        """Languages that have texts."""
        return tuple(sorted(self._texts))

    def check(self, language: str) -> None:
        """Refuses a language that has no texts.

        Raises:
            ConfigError: It has none; names those that have.
        """
        if language not in self._texts:
            known = ", ".join(self.languages)
            raise ConfigError(f"there are no texts in {language!r}", code="statements.language", hint=f"Use: {known}.")

    def language(self, wanted: str | None) -> str:
        """The language that a statement is written in: the wanted one where there are texts."""
        return wanted if wanted in self._texts else self._fallback

    def title(self, language: str, reason: str) -> str | None:
        """What a reason is called in a language; `None` where its texts don't say, as the English ones."""
        return self._texts[language]["reasons"].get(reason, {}).get(_TITLE)

    def render(self, name: str, language: str, values: Mapping[str, Any], reason: str | None = None) -> str:
        """One text.

        Args:
            name: `letter`, `facts`, ... or, with a reason, `ground` or `explanation`.
            language: One of `languages`.
            values: What the template may use.
            reason: The reason's code.

        Raises:
            ConfigError: The template is broken, uses a name that it isn't given, or tried to leave the sandbox.
        """
        texts = self._texts[language]
        if name in _PER_REASON:
            reasons = texts["reasons"]
            source = {**reasons[FALLBACK], **reasons.get(reason or FALLBACK, {})}[name]
        else:
            source = texts[name]
        try:
            return self._jinja.from_string(source).render(values).strip()
        except SecurityError:
            raise _broken(language, name, reason, "it tries to leave the sandbox") from None
        except TemplateError as error:
            raise _broken(language, name, reason, error.message or "it can't be read") from None


def _broken(language: str, name: str, reason: str | None, why: str) -> ConfigError:
    where = f"[reasons.{reason}] {name}" if reason and name in _PER_REASON else name
    return ConfigError(
        f"the template {where} in {language}: {why}",
        code="statements.template",
        hint="docs/statements.md lists the names that a template may use.",
    )


def _shipped(language: str) -> dict[str, Any]:
    return tomllib.loads(
        (files("moderator.services.statements") / "texts" / f"{language}.toml").read_text(encoding="utf-8")
    )


def _own(path: Path) -> dict[str, Any]:
    try:
        given = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise ConfigError(f"{path}: {error}", code="statements.file") from error
    reasons: object = given.get("reasons", {})
    wrong = [name for name in given if name not in (*_TOP, "reasons")]
    if isinstance(reasons, dict):
        for code, texts in cast("dict[str, Any]", reasons).items():
            wrong += [f"reasons.{code}.{name}" for name in texts if name not in (*_PER_REASON, _TITLE)]
    if wrong or not isinstance(reasons, dict):
        known = ", ".join((*_TOP, "[reasons.CODE] title", *_PER_REASON))
        hint = f"There are: {known}."
        raise ConfigError(f"{path}: {wrong[0] if wrong else 'reasons'} isn't a text", code="statements.file", hint=hint)
    return given


def _overlaid(base: Mapping[str, Any], own: Mapping[str, Any]) -> dict[str, Any]:
    reasons = {code: dict(texts) for code, texts in base["reasons"].items()}
    for code, texts in own.get("reasons", {}).items():
        reasons[code] = {**reasons.get(code, {}), **texts}
    return {**base, **own, "reasons": reasons}
