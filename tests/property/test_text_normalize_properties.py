# ruff: noqa: RUF001  # ambiguous letters are what these tests are about
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from moderator.text.normalize import fold

DISGUISES = st.sampled_from(
    [
        *(
            "a",
            "b",
            "k",
            "L",
            "I",
            "о",
            "к",
            "і",
            " ",
            "  ",
            ".",
            "-",
            "*",
            "@",
            "$",
            "!",
            "|",
            "0",
            "1",
            "3",
            "5",
            "\n",
            "\r",
        ),
        *(
            "\u200b",
            "\u0301",
            "\u202e",
            "\ufe0f",
            "\U000e0061",
            "\ud800",
            "ｋ",
            "ﬁ",
            "ﷺ",
            "🅺",
            "\xa0",
            "www.",
            "://",
            "f**k",
        ),
        *("k n e w", "p0lice", "oooo", "@ll", "рo", "👩\u200d👩", "می\u200cخ", "кила", "\x00", "e\u0301\u0302\u0303"),
    ]
)
TEXTS = st.lists(st.one_of(DISGUISES, st.characters(exclude_categories=())), max_size=30).map("".join)


@given(TEXTS)
@example("ﷺ")
@example("\u200b")
def test_offsets_are_in_range_and_in_order(text):
    folded = fold(text)
    assert len(folded.offsets) == len(folded.text) + 1
    assert folded.offsets[len(folded.text)] == len(text)
    assert all(one <= other for one, other in zip(folded.offsets, folded.offsets[1:], strict=False))
    assert all(0 <= offset < len(text) for offset in folded.offsets[:-1])


@given(TEXTS)
def test_an_untouched_character_points_at_itself(text):
    folded = fold(text)
    if not folded.changed:
        assert list(folded.offsets) == list(range(len(text) + 1))
    ascii_letters = [at for at, char in enumerate(folded.text) if char in "abkL" and text[folded.offsets[at]].isascii()]
    for at in ascii_letters:
        raw = text[folded.offsets[at]]
        assert raw == folded.text[at] or raw in "*@$!|0134567"


@given(TEXTS, st.data())
def test_every_span_leads_to_a_place_in_the_raw_text(text, data):
    folded = fold(text)
    if not folded.text:
        return
    start = data.draw(st.integers(0, len(folded.text) - 1))
    end = data.draw(st.integers(start + 1, len(folded.text)))
    first, last = folded.to_raw(start, end)
    assert 0 <= first < last <= len(text)
    assert first == folded.offsets[start]
    # All that the span was made of is inside; what starts the next letter is not.
    assert all(first <= folded.offsets[at] < last for at in range(start, end))
    following = [offset for offset in folded.offsets[end:] if offset > folded.offsets[end - 1]]
    assert last == following[0]


@given(TEXTS)
def test_changed_says_whether_the_text_differs(text):
    folded = fold(text)
    assert folded.changed == (folded.text != text)
    assert folded.changes or not folded.changed


@given(TEXTS)
def test_nothing_invisible_reaches_the_scorers(text):
    folded = fold(text).text
    assert not set("\u200b\u2060\u00ad\u202e\u2066\x00\x1b\x9b\U000e0061\ud800") & set(folded)
    folded.encode("utf-8")


@given(TEXTS, TEXTS)
def test_paragraphs_fold_apart(one, other):
    # What stands on another line, with words between, has no say in how a line is read.
    assert fold(one + "\n\nword\n\n" + other).text.count("word") >= 1


@pytest.mark.parametrize("word", ["kill", "traitors"])
@given(data=st.data())
def test_a_word_is_found_behind_any_mix_of_invisible_letters(word, data):
    noise = st.lists(st.sampled_from("\u200b\u2060\u00ad\ufeff\u202e\u2066\U000e0041\U000e0020\ufe0f"), max_size=3).map(
        "".join
    )
    raw = "".join(letter + data.draw(noise) for letter in word)
    folded = fold(f"so {raw} it")
    assert folded.text == f"so {word} it"
    first, last = folded.to_raw(3, 3 + len(word))
    assert f"so {raw} it"[first:last].startswith(word[0])
    assert last == 3 + len(raw)
