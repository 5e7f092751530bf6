"""Relative dates as comment widgets print them: "1 day ago", "vor 2 Stunden", "2 дн. назад", "yesterday".

Words are matched whole, so a sentence that merely contains such words is none of these. The language matters:
"год назад" is Russian for a year ago, "год тому" Ukrainian for an hour.
"""

# ruff: noqa: RUF001 - Cyrillic words are meant to be Cyrillic

from __future__ import annotations

import re
from enum import IntEnum
from typing import NamedTuple


class Ago(NamedTuple):
    """How long ago: calendar months, or else seconds."""

    months: int
    seconds: int


class Precision(IntEnum):
    """How exact a relative date is: its unit."""

    SECOND = 0
    MINUTE = 1
    HOUR = 2
    DAY = 3
    WEEK = 4
    MONTH = 5
    YEAR = 6

    @property
    def words(self) -> str:
        """The unit with its article, "an hour"."""
        return f"an {self.name.lower()}" if self is Precision.HOUR else f"a {self.name.lower()}"


_UNITS = (Ago(0, 1), Ago(0, 60), Ago(0, 3600), Ago(0, 86_400), Ago(0, 604_800), Ago(1, 0), Ago(12, 0))
"""Second, minute, hour, day, week, month, year: the order of the lists below."""

_DAYS_AGO = (
    """now|just now|right now|a moment ago|moments ago|today|jetzt|gerade|gerade eben|soeben|heute|maintenant
    |à l'instant|aujourd'hui|ahora|ahora mismo|justo ahora|hoy|az önce|şimdi|bugün
    |сейчас|только что|сегодня|зараз|щойно|тільки що|сьогодні""",
    "yesterday|gestern|hier|ayer|dün|gisteren|вчера|вчора|учора",
    "the day before yesterday|day before yesterday|vorgestern|avant-hier|anteayer|позавчера|позавчора",
)

_ONE = frozenset(
    {"a", "an", "one", "ein", "eine", "einem", "einer", "un", "une", "una", "один", "одну", "одна", "bir", "een"}
)

_SENTENCES: tuple[tuple[str, tuple[str, ...]], ...] = (
    (
        r"(?:(?:about|almost|over) )?(?P<count>\d+|an?|one) ?(?P<unit>{})\.? ago",
        (
            "s|sec|secs|second|seconds",
            "m|min|mins|minute|minutes",
            "h|hr|hrs|hour|hours",
            "d|day|days",
            "w|wk|wks|week|weeks",
            "mo|mos|month|months",
            "y|yr|yrs|year|years",
        ),
    ),
    (
        # As widgets shorten it: "3h", "2 wks". In such places "m" is minutes.
        r"(?P<count>\d+) ?(?P<unit>{})\.?",
        ("s|sec|secs", "m|min|mins", "h|hr|hrs", "d", "w|wk|wks", "mo|mos|mth|mths", "y|yr|yrs"),
    ),
    (
        r"vor (?:etwa |ca\. |rund )?(?P<count>\d+|eine[mr]?|ein) ?(?P<unit>{})\.?",
        (
            "sek|sekunde|sekunden",
            "min|minute|minuten",
            "std|stunde|stunden|h",
            "tag|tage|tagen",
            "woche|wochen",
            "monat|monate|monaten",
            "jahr|jahre|jahren",
        ),
    ),
    (
        r"il y a (?:environ )?(?P<count>\d+|une?) ?(?P<unit>{})\.?",
        (
            "s|sec|seconde|secondes",
            "min|minute|minutes",
            "h|heure|heures",
            "j|jour|jours",
            "sem|semaine|semaines",
            "mois",
            "an|ans|année|années",
        ),
    ),
    (
        r"hace (?:unos |unas )?(?P<count>\d+|una?) ?(?P<unit>{})\.?",
        (
            "s|seg|segundo|segundos",
            "min|minuto|minutos",
            "h|hora|horas",
            "d|día|días|dia|dias",
            "sem|semana|semanas",
            "mes|meses",
            "año|años",
        ),
    ),
    (
        r"(?:около )?(?:(?P<count>\d+|один|одну) ?)?(?P<unit>{})\.? (?:тому )?назад",
        (
            "с|сек|секунда|секунду|секунды|секунд",
            "мин|минута|минуту|минуты|минут",
            "ч|час|часа|часов",
            "д|дн|день|дня|дней",
            "нед|неделя|неделю|недели|недель",
            "мес|месяц|месяца|месяцев",
            "г|год|года|лет",
        ),
    ),
    (
        r"(?:близько )?(?:(?P<count>\d+|один|одну) ?)?(?P<unit>{})\.? тому(?: назад)?",
        (
            "с|сек|секунда|секунду|секунди|секунд",
            "хв|хвилина|хвилину|хвилини|хвилин",
            "г|год|година|годину|години|годин",
            "д|дн|день|дня|дні|днів",
            "тиж|тижд|тиждень|тижні|тижнів",
            "міс|місяць|місяці|місяців",
            "р|рік|роки|років",
        ),
    ),
    (
        r"(?P<count>\d+|bir) ?(?P<unit>{}) önce",
        ("sn|saniye", "dk|dakika", "sa|saat", "gün", "hafta", "ay", "yıl"),
    ),
    (
        r"(?P<count>\d+|een) ?(?P<unit>{}) geleden",
        (
            "seconde|seconden",
            "min|minuut|minuten",
            "uur|uren",
            "dag|dagen",
            "week|weken",
            "maand|maanden",
            "jaar|jaren",
        ),
    ),
)


def _alternatives(texts: str) -> list[str]:
    return [words.strip() for words in texts.split("|")]


_FIXED = {words: Ago(0, days * 86_400) for days, texts in enumerate(_DAYS_AGO) for words in _alternatives(texts)}
_PATTERNS = tuple(
    (
        re.compile(sentence.format("|".join(units))),
        {word: ago for words, ago in zip(units, _UNITS, strict=True) for word in words.split("|")},
    )
    for sentence, units in _SENTENCES
)
_LARGEST_COUNT = 100_000
_TODAY = frozenset({"today", "heute", "aujourd'hui", "hoy", "сегодня", "сьогодні"})


def read_relative(text: str) -> Ago | None:
    """Reads a relative date in English, German, French, Spanish, Russian, Ukrainian, Turkish or Dutch.

    Args:
        text: The whole value, single-spaced.

    Returns:
        How long ago, or `None` where the text is not of these forms.
    """
    folded = text.casefold().replace("’", "'").rstrip(".!")
    fixed = _FIXED.get(folded)
    if fixed is not None:
        return fixed
    for pattern, units in _PATTERNS:
        match = pattern.fullmatch(folded)
        if match is None:
            continue
        said = match["count"]
        count = 1 if said is None or said in _ONE else int(said[:7])
        if count > _LARGEST_COUNT:
            return None
        unit = units[match["unit"]]
        return Ago(unit.months * count, unit.seconds * count)
    return None


def precision_of(text: str) -> Precision:
    """How exact a relative date is; a day where it isn't of a form that is read here."""
    ago = read_relative(" ".join(text.split()))
    if ago is None:
        return Precision.DAY
    if ago.months:
        return Precision.MONTH if ago.months % 12 else Precision.YEAR
    if ago.seconds == 0:
        return Precision.DAY if _is_about_days(text) else Precision.MINUTE
    exact = (
        unit
        for unit in (Precision.WEEK, Precision.DAY, Precision.HOUR, Precision.MINUTE)
        if ago.seconds % _UNITS[unit].seconds == 0
    )
    return next(exact, Precision.SECOND)


def _is_about_days(text: str) -> bool:
    return text.casefold().strip(" .!") in _TODAY
