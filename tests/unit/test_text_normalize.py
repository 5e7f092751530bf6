# ruff: noqa: RUF001  # ambiguous letters are what these tests are about
import sys

import pytest

from moderator.text.normalize import Change, fold


@pytest.mark.parametrize(
    ("raw", "read", "change"),
    [
        ("k\u200bi\u2060l\u00adl", "kill", Change.HIDDEN),
        ("k\x00i\x1bl\x9bl", "kill", Change.HIDDEN),
        ("\u202ekill\u202c", "kill", Change.HIDDEN),
        ("ki\U000e0061ll\ue000\ud800", "kill", Change.HIDDEN),
        ("z\u0301\u0302\u0303\u0304a", "za", Change.MARKS),
        ("cafe\u0301", "café", Change.MARKS),
        ("за\u0301мок", "замок", Change.MARKS),
        ("ｋｉｌｌ", "kill", Change.STYLED),
        ("𝐤𝐢𝐥𝐥 𝓴𝓲𝓵𝓵 ⓚⓘⓛⓛ", "kill kill kill", Change.STYLED),
        ("ᴋɪʟʟ", "kill", Change.STYLED),
        ("🅺🅸🅻🅻", "KILL", Change.STYLED),
        ("non\xa0breaking", "non breaking", Change.SPACES),
        ("they k n e w it", "they knew it", Change.SPACED),
        ("I k n e w", "I knew", Change.SPACED),
        ("g.u.i.l.t.y", "guilty", Change.SPACED),
        ("K-I-L-L them", "KILL them", Change.SPACED),
        ("a l l k n e w", "all knew", Change.SPACED),
        ("к и л л е р ы", "киллеры", Change.SPACED),
        ("с у к а", "сука", Change.SPACED),
        ("d i e", "die", Change.SPACED),
        ("\u0440olice", "police", Change.LOOKALIKE),
        ("пoлиция", "полиция", Change.LOOKALIKE),
        ("gu\u0456lty", "guilty", Change.LOOKALIKE),
        ("p\u03bfl\u03b9ce", "police", Change.LOOKALIKE),
        ("they are kiIIing aIl", "they are killing all", Change.LOOKALIKE),
        ("p0lice", "police", Change.SIGNED),
        ("b4d h3ad", "bad head", Change.SIGNED),
        ("s@cked", "sacked", Change.SIGNED),
        ("they @ll", "they all", Change.SIGNED),
        ("a1l", "all", Change.SIGNED),
        ("K1LL", "KILL", Change.SIGNED),
        ("gui1ty", "guilty", Change.SIGNED),
        ("$hit!", "shit!", Change.SIGNED),
        ("ki11", "kill", Change.SIGNED),
        ("sh!t", "shit", Change.SIGNED),
        ("jew5", "jews", Change.SIGNED),
        ("х0хлы", "хохлы", Change.SIGNED),
        ("f**k", "fuck", Change.SIGNED),
        ("F**KING", "FUCKING", Change.SIGNED),
        ("п*здец", "пиздец", Change.SIGNED),
        ("soooo", "soo", Change.STRETCHED),
        ("KILLLL", "KILL", Change.STRETCHED),
        ("ненавижуууу", "ненавижуу", Change.STRETCHED),
    ],
)
def test_disguises_come_off(raw, read, change):
    folded = fold(raw)
    assert folded.text == read
    assert folded.changes == {change}
    assert folded.changed


@pytest.mark.parametrize(
    "text",
    [
        "",
        "The police killed a man, and we must ask why.",
        "2019 4x4 10:30 1,000,000 3.14 50% #1 5€ $100 100$ US$5",
        "covid19 MP3 H1N1 1st 2nd 5kg 3pm 4chan 90s B2B H2O G7 b2b k8s a11y T-72B3 Su57 AK47s M4s MP3s PS5s iPhone5s",
        "4S400 and S-400s, MI5, 0x1f, 3f2504e0, F-16, 5G, w3c",
        "write to bob.b0b@example.com or me@home",
        "https://example.com/a1l?p0lice=s@cked and www.xxxxx.com and example.ru/h0me",
        "@b0bby and @all and @h4cker99 said",
        "$GOOG is up",
        "No!Never again!!! wow *bold* **very bold** 5*3",
        "Полиция убила человека. Я и он, а в нём — с ними, к ним, о них, у них",
        "Поліція вбила людину; п’ять їжаків",
        "Straße naïve Łódź Ёлка їжак",
        "a b c d e f",
        "U.S.A. U.S.S.R. U.K. e.g. i.e. т.д. т.е. С.С.С.Р. J.R.R. Tolkien",
        "я и о нём, и в с ним",
        "r u ok? i o u",
        "x y z",
        "I a o",
        "A B A B A B",
        "KKK www XXX VIII XXIII viii",
        "Schifffahrt Flussschiffer",
        "hmm aah ooh balloon committee",
        "你 好 世 界 哈哈哈哈",
        "می‌خواهم 👨‍👩‍👧‍👦 ❤️ 1️⃣ 🏳️‍🌈",
        "½ № ™ … “quoted” 5²",
        "Telegramа хватит; COVIDом болеют; Zомби, VPNы и PR-щики",
        "LinkedIn, WiFi, HeliosII, AI, II. and III, McIntosh",
        "colour:#F5FFFA; commit deadb3ef",
        "なぜ？はい、一つ！（笑）",
        "µm and 10 μm and Δt",
        "line one\nline two\ttabbed",
        "हिंदी में टिप्पणी",
    ],
)
def test_ordinary_writing_stays(text):
    folded = fold(text)
    assert folded.text == text
    assert not folded.changed
    assert folded.changes == frozenset()
    assert list(folded.offsets) == list(range(len(text) + 1))


@pytest.mark.parametrize(
    ("raw", "word", "place"),
    [
        ("they k n e w it", "knew", "k n e w"),
        ("the p0lice lie", "police", "p0lice"),
        ("so k\u200bi\u200bll them", "kill", "k\u200bi\u200bll"),
        ("sooooo bad", "soo", "sooooo"),
        ("eﬀe e", "effe", "eﬀe"),
        ("ﬁre", "f", "ﬁ"),
        ("a cafe\u0301 b", "café", "cafe\u0301"),
        ("is g.u.i.l.t.y.", "guilty", "g.u.i.l.t.y"),
        ("k 1 x k\u0456ll", "kill", "k\u0456ll"),
    ],
)
def test_a_span_leads_back_to_where_it_stood(raw, word, place):
    folded = fold(raw)
    start = folded.text.index(word)
    first, last = folded.to_raw(start, start + len(word))
    assert raw[first:last] == place


def test_an_empty_span_stays_empty():
    assert fold("k n e w").to_raw(2, 2) == (4, 4)
    assert fold("").to_raw(0, 0) == (0, 0)


def test_several_disguises_at_once():
    folded = fold("th\u0435y @ll k n e w, the gui\u200b1ty p0lice. KILLLL")
    assert folded.text == "they all knew, the guilty police. KILL"
    assert folded.changes == {Change.HIDDEN, Change.LOOKALIKE, Change.SIGNED, Change.SPACED, Change.STRETCHED}


@pytest.mark.parametrize(
    "unit",
    [
        *(
            "a",
            "a1",
            "a b ",
            "a.",
            "a.b@",
            "@",
            "@a",
            "*a",
            "www.",
            "aaab",
            "p0lice ",
            "f**k ",
            "aаbб",
            "a\u0301",
            "\u0301",
        ),
        *("\u200b", "\U000e0041", "ｋ", "k i ", "://", "a@a", "!", "1", "aа ", "III", "х0"),
    ],
)
@pytest.mark.timeout(120)
def test_work_grows_with_the_text_and_no_faster(unit):
    def work(size):
        count = 0

        def step(_frame, _event, _argument):
            nonlocal count
            count += 1

        text = unit * size
        sys.setprofile(step)
        try:
            folded = fold(text)
        finally:
            sys.setprofile(None)
        return count + len(folded.text)

    work(10)
    assert work(2000) <= 4.2 * work(500) + 500
    # Counting calls doesn't see inside a regular expression: quadratic ones would take minutes here.
    fold(unit * (40_000 // len(unit)))
