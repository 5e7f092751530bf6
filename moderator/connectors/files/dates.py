"""Dates as files write them -> UTC milliseconds. What can't be told for sure is refused, with the reason.

The common forms (ISO 8601, epoch, RFC 2822, numbers with separators) and relative ones in six languages are read
here; `dateparser` is imported for the rest, at about a thousand strings a second, and its answers are kept.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from datetime import UTC, datetime, tzinfo
from email.utils import parsedate_to_datetime
from typing import Any, NamedTuple

from moderator.connectors.files.relative_dates import Ago, read_relative

_DAY_MS = 86_400_000
_FIRST_MS = 631_152_000_000
"""1990-01-01: news pages with comments are younger. What is older is a broken number."""

_SECONDS_BELOW = 100_000_000_000
"""As seconds it's the year 5138, as milliseconds 1973: so smaller numbers are seconds, others milliseconds."""

_ISO_SEPARATORS = "Tt _"
_ISO_DATE_LENGTH = 10
_NUMERIC = re.compile(
    r"(?P<a>\d{1,4})(?P<sep>[./-])(?P<b>\d{1,2})(?P=sep)(?P<c>\d{1,4})\.?"
    r"(?:,?[ T](?P<hour>\d{1,2}):(?P<minute>\d{2})(?::(?P<second>\d{2})(?:\.\d+)?)?(?: ?(?P<half>[ap])\.?m\.?)?)?",
    re.IGNORECASE,
)
_RFC_2822 = re.compile(r"(?:[A-Za-z]{3}, ?)?\d{1,2} [A-Za-z]{3} \d{4} \d{2}:\d{2}(?::\d{2})? (?:[+-]\d{4}|GMT|UTC?|Z)")
_WRITTEN_YEAR = re.compile(r"(?<!\d)(?:19|20)\d{2}(?!\d)")
_NUMBERS_ONLY_DATE = re.compile(r"\d{1,2} ?[/. -] ?\d{1,2} ?[/. -] ?\d{2,4}")
_WORD = re.compile(r"[^\W\d_]{3,}")
_DAY_AND_WORD = re.compile(
    r"^(?:[^\W\d_]{2,10}\.?, )?"
    r"(?:\d{1,2}(?:st|nd|rd|th|\.)? [^\W\d_]{3,10}|[^\W\d_]{3,10}\.? \d{1,2}(?:st|nd|rd|th)?)\.?"
    r"(?:[ ,]+(?:at|um|в|\N{CYRILLIC SMALL LETTER O}|à)? ?\d{1,2}[:.h]\d{2}(?::\d{2})?(?: ?[ap]\.?m\.?)?(?: Uhr)?)?$",
    re.IGNORECASE,
)
"""Day and month in words without a year, perhaps with a time behind: "Nov 3", "22 ноября, 10:15"."""

_LONGEST, _MOST_WORDS = 60, 10
_LANGUAGES = ["en", "ru", "uk", "de", "fr", "es", "it", "pl", "pt"]
_CACHE_SIZE = 4096
_FAILURES_ALLOWED = 1000
_YEAR_DIGITS, _NOON, _MONTHS = 4, 12, 12


class UnknownDateError(ValueError):
    """A date that can't be told for sure. The message is a reason in words and quotes nothing of the value."""


class AmbiguousDateError(UnknownDateError):
    """A date that could be two, the third of April or the fourth of March."""


class Moment(NamedTuple):
    """When: UTC milliseconds, and whether the words gave a fixed time or one that moves with the reading."""

    ms: int
    fixed: bool


class DateReader:
    """Reads dates against one moment, "now".

    Args:
        now_ms: What relative dates count from, and what "in the future" is measured against.
        zone: Zone of dates that name none.
        day_first: Whether 03/04/2024 is in April (true) or in March (false); `None` refuses what could be both.
            With dots the day is always first: nobody writes months that way.
    """

    def __init__(self, now_ms: int, *, zone: tzinfo = UTC, day_first: bool | None = None) -> None:
        self._now_ms = now_ms
        self._latest_ms = now_ms + _DAY_MS
        self._zone = zone
        self._day_first = day_first
        self._cache: dict[str, Moment | UnknownDateError] = {}
        self._slow: Callable[[str], datetime | None] | None = None
        self._failures = self._successes = 0

    def read(self, value: object) -> Moment:
        """Reads one value: a number (epoch), or a text in any of the known forms.

        Raises:
            UnknownDateError: Unknown, ambiguous, before 1990, or more than a day in the future.
        """
        if isinstance(value, str):
            iso = self._read_iso(value)
            moment = self._read_text(value) if iso is None else Moment(iso, True)
        elif isinstance(value, int | float) and not isinstance(value, bool):
            moment = Moment(_from_epoch(value), fixed=True)
        else:
            raise UnknownDateError("neither text nor a number")
        if moment.ms < _FIRST_MS:
            raise UnknownDateError("before 1990")
        if moment.ms > self._latest_ms:
            raise UnknownDateError("more than a day in the future")
        return moment

    def _read_text(self, text: str) -> Moment:
        if len(text) > _LONGEST:
            raise UnknownDateError("too long to be a date")
        known = self._cache.get(text)
        if known is None:
            try:
                known = self._read_other(" ".join(text.split()))
            except UnknownDateError as error:
                known = error.with_traceback(None)  # which would keep this call's values alive
            if len(self._cache) >= _CACHE_SIZE:
                self._cache.clear()
            self._cache[text] = known
        if isinstance(known, UnknownDateError):
            raise type(known)(str(known))
        return known

    def _read_iso(self, text: str) -> int | None:
        if len(text) < _ISO_DATE_LENGTH or text[4] != "-" or text[10:11] not in _ISO_SEPARATORS:
            return None
        if text[-1] in "CT" and text.endswith((" UTC", " GMT")):
            text = text[:-4] + "Z"
        try:
            moment = datetime.fromisoformat(text)
        except ValueError:
            return None
        return self._in_utc(moment)

    def _in_utc(self, moment: datetime) -> int:
        if moment.tzinfo is None:
            moment = moment.replace(tzinfo=self._zone)
        return round(moment.timestamp() * 1000)

    def _read_other(self, text: str) -> Moment:
        if not text:
            raise UnknownDateError("empty")
        if text.isascii() and text.lstrip("-").replace(".", "", 1).isdigit():
            return Moment(self._read_digits(text), fixed=True)
        if match := _NUMERIC.fullmatch(text):
            return Moment(self._in_utc(self._read_numbers(match)), fixed=True)
        if _RFC_2822.fullmatch(text):
            try:
                return Moment(self._in_utc(parsedate_to_datetime(text)), fixed=True)
            except ValueError:
                raise UnknownDateError("no such day or time") from None
        ago = read_relative(text)
        if ago is not None:
            return Moment(self._before(ago), fixed=False)
        return self._read_written(text)

    def _read_digits(self, text: str) -> int:
        if len(text) == len("20240305") and text.isdigit():
            try:
                return self._in_utc(datetime.strptime(text, "%Y%m%d").replace(tzinfo=self._zone))
            except ValueError:
                raise UnknownDateError("no such day") from None
        return _from_epoch(float(text) if "." in text else int(text))

    def _read_numbers(self, match: re.Match[str]) -> datetime:
        first, second, third = match["a"], int(match["b"]), match["c"]
        if len(first) == _YEAR_DIGITS:
            year, month, day = int(first), second, int(third)
        elif len(third) == _YEAR_DIGITS:
            year = int(third)
            day, month = self._day_and_month(int(first), second, match["sep"])
        else:
            raise UnknownDateError("a year needs four digits")
        hour = int(match["hour"] or 0)
        if match["half"]:
            if not 1 <= hour <= _NOON:
                raise UnknownDateError("no such day or time")
            hour = hour % _NOON + (_NOON if match["half"] in "pP" else 0)
        try:
            return datetime(  # noqa: DTZ001 - the zone is added where all dates get theirs
                year, month, day, hour, int(match["minute"] or 0), int(match["second"] or 0)
            )
        except ValueError:
            raise UnknownDateError("no such day or time") from None

    def _day_and_month(self, first: int, second: int, separator: str) -> tuple[int, int]:
        day_first = True if separator == "." else self._day_first
        if day_first is None:
            if first <= _MONTHS and second <= _MONTHS and first != second:
                raise AmbiguousDateError("ambiguous: day or month first? Set day_first")
            day_first = first > _MONTHS or first == second
        return (first, second) if day_first else (second, first)

    def _before(self, ago: Ago) -> int:
        """Milliseconds of "so long ago"; months and years by the calendar, cut to the month's last day."""
        if ago.months == 0:
            return self._now_ms - ago.seconds * 1000
        now = datetime.fromtimestamp(self._now_ms / 1000, self._zone)
        month = now.year * _MONTHS + now.month - 1 - ago.months
        if month < _MONTHS:
            raise UnknownDateError("before 1990")
        for day in range(now.day, now.day - 4, -1):
            try:
                return self._in_utc(now.replace(year=month // _MONTHS, month=month % _MONTHS + 1, day=day))
            except ValueError:
                continue
        raise AssertionError("every month has at least 28 days")

    def _read_written(self, text: str) -> Moment:
        """Dates in words: a fixed one with a year of four digits, else a relative one, such as the last 3 November."""
        if len(text.split()) > _MOST_WORDS or not _WORD.search(text) or _NUMBERS_ONLY_DATE.search(text):
            raise UnknownDateError("not a known form")
        if self._failures > _FAILURES_ALLOWED and self._failures > self._successes:
            raise UnknownDateError("not a known form (too many unreadable dates to try it by its words)")
        fixed = _WRITTEN_YEAR.search(text)
        if self._slow is None:
            self._slow = _load_dateparser(self._now_ms, self._zone)
        found = self._slow(text)
        if found is None:
            self._failures += 1
            raise UnknownDateError("not a known form")
        self._successes += 1
        return Moment(self._in_utc(found), fixed=bool(fixed))


def _from_epoch(value: float) -> int:
    """Seconds or milliseconds since 1970, told apart by size."""
    if not math.isfinite(value):
        raise UnknownDateError("not a number")
    if abs(value) < _SECONDS_BELOW:
        return round(value * 1000)
    return round(value)


def _load_dateparser(now_ms: int, zone: tzinfo) -> Callable[[str], datetime | None]:
    """Imports dateparser (0.3 s) and makes two strict parsers: fixed dates need day, month and year."""
    from dateparser.date import DateDataParser  # noqa: PLC0415 - slow to import, rarely needed

    now = datetime.fromtimestamp(now_ms / 1000, zone)
    common: dict[str, Any] = {"RELATIVE_BASE": now.replace(tzinfo=None), "DATE_ORDER": "DMY", "STRICT_PARSING": True}
    fixed = DateDataParser(languages=_LANGUAGES, settings=common | {"PARSERS": ["absolute-time"]})
    relative = DateDataParser(languages=_LANGUAGES, settings=common | {"PARSERS": ["relative-time"]})
    day_alone = {"PARSERS": ["absolute-time"], "STRICT_PARSING": False, "REQUIRE_PARTS": ["day", "month"]}
    yearless = DateDataParser(languages=_LANGUAGES, settings=common | day_alone | {"PREFER_DATES_FROM": "past"})

    def parse(text: str) -> datetime | None:
        if _WRITTEN_YEAR.search(text):
            return fixed.get_date_data(text).date_obj
        found = relative.get_date_data(text).date_obj
        return yearless.get_date_data(text).date_obj if found is None and _DAY_AND_WORD.search(text) else found

    return parse
