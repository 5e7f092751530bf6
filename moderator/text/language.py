"""Which language a comment is in, and how sure that is.

Script first, then letters that only one language has, then small words, and only where those leave it open a trained
model (py3langid, loaded on first need). Comments are short and mix languages, so the
answer is often unsure, and says so.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from dataclasses import dataclass
from typing import Final

from moderator.text import langid_model, tables

UNKNOWN: Final = "und"
"""ISO 639-3's code for "undetermined"."""

# Enough of a text to tell; more would only take time.
_READ_CHARS = 1000
_NOISE = re.compile(r"\w+://\S+|www\.\S+|\S+@\S+|[@#]\w+")
_WORD = re.compile(r"[^\W\d_]+(?:['\u2019\u02bc][^\W\d_]+)*")

_SCRIPTS: Final = {
    "latin": re.compile("[A-Za-z\xaa\xba\xc0-\xd6\xd8-\xf6\xf8-\u024f\u1e00-\u1eff]"),
    "cyrillic": re.compile("[\u0400-\u052f]"),
    "greek": re.compile("[\u0370-\u03ff\u1f00-\u1fff]"),
    "hebrew": re.compile("[\u05d0-\u05ea]"),
    "arabic": re.compile("[\u0620-\u06d3\u06fa-\u06ff\u0750-\u077f]"),
    "devanagari": re.compile("[\u0904-\u0939\u0958-\u0961]"),
    "bengali": re.compile("[\u0985-\u09b9]"),
    "tamil": re.compile("[\u0b85-\u0bb9]"),
    "thai": re.compile("[\u0e01-\u0e30]"),
    "georgian": re.compile("[\u10d0-\u10ff\u1c90-\u1cbf]"),
    "armenian": re.compile("[\u0531-\u0587]"),
    "hangul": re.compile("[\uac00-\ud7a3\u3131-\u3163]"),
    "kana": re.compile("[\u3041-\u30ff]"),
    "han": re.compile("[\u3400-\u4dbf\u4e00-\u9fff]"),
}
_ONE_LANGUAGE: Final = {
    "greek": "el",
    "hebrew": "he",
    "bengali": "bn",
    "tamil": "ta",
    "thai": "th",
    "georgian": "ka",
    "armenian": "hy",
    "hangul": "ko",
    "kana": "ja",
    "han": "zh",
}
_LANGUAGES: Final = {
    "latin": frozenset(
        {
            "en",
            "de",
            "fr",
            "es",
            "it",
            "pt",
            "pl",
            "nl",
            "sv",
            "da",
            "no",
            "fi",
            "cs",
            "sk",
            "hu",
            "ro",
            "tr",
            "hr",
            "sl",
        }
        | {"et", "lv", "lt", "vi", "id", "ca", "az"}
    ),
    "cyrillic": frozenset({"ru", "uk", "be", "bg", "sr", "mk", "kk"}),
    "arabic": frozenset({"ar", "fa", "ur"}),
    "devanagari": frozenset({"hi", "mr", "ne"}),
}
_SCRIPT_OF: Final = {
    **{language: script for script, language in _ONE_LANGUAGE.items()},
    **{language: script for script, languages in _LANGUAGES.items() for language in languages},
}
_ROMANISED: Final = {"hi-latn": "hi"}
"""Rows of the small words for a language in letters that aren't its own. The model doesn't know them."""

# Letters that only these have. Ukrainian and Belarusian share the dotted i, Russian and Belarusian the yery.
_DOTTED_I, _SHORT_U = "\u0456", "\u045e"
_UKRAINIAN = _DOTTED_I + "\u0454\u0457\u0491"
_RUSSIAN = "\u044b\u044d\u0451\u044a"
_BULGARIAN = "\u044a"
_SERBIAN = "\u0452\u0458\u0459\u045a\u045b\u045f"
_MACEDONIAN = "\u0453\u045c\u0455"
_KAZAKH = "\u04d9\u0493\u049b\u04a3\u04e9\u04b1\u04af\u04bb"
_MAIN_CYRILLIC: Final = frozenset({"ru", "uk"})

# Codes that sites send although ISO 639-1 has others.
_OTHER_CODES: Final = {"ua": "uk", "iw": "he", "in": "id", "nb": "no", "nn": "no", "cz": "cs", "jp": "ja", "cn": "zh"}

# Below this a hint or "unknown" is better than the guess.
_LEAST_SURE = 0.35
# With this many letters length alone no longer makes a guess doubtful.
_ENOUGH_LETTERS = 24
_CLEAR_LEAD = 2.0
_HINT_TRUST = 0.6
_BY_LETTERS = 0.9


@dataclass(frozen=True, slots=True)
class Detected:
    """A guess at a language.

    Attributes:
        code: ISO 639-1, or `und` where it can't be told.
        confidence: 0..1. Roughly how often such a guess is right; 0 for `und`.
    """

    code: str
    confidence: float


def detect(text: str, hint: str | None = None) -> Detected:
    """Guesses the language of a comment.

    Args:
        text: Raw or folded; addresses, handles and tags in it don't count.
        hint: What the source says (`de`, `de-AT`, `uk_UA`). It decides where the text leaves the language open, and
            is overruled where the text speaks clearly.

    Returns:
        The guess. Short and mixed texts have low confidence; a text without letters is `und`.
    """
    sample = _NOISE.sub(" ", text[:_READ_CHARS])
    scripts = ("latin",) if sample.isascii() else _SCRIPTS
    letters = Counter({script: len(_SCRIPTS[script].findall(sample)) for script in scripts})
    if letters["kana"]:
        letters["kana"] += letters.pop("han")  # Japanese writes both
    (script, count), total = letters.most_common(1)[0], letters.total()
    told = _known(hint)
    if not count:
        return Detected(UNKNOWN, 0.0)
    purity = count / total
    sole = _ONE_LANGUAGE.get(script)
    guess = Detected(sole, 0.99 if count > 1 else 0.6) if sole else _among(sample, script, count)
    guess = Detected(guess.code, round(guess.confidence * purity, 3))
    if guess.code != UNKNOWN and guess.confidence >= _HINT_TRUST:
        return guess
    if told is not None and _SCRIPT_OF[told] == script:
        return Detected(told, max(_HINT_TRUST * purity, guess.confidence if told == guess.code else 0.0))
    return guess if guess.confidence >= _LEAST_SURE else Detected(UNKNOWN, 0.0)


def _known(hint: str | None) -> str | None:
    code = re.split("[-_]", hint.strip().lower(), maxsplit=1)[0] if hint else ""
    code = _OTHER_CODES.get(code, code)
    return code if code in _SCRIPT_OF else None


def _among(sample: str, script: str, letters: int) -> Detected:
    length = min(1.0, 0.5 + 0.5 * letters / _ENOUGH_LETTERS)
    candidates = _LANGUAGES[script]
    votes = _votes(sample, script)
    if script == "cyrillic":
        marked = _by_cyrillic_letters(sample.lower())
        if marked is not None:
            return Detected(marked, max(_BY_LETTERS, length * 0.98))
        # The model takes a few words of Russian for Bulgarian, unless it is given the choice only on a reason.
        voted = {code for code in votes if votes[code] >= 1}
        candidates = _MAIN_CYRILLIC.union(voted, {"bg"} if _BULGARIAN in sample.lower() else ())
    clear = _winner(votes)
    if clear is not None:
        return Detected(_ROMANISED.get(clear[0], clear[0]), clear[1] * length)
    code, confidence = langid_model.classify(sample, candidates)
    return Detected(code, confidence * length)


def _by_cyrillic_letters(sample: str) -> str | None:
    """Tells Cyrillic languages apart by letters that only some of them have; `None` where they leave it open."""
    ukrainian, russian = _count(sample, _UKRAINIAN), _count(sample, _RUSSIAN)
    others = {"sr": _count(sample, _SERBIAN), "mk": _count(sample, _MACEDONIAN), "kk": _count(sample, _KAZAKH)}
    other = max(others, key=others.__getitem__)
    dotted, plain = sample.count(_DOTTED_I), sample.count("\u0438")
    if others[other] > ukrainian + russian:
        return other
    if sample.count(_SHORT_U) and dotted >= plain:
        return "be"
    if ukrainian > 2 * russian:
        return "uk"
    if dotted and not plain and russian:
        return "be"
    # The hard sign alone may be Bulgarian.
    return "ru" if russian - _count(sample, _BULGARIAN) > 2 * ukrainian else None


def _count(sample: str, letters: str) -> int:
    return sum(map(sample.count, letters))


def _votes(sample: str, script: str) -> dict[str, float]:
    """Lets the small words vote; a word of several languages has its vote split."""
    votes: defaultdict[str, float] = defaultdict(float)
    speakers = tables.function_words()
    for word in _WORD.findall(sample.lower().replace("\u2019", "'")):
        if word not in speakers:
            continue
        languages = [code for code in speakers[word] if _SCRIPT_OF.get(code, "latin") == script]
        for code in languages:
            votes[code] += 1 / len(languages)
    return votes


def _winner(votes: dict[str, float]) -> tuple[str, float] | None:
    ranked = sorted(votes.items(), key=lambda vote: vote[1], reverse=True)
    if not ranked:
        return None
    (best, most), second = ranked[0], ranked[1][1] if len(ranked) > 1 else 0.0
    if most < 1.0 or most < _CLEAR_LEAD * second:
        return None
    return best, min(0.99, most / (most + second + 0.5))
