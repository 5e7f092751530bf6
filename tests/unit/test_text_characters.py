# ruff: noqa: RUF001  # ambiguous letters are what these tests are about
import sys
import unicodedata

import pytest
from inertness import harmful

from moderator.text import characters
from moderator.text.characters import Kind, kind_of
from moderator.text.visible import inspect, visible, visible_line

EVERYTHING = [chr(code) for code in range(sys.maxunicode + 1)]
# All of it but for what lies in long rows of its kind: ideographs, Hangul, private and unassigned planes.
TELLING = [
    char
    for at, char in enumerate(EVERYTHING)
    if at % 251 == 0
    or not ("\u3400" <= char <= "\ud7ff" or "\ue000" <= char < "\uf8ff" or char >= "\U0001fb00")
    or "\U000e0000" <= char <= "\U000e01ff"
]


def test_no_character_passes_alone_that_could_do_anything():
    shown = visible_line("a".join(TELLING))
    assert harmful(shown, allowed="") == []


def calm(restless):
    return set(restless.sub("", "".join(EVERYTHING)))


def test_what_the_quick_look_lets_pass_is_plain_in_this_pythons_tables():
    plain = calm(characters.RESTLESS_IN_LINE)
    assert len(plain) > 60_000
    assert [f"U+{ord(char):04X}" for char in plain if kind_of(char) is not Kind.PLAIN] == []


def test_the_two_quick_looks_differ_in_the_line_feed_alone():
    assert calm(characters.RESTLESS) - calm(characters.RESTLESS_IN_LINE) == {"\n"}


def test_runs_of_few_marks_hold_marks_only():
    marks = set("".join(characters.FEW_MARKS.findall("".join(EVERYTHING))))
    assert len(marks) > 100
    assert {kind_of(char) for char in marks} == {Kind.MARK}
    assert {unicodedata.category(char)[0] for char in marks} == {"M"}


def test_every_bidi_control_of_unicode_has_a_name():
    controls = {
        char
        for char in EVERYTHING
        if unicodedata.bidirectional(char) in {"LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI"}
    }
    assert controls | {"\u061c", "\u200e", "\u200f"} == set(characters.BIDI_NAMES)


@pytest.mark.parametrize(
    "text",
    [
        "The police killed a man, and we must ask why.",
        "Полиция убила человека — «почему?» …",
        "Поліція вбила людину, і ми спитаємо: чому? Ґанок, їжак, п’ять",
        "Straße, naïve, Łódź, čeština, Tiếng Việt",
        "Η αστυνομία σκότωσε έναν άνθρωπο",
        "警察が人を殺した。経緯を尋ねる",
        "경찰이 사람을 죽였다",
        "הַמִּשְׁטָרָה הָרְגָה אָדָם",
        "قتلت الشرطة رجلاً، می‌خواهم بدانم",
        "पुलिस ने एक आदमी को मार डाला",
        "ตำรวจฆ่าผู้ชายคนหนึ่ง",
        "ရဲက လူတစ်ယောက်ကို သတ်ခဲ့တယ် မြွှေ",
        "👍🏽 👨‍👩‍👧‍👦 🏳️‍🌈 ❤️ 1️⃣ 🇺🇦 🧑🏽‍❤️‍💋‍🧑🏻 ☎︎",
        "e\u0301te\u0301 и\u0306 in separate accents",
        "prices: 5 € ± 3 % ½ №7 ™ ©2024 → ← ✓ ★ █▓▒░ ├──┤",
        "two\nlines",
    ],
)
def test_ordinary_writing_of_the_world_passes_unchanged(text):
    inspection = inspect(text)
    assert inspection.visible == visible(text) == text
    assert list(inspection.offsets) == list(range(len(text) + 1))
    assert inspection.findings == ()
