"""Word lists: whole words in every script, under disguises too, and never a word inside another."""

import time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from moderator.domain.policy import Policy, Route, Threshold, route
from moderator.domain.score import Label
from moderator.domain.word_lists import WordList, WordLists
from moderator.errors import PolicyError

DATA = Path(__file__).parent.parent / "data"
INNOCENT = (DATA / "words_innocent.txt").read_text(encoding="utf-8").split()
"""Words and names with a foul one inside. Source: after https://en.wikipedia.org/wiki/Scunthorpe_problem."""
FOUL = tuple((DATA / "words_foul.txt").read_text(encoding="utf-8").split())


def found(text, *words, **given):
    hits = WordLists((WordList("list", words, **given),)).hits(text, "en")
    return [(hit.entry, [text[start:end] for start, end in hit.places]) for hit in hits]


def test_no_word_is_found_inside_another():
    lists = WordLists((WordList("foul", FOUL),))
    assert lists.hits(" ".join(INNOCENT)) == ()
    assert [word for word in INNOCENT if lists.hits(f"{word}\u2019s, {word}-like {word}.")] == []
    assert {hit.entry for hit in lists.hits(" ".join(FOUL).upper())} == set(FOUL)


@pytest.mark.parametrize(
    ("text", "words", "seen"),
    [
        ("Get FREE   Crypto now", ("free crypto",), ["FREE   Crypto"]),
        ("free-crypto, free\ncrypto", ("free crypto",), ["free-crypto", "free\ncrypto"]),
        ("It is free. Crypto is not.", ("free crypto",), []),
        ("Cryptography is no crypto.", ("crypto",), ["crypto"]),
        ("Cryptography is no crypto.", ("crypto*",), ["Cryptography", "crypto"]),
        ("free cryptocoins", ("free crypto*",), ["free cryptocoins"]),
        ("Putin's men, l'Arabe, don't", ("putin", "arabe", "don"), ["Putin", "Arabe"]),
        ("GROẞ, große, gross", ("groß",), ["GROẞ", "gross"]),
        ("cafe\u0301 CAFÉ cafe", ("café",), ["cafe\u0301", "CAFÉ"]),
        ("это ПУТИНОИД!", ("путиноид",), ["ПУТИНОИД"]),
        ("हिन्दी में", ("हिन्दी",), ["हिन्दी"]),
        ("हिन्दी", ("हिन",), []),
        ("我买假货网站", ("假货",), ["假货"]),
        ("look \U0001f4a9 here", ("\U0001f4a9",), ["\U0001f4a9"]),
        ("such an \u0430sshat", ("asshat",), ["\u0430sshat"]),
        ("such an as\u200bshat", ("asshat",), ["as\u200bshat"]),
        ("ass_hat", ("ass", "hat"), ["ass", "hat"]),
    ],
)
def test_words_are_found_as_people_write_them(text, words, seen):
    assert [place for _, places in found(text, *words) for place in places] == seen


def test_one_that_comes_first_stands_before_one_that_is_looked_at():
    lists = WordLists((WordList("mild", ("a b", "b")), WordList("grave", ("c",), first=True)))
    assert [str(hit) for hit in lists.hits("a b c")] == [
        f'list grave@{lists.lists[1].version}: "c"',
        f'list mild@{lists.lists[0].version}: "a b"',
        f'list mild@{lists.lists[0].version}: "b"',
    ]


def test_a_list_speaks_of_its_languages_and_where_nobody_knows():
    lists = WordLists((WordList("german", ("dick",), frozenset({"de"})),))
    assert [bool(lists.hits("dick", language)) for language in ("de", "en", "und", None, "")] == [
        True,
        False,
        True,
        True,
        True,
    ]


def test_a_version_follows_what_a_list_says_and_nothing_else():
    one = WordList("one", ("a", "b"))
    assert one.version == WordList("other", ("b", "a")).version
    assert len({one.version, WordList("one", ("a",)).version, WordList("one", ("a", "b"), first=True).version}) == 3


@pytest.mark.parametrize(
    "entry", ["", "*", "  ", "c++", "f**k", "a*", "ab *", "free. crypto", "x " * 13, "y" * 300, "$$$"]
)
def test_an_entry_that_cannot_be_meant_is_refused(entry):
    with pytest.raises(PolicyError) as caught:
        WordList("list", (entry,))
    assert caught.value.hint


def test_a_list_has_people_look_and_never_decides():
    lists = WordLists((WordList("mild", ("meh",)), WordList("grave", ("argh",), first=True)))
    policy = Policy({Label.TOXICITY: Threshold(0.5, 0.9)}, auto_approve=True, audit_share=1.0, lists=lists)
    quiet: dict[Label, float | None] = {Label.TOXICITY: 0.1}
    said = [route(quiet, policy, hits=lists.hits(text), comment_id=1) for text in ("meh", "argh meh")]
    assert [(one.route, one.risk, one.lead, one.audited) for one in said] == [
        (Route.REVIEW, 0.5, None, False),
        (Route.PRIORITY, 0.8, None, False),
    ]
    loud = route({Label.TOXICITY: 0.95}, policy, hits=lists.hits("meh"))
    assert (loud.route, loud.lead) == (Route.PRIORITY, Label.TOXICITY)
    assert [str(hit.entry) for hit in loud.hits] == ["meh"]


def test_thousands_of_entries_and_hostile_text_take_no_longer():
    words = (*(f"word{n} more{n}" for n in range(5_000)), "a a a a a a a a a a a b", "aa*")
    lists = WordLists((WordList("long", words),))
    assert not lists.hits("warm up")
    hostile = [
        "a " * 20_000,
        "a" * 40_000,
        "a'" * 20_000,
        "a" + "\u0301\u0316" * 20_000,
        "word1 " * 7_000,
        "_-" * 20_000,
    ]
    for text in hostile:
        begun = time.process_time()
        lists.hits(text)
        assert time.process_time() - begun < 10.0  # were it quadratic, it would be minutes


@given(st.lists(st.text("abc", min_size=1, max_size=3), max_size=12), st.sets(st.text("abc", min_size=1, max_size=3)))
@settings(max_examples=60, deadline=None)
def test_words_parted_by_blanks_are_found_one_for_one(text, words):
    hits = WordLists((WordList("list", tuple(words)),)).hits(". ".join(text))
    written = {word for word in text if word in words}
    assert written <= {hit.entry for hit in hits}
