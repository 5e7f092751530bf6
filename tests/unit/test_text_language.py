# ruff: noqa: RUF001  # ambiguous letters are what these tests are about
import subprocess
import sys

import pytest

from moderator.text.language import detect


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("The police killed a man and we must ask why", "en"),
        ("They all knew it and they kept silent", "en"),
        ("Die Polizei hat einen Mann getötet, und wir fragen, warum", "de"),
        ("La police a tué un homme et nous demandons pourquoi", "fr"),
        ("La policía mató a un hombre y preguntamos por qué", "es"),
        ("La polizia ha ucciso un uomo e noi chiediamo perché", "it"),
        ("A polícia matou um homem e nós perguntamos por quê", "pt"),
        ("Policja zabiła człowieka, a my pytamy, dlaczego to się stało", "pl"),
        ("De politie heeft een man gedood en wij vragen waarom", "nl"),
        ("Полиция убила человека, и мы спросим, почему", "ru"),
        ("Полиция убила", "ru"),
        ("Так им всем и надо", "ru"),
        ("Поліція вбила людину, і ми спитаємо чому", "uk"),
        ("Так їм і треба", "uk"),
        ("Паліцыя забіла чалавека, і мы спытаем, чаму ён памёр", "be"),
        ("Полицията уби човек и ние ще попитаме защо", "bg"),
        ("Полиција је убила човека и питаћемо зашто", "sr"),
        ("Η αστυνομία σκότωσε έναν άνθρωπο", "el"),
        ("המשטרה הרגה אדם", "he"),
        ("قتلت الشرطة رجلاً ونحن نسأل لماذا", "ar"),
        ("पुलिस ने एक आदमी को मार डाला और हम पूछेंगे", "hi"),
        ("yeh log kya kar rahe hain aur kyun", "hi"),
        ("警察が人を殺した。経緯を尋ねる", "ja"),
        ("警察杀了人，我们要问为什么", "zh"),
        ("경찰이 사람을 죽였다", "ko"),
    ],
)
def test_languages_are_told_apart(text, code):
    detected = detect(text)
    assert detected.code == code
    assert detected.confidence >= 0.55


@pytest.mark.parametrize(
    "text", ["", "   ", "12345 !!! 2024", "👍👍👍", "https://example.com/page @bob #tag", "\x00\x1b"]
)
def test_a_text_without_words_is_undetermined(text):
    assert detect(text) == detect(text, "en")
    assert detect(text).code == "und"
    assert detect(text).confidence == 0.0


def test_a_short_text_is_less_sure_than_a_long_one():
    assert detect("und das").confidence < detect("und das ist doch nicht der Grund, warum wir hier sind").confidence


def test_a_mixed_text_is_less_sure_than_a_pure_one():
    mixed = detect("this is what they say: полиция убила человека, и мы спросим")
    assert mixed.confidence < 0.65
    assert mixed.confidence < detect("полиция убила человека, и мы спросим").confidence


def test_a_hint_decides_where_the_text_leaves_it_open():
    assert detect("lol", "de-AT").code == "de"
    assert detect("да", "uk_UA").code == "uk"
    assert detect("да", "ua").code == "uk"
    assert detect("No", "es").code == "es"
    assert detect("No", "es").confidence <= 0.6


def test_a_hint_is_overruled_where_the_text_speaks_clearly():
    assert detect("Полиция была здесь, и мы это видели", "uk").code == "ru"
    assert detect("Їжа є, і це добре", "ru").code == "uk"
    assert detect("The police were there and we saw them", "de").code == "en"


@pytest.mark.parametrize("hint", ["", "x", "ru", "und", "english", "\x1b[31m", "zz-ZZ"])
def test_a_hint_that_does_not_fit_changes_nothing(hint):
    assert detect("The police were there", hint) == detect("The police were there")
    assert detect("qqq", hint).code in {"und", detect("qqq").code}


def test_addresses_and_handles_do_not_vote():
    assert detect("https://example.com/the-and-of-that @the_of_and Полиция убила").code == "ru"


def test_clear_texts_need_no_model():
    code = (
        "import sys; from moderator.text.language import detect;"
        "print(*(detect(text).code for text in ('They all knew it and kept silent', 'Полиция была здесь', 'Їжак')));"
        "print('py3langid' in sys.modules, 'numpy' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, encoding="utf-8")
    assert done.stdout.split() == ["en", "ru", "uk", "False", "False"]


def test_a_huge_text_is_read_in_part():
    assert detect("The police were there and we saw them. " * 100_000).code == "en"
