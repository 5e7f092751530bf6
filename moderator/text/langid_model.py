"""The trained language model behind `language`, loaded when a text first needs it: it takes about a second."""

from __future__ import annotations

import copy
from functools import cache
from importlib import import_module
from typing import Protocol, cast


class _Identifier(Protocol):
    def classify(self, instance: str) -> tuple[str, float]: ...
    def set_languages(self, langs: frozenset[str] | None) -> None: ...


@cache
def _identifier(languages: frozenset[str]) -> _Identifier:
    identifier = copy.copy(_whole())
    identifier.set_languages(languages)
    return identifier


@cache
def _whole() -> _Identifier:
    # A second of decompression and numpy: most comments are told apart without it.
    langid = import_module("py3langid.langid")
    return cast("_Identifier", langid.LanguageIdentifier.from_model_file(langid.MODEL_FILE, norm_probs=True))


def classify(text: str, languages: frozenset[str]) -> tuple[str, float]:
    """Asks the model.

    Source: py3langid, a naive Bayes over byte n-grams (Lui and Baldwin, "langid.py", ACL 2012).

    Args:
        text: Any text.
        languages: ISO 639-1 codes to choose from.

    Returns:
        The likeliest of them and its probability among them, 0..1.
    """
    code, probability = _identifier(languages).classify(text)
    return code, float(probability)
