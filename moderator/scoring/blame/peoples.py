"""Forms of the names of peoples, derived by rule from one table."""

# ruff: noqa: RUF001 - words and marks of other scripts are what this module is about

from __future__ import annotations

from functools import lru_cache
from importlib import resources

from moderator.errors import ScoringError

Forms = dict[str, str]
"""Lower-case form -> how it can be read: `p` plural noun, `s` singular noun, `a` adjective."""

_COLUMNS = ("en", "en_adjective", "ru", "uk", "de", "fr", "es")
_CASES_HARD = ("", "ов", "ам", "ами", "ах")


@lru_cache(maxsize=1)
def rows() -> tuple[dict[str, str], ...]:
    """The table of peoples, one mapping of column to name per row."""
    text = (resources.files("moderator.scoring.blame") / "data" / "peoples.tsv").read_text(encoding="utf-8")
    lines = [line for line in text.splitlines() if line and not line.startswith("#")]
    if tuple(lines[0].split("\t")) != _COLUMNS:
        raise _broken("its first row must be: " + " ".join(_COLUMNS))
    found: list[dict[str, str]] = []
    for number, line in enumerate(lines[1:], 2):
        cells = line.split("\t")
        if len(cells) != len(_COLUMNS) or not all(cells):
            raise _broken(f"row {number} needs {len(_COLUMNS)} filled cells")
        found.append(dict(zip(_COLUMNS, cells, strict=True)))
    return tuple(found)


def _broken(what: str) -> ScoringError:
    return ScoringError(
        f"blame table peoples.tsv: {what}", code="blame.peoples", hint="One people per row, cells separated by tabs."
    )


def people_forms(language: str) -> Forms:
    """Every form of every people's name in a language.

    Args:
        language: One of `moderator.scoring.blame.lexicon.LANGUAGES`.
    """
    forms: Forms = {}
    derive = {"en": _english, "ru": _russian, "uk": _ukrainian, "de": _german, "fr": _french, "es": _spanish}[language]
    for row in rows():
        for form, reading in derive(row):
            key = form.lower()
            forms[key] = "".join(sorted(set(forms.get(key, "") + reading)))
    return forms


def canonical_peoples() -> tuple[str, ...]:
    """English plural of every people in the table, in the table's order."""
    return tuple(row["en"] for row in rows())


def _english(row: dict[str, str]) -> list[tuple[str, str]]:
    plural, adjective = row["en"], row["en_adjective"]
    if plural == adjective or not plural.endswith("s"):
        if plural.endswith("men"):
            return [(plural, "p"), (adjective, "s"), (plural[:-3] + "woman", "s"), (plural[:-3] + "women", "p")]
        return [(plural, "pa"), (adjective, "as")]
    singular = plural[:-1]
    if adjective == singular:
        return [(plural, "p"), (adjective, "as")]
    return [(plural, "p"), (singular, "s"), (adjective, "a")]


def _slavic(stem: str, plural: str, endings: tuple[str, ...]) -> list[tuple[str, str]]:
    return [(plural, "p"), *((stem + ending, "p") for ending in endings if ending)]


def _russian(row: dict[str, str]) -> list[tuple[str, str]]:
    plural = row["ru"]
    if plural.endswith("ие"):  # an adjective used as a noun
        stem = plural[:-2]
        return [(stem + end, "pa") for end in ("ие", "их", "им", "ими")] + [
            (stem + end, "as") for end in ("ий", "ого", "ому", "ая", "ую", "ой", "ое", "ом")
        ]
    if plural.endswith("цы"):
        stem, base = plural[:-1], plural[:-2]
        soft = base[-1] in "йь"
        single = base[:-1] + "ец" if soft else base + "ец"
        forms = _slavic(stem, plural, ("ев", "ам", "ами", "ах"))
        forms += [(single, "s"), *((stem + end, "s") for end in ("а", "у", "ем", "е"))]
        root = base.removesuffix("ь").removesuffix("й")
        return forms + _russian_adjective(root) + [(base + "ка", "s"), (base + "ки", "p")]
    if plural.endswith(("ане", "яне")):
        stem = plural[:-1]
        forms = _slavic(stem, plural, ("ам", "ами", "ах"))
        forms += [(stem, "p"), *((stem + end, "s") for end in ("ин", "ина", "ину", "ином", "ка", "ку"))]
        return forms + _russian_adjective(stem) + _russian_adjective(stem[:-2])
    if plural.endswith(("ы", "и")):
        stem = plural[:-1]
        forms = _slavic(stem, plural, ("ов", "ей", "ам", "ами", "ах", "ям", "ями"))
        forms += [(stem + end, "s") for end in ("", "а", "у", "ом", "ин", "ина")]
        forms += [(stem, "ps")] if stem.endswith(("н", "р", "т")) else []
        forms += [(stem[:-1] + "ок", "ps")] if stem.endswith("рк") else []
        return forms + _russian_adjective(stem) + _russian_adjective(stem[:-1])
    return [(plural, "p")]


def _russian_adjective(root: str) -> list[tuple[str, str]]:
    ends = ("ий", "ая", "ое", "ие", "ого", "ому", "им", "их", "ими", "ой", "ую", "ом")
    return [(root + middle + end, "a") for middle in ("ск", "еск", "ческ", "ьск") for end in ends]


def _ukrainian(row: dict[str, str]) -> list[tuple[str, str]]:
    plural = row["uk"]
    if plural.endswith("ькі"):
        stem = plural[:-1]
        return [(stem + end, "pa") for end in ("і", "их", "им", "ими")]
    if plural.endswith("ці"):
        stem, base = plural[:-1], plural[:-2]
        forms = _slavic(stem, plural, ("ів", "ям", "ями", "ях"))
        forms += [(base + "ець", "s"), *((stem + end, "s") for end in ("я", "ю", "ем", "еві"))]
        forms += [(base.removesuffix("й") + "єць", "s"), (base + "ка", "s"), (base + "ки", "p")]
        root = base.removesuffix("ь").removesuffix("й")
        return forms + _ukrainian_adjective(root)
    if plural.endswith(("яни", "ани")):
        stem = plural[:-1]
        forms = _slavic(stem, plural, ("ам", "ами", "ах"))
        forms += [(stem, "p"), *((stem + end, "s") for end in ("ин", "ина", "ину", "ином", "ка"))]
        return forms + _ukrainian_adjective(stem) + _ukrainian_adjective(stem[:-2])
    if plural.endswith(("и", "і", "ї")):
        stem = plural[:-1]
        forms = _slavic(stem, plural, ("ів", "ей", "їв", "ам", "ами", "ах", "ям", "ями"))
        forms += [(stem + end, "s") for end in ("", "а", "у", "ом", "ові", "ин")]
        forms += [(stem[:-1] + "ок", "ps")] if stem.endswith("рк") else []
        return forms + _ukrainian_adjective(stem) + _ukrainian_adjective(stem[:-1])
    return [(plural, "p")]


def _ukrainian_adjective(root: str) -> list[tuple[str, str]]:
    ends = ("ий", "а", "е", "і", "ого", "ому", "им", "их", "ими", "ої", "у", "ій")
    return [(root + middle + end, "a") for middle in ("ськ", "цьк", "зьк", "еськ") for end in ends]


def _german(row: dict[str, str]) -> list[tuple[str, str]]:
    plural = row["de"]
    if plural == "Deutsche":
        return [("Deutsche", "ps"), ("Deutschen", "p"), ("Deutscher", "s"), *_german_adjective("deutsch")]
    if plural.endswith("er"):
        forms = [
            (plural, "ps"),
            (plural + "n", "p"),
            (plural + "s", "s"),
            (plural + "innen", "p"),
            (plural + "in", "s"),
        ]
        return forms + _german_adjective(plural[:-2] + "isch") + _german_adjective(plural + "isch")
    if plural.endswith("en"):
        stem = plural[:-2]
        forms = [(plural, "p"), (stem + "e", "s"), (stem + "innen", "p"), (stem + "in", "s")]
        return forms + _german_adjective(stem + "isch")
    return [(plural, "p"), (plural.removesuffix("s").removesuffix("n"), "s")]


def _german_adjective(stem: str) -> list[tuple[str, str]]:
    return [(stem + end, "a") for end in ("e", "en", "er", "es", "em")]


def _french(row: dict[str, str]) -> list[tuple[str, str]]:
    plural = row["fr"]
    singular = plural[:-1] if plural.endswith("s") and not plural.endswith(("ais", "ois")) else plural
    feminine = singular + ("ne" if singular.endswith("en") else "" if singular.endswith("e") else "e")
    return [(plural, "pa"), (singular, "sa" if singular != plural else "psa"), (feminine, "sa"), (feminine + "s", "pa")]


def _spanish(row: dict[str, str]) -> list[tuple[str, str]]:
    plural = row["es"]
    stem = plural[:-2]
    if plural.endswith("os"):
        return [(plural, "pa"), (stem + "o", "sa"), (stem + "a", "sa"), (stem + "as", "pa")]
    if plural.endswith("es"):
        accents = str.maketrans("aeio", "áéíó")
        ended = stem[:-2] + stem[-2:].translate(accents) if stem.endswith(("es", "an", "en", "on", "in")) else stem
        return [
            (plural, "pa"),
            (stem, "sa"),
            (ended, "sa"),
            (stem + "a", "sa"),
            (stem + "as", "pa"),
            (stem + "e", "sa"),
        ]
    return [(plural, "pa"), (plural[:-1], "sa")]
