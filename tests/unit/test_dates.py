# ruff: noqa: RUF001 - Cyrillic words are meant to be Cyrillic

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from moderator.connectors.files.dates import DateReader, UnknownDateError
from moderator.connectors.files.relative_dates import Ago, read_relative

NOW = datetime(2026, 11, 1, 12, tzinfo=UTC)


def ms(moment):
    return int(moment.timestamp() * 1000)


def read(value, **options):
    return DateReader(ms(NOW), **options).read(value)


def utc(*parts):
    return ms(datetime(*parts, tzinfo=UTC))


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("2024-03-05", utc(2024, 3, 5)),
        ("20240305", utc(2024, 3, 5)),
        ("2024-03-05T10:15:30Z", utc(2024, 3, 5, 10, 15, 30)),
        ("2024-03-05t10:15:30+02:00", utc(2024, 3, 5, 8, 15, 30)),
        ("2024-03-05 10:15:30.123456-0500", utc(2024, 3, 5, 15, 15, 30) + 123),
        ("2024-03-05 10:15:30 UTC", utc(2024, 3, 5, 10, 15, 30)),
        (1_700_000_000, 1_700_000_000_000),
        (1_700_000_000.25, 1_700_000_000_250),
        (1_700_000_000_123, 1_700_000_000_123),
        ("1700000000", 1_700_000_000_000),
        ("1700000000123", 1_700_000_000_123),
        ("1700000000.5", 1_700_000_000_500),
        ("Tue, 05 Mar 2024 10:15:00 +0100", utc(2024, 3, 5, 9, 15)),
        ("13/04/2024", utc(2024, 4, 13)),
        ("04/13/2024 9:05 pm", utc(2024, 4, 13, 21, 5)),
        ("04/04/2024, 12:05 am", utc(2024, 4, 4, 0, 5)),
        ("03.04.2024 10:15", utc(2024, 4, 3, 10, 15)),
        ("2024/03/05", utc(2024, 3, 5)),
        ("5 March 2024", utc(2024, 3, 5)),
        ("March 5, 2024 10:15 pm", utc(2024, 3, 5, 22, 15)),
        ("5 марта 2024 г. в 10:15", utc(2024, 3, 5, 10, 15)),
        ("5 березня 2024", utc(2024, 3, 5)),
        ("5. März 2024, 10:15 Uhr", utc(2024, 3, 5, 10, 15)),
        ("5 mars 2024", utc(2024, 3, 5)),
        ("5 de marzo de 2024", utc(2024, 3, 5)),
        ("2026-11-02T11:59:59Z", utc(2026, 11, 2, 11, 59, 59)),
    ],
)
def test_fixed_dates(value, expected):
    moment = read(value)
    assert (moment.ms, moment.fixed) == (expected, True)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("just now", utc(2026, 11, 1, 12)),
        ("1 day ago", utc(2026, 10, 31, 12)),
        ("a minute ago", utc(2026, 11, 1, 11, 59)),
        ("about 2 hours ago", utc(2026, 11, 1, 10)),
        ("3h ago", utc(2026, 11, 1, 9)),
        ("1 month ago", utc(2026, 10, 1, 12)),
        ("8 months ago", utc(2026, 3, 1, 12)),
        ("2 years ago", utc(2024, 11, 1, 12)),
        ("Yesterday", utc(2026, 10, 31, 12)),
        ("вчера", utc(2026, 10, 31, 12)),
        ("учора", utc(2026, 10, 31, 12)),
        ("только что", utc(2026, 11, 1, 12)),
        ("2 дн. назад", utc(2026, 10, 30, 12)),
        ("год назад", utc(2025, 11, 1, 12)),
        ("21 год тому", utc(2026, 10, 31, 15)),
        ("2 роки тому", utc(2024, 11, 1, 12)),
        ("3 недели тому назад", utc(2026, 10, 11, 12)),
        ("vor 11 Stunden", utc(2026, 11, 1, 1)),
        ("vor einem Monat", utc(2026, 10, 1, 12)),
        ("il y a 2 jours", utc(2026, 10, 30, 12)),
        ("il y\u00a0a 5\u00a0minutes", utc(2026, 11, 1, 11, 55)),
        ("hace 3 días", utc(2026, 10, 29, 12)),
        ("hace una hora", utc(2026, 11, 1, 11)),
        ("yesterday at 14:30", utc(2026, 10, 31, 14, 30)),
        ("2 giorni fa", utc(2026, 10, 30, 12)),
        ("3h", utc(2026, 11, 1, 9)),
        ("2 wks", utc(2026, 10, 18, 12)),
        ("3 saat önce", utc(2026, 11, 1, 9)),
        ("2 dagen geleden", utc(2026, 10, 30, 12)),
        ("Oct 3", utc(2026, 10, 3)),
        ("Dec 24 at 5:30 pm", utc(2025, 12, 24, 17, 30)),
        ("22 октября, 10:15", utc(2026, 10, 22, 10, 15)),
    ],
)
def test_relative_dates_count_from_the_given_time(value, expected):
    moment = read(value)
    assert (moment.ms, moment.fixed) == (expected, False)


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        ("03/04/2024", "ambiguous"),
        ("03-04-2024 10:15", "ambiguous"),
        ("03/04/2024 um 10:15 Uhr", "not a known form"),
        ("03/04/24", "four digits"),
        ("31/02/2024", "no such day"),
        ("2024-02-30", "no such day"),
        ("20241301", "no such day"),
        ("Mon, 31 Feb 2024 10:00:00 +0000", "no such day"),
        ("13:00 pm", "not a known form"),
        ("1989-12-31", "before 1990"),
        (0, "before 1990"),
        ("-1700000000", "before 1990"),
        (-1_700_000_000_000, "before 1990"),
        ("2026-11-02T12:00:01Z", "future"),
        ("in 2 days", "future"),
        (10**18, "future"),
        ("March 2024", "not a known form"),
        ("chapter 11", "not a known form"),
        ("2024", "before 1990"),
        ("10:30", "not a known form"),
        ("12 12 2024", "not a known form"),
        ("5 2024 3", "not a known form"),
        ("We met on 5 March 2024 by the bridge", "not a known form"),
        ("5 March 2024 and 6 March 2024", "not a known form"),
        ("I wrote 2 days ago and nobody answered", "not a known form"),
        ("9" * 61, "too long"),
        ("999999 days ago", "not a known form"),
        ("999 years ago", "before 1990"),
        ("99999 months ago", "before 1990"),
        ("", "empty"),
        (" \t", "empty"),
        (True, "neither"),
        (None, "neither"),
        ([2024], "neither"),
        (float("nan"), "not a number"),
        (float("inf"), "not a number"),
    ],
)
def test_what_cannot_be_told_is_refused_with_the_reason(value, reason):
    with pytest.raises(UnknownDateError, match=reason):
        read(value)


def test_the_reason_never_quotes_the_value():
    words = "Karl Heinz said 5 things"
    with pytest.raises(UnknownDateError) as caught:
        read(words)
    assert not set(words.split()) & set(str(caught.value).split())


def test_day_first_decides_what_is_ambiguous():
    assert read("03/04/2024", day_first=True).ms == utc(2024, 4, 3)
    assert read("03/04/2024", day_first=False).ms == utc(2024, 3, 4)
    with pytest.raises(UnknownDateError, match="no such day"):
        read("04/13/2024", day_first=True)


def test_dates_without_a_zone_are_in_the_assumed_one():
    berlin = ZoneInfo("Europe/Berlin")
    assert read("2024-07-05 10:00", zone=berlin).ms == utc(2024, 7, 5, 8)
    assert read("20240705", zone=berlin).ms == utc(2024, 7, 4, 22)
    assert read("05.07.2024 10:00", zone=berlin).ms == utc(2024, 7, 5, 8)
    assert read("5. Juli 2024 10:00", zone=berlin).ms == utc(2024, 7, 5, 8)
    assert read("2024-07-05T10:00Z", zone=berlin).ms == utc(2024, 7, 5, 10)
    assert read("yesterday at 14:30", zone=berlin).ms == utc(2026, 10, 31, 13, 30)


def test_a_month_ago_ends_with_the_month():
    reader = DateReader(utc(2026, 3, 31, 8))
    assert reader.read("1 month ago").ms == utc(2026, 2, 28, 8)
    assert reader.read("25 months ago").ms == utc(2024, 2, 29, 8)


def test_unreadable_dates_stop_being_tried_by_their_words(monkeypatch):
    reader = DateReader(ms(NOW))
    tried = []
    reader._slow = tried.append
    for number in range(3000):
        with pytest.raises(UnknownDateError):
            reader.read(f"5 Nonsense 2024 number{number}")
    assert 1000 <= len(tried) < 1100
    with pytest.raises(UnknownDateError, match="too many unreadable dates"):
        reader.read("5 Nonsense 2024 once more")


def test_a_slow_answer_is_asked_for_once():
    reader = DateReader(ms(NOW))
    tried = []
    reader._slow = lambda text: tried.append(text) or datetime(2024, 3, 5, tzinfo=UTC)
    for _ in range(5):
        assert reader.read("5th of Martember 2024").ms == utc(2024, 3, 5)
    assert len(tried) == 1


def test_the_fast_forms_never_import_dateparser():
    import subprocess
    import sys

    code = (
        "import sys\n"
        "from moderator.connectors.files.dates import DateReader\n"
        "reader = DateReader(1_793_534_400_000)\n"
        "for value in ('2024-03-05T10:00:00Z', 1700000000, '1 day ago', '2 дн. назад', '03.04.2024', 'vor 2 Tagen'):\n"
        "    reader.read(value)\n"
        "assert 'dateparser' not in sys.modules\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


@pytest.mark.parametrize("text", ["days ago", "1 day", "ago", "1 day ago today", "vor Stunden", "5 нечто назад", ""])
def test_other_words_are_no_relative_date(text):
    assert read_relative(text) is None


def test_relative_dates_know_their_language():
    assert read_relative("год назад") == Ago(12, 0)
    assert read_relative("год тому") == Ago(0, 3600)
