"""What holds for any text at all."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from moderator.domain.score import ScoreSet
from moderator.scoring.base import ScoreRequest
from moderator.scoring.embedded import EmbeddedScorer
from moderator.scoring.embedded.linear import LinearPart
from moderator.scoring.embedded.ngrams import find_ngrams, unique_slots
from moderator.scoring.embedded.readings import may_be_disguised
from moderator.scoring.embedded.stream import GAP, read_letters
from moderator.text.normalize import fold

SCORER = EmbeddedScorer()
WORDS = st.sampled_from(
    ["you", "are", "the", "idiot", "fucking", "Jews", "not", "nice", "1d10t", "k i l l", "🤮", "ÄÖ", "ж"]
)
TEXTS = st.one_of(st.text(max_size=200), st.lists(WORDS, max_size=20).map(" ".join))


@settings(max_examples=60, deadline=None)
@given(st.lists(TEXTS, max_size=6))
def test_every_text_gets_one_whole_answer(texts):
    results = SCORER.score([ScoreRequest(text) for text in texts])
    assert len(results) == len(texts)
    for text, result in zip(texts, results, strict=True):
        assert isinstance(result, ScoreSet)
        values = set(result.scores.values())
        assert values == {None} or all(0 <= value <= 1 for value in values)
        assert all(span.end <= len(text) for span in result.spans)


@settings(max_examples=60, deadline=None)
@given(st.lists(TEXTS, max_size=6))
def test_letters_remember_where_they_stood(texts):
    stream = read_letters(texts)
    assert stream.texts == len(texts)
    assert np.all(np.diff(stream.text) >= 0)
    for index in np.flatnonzero(stream.codes != GAP).tolist():
        raw = texts[int(stream.text[index])][int(stream.source[index])]
        # ASCII letters keep themselves, up to case.
        if raw.isascii() and raw.isalpha():
            assert chr(int(stream.codes[index])) == raw.lower()


@settings(max_examples=60, deadline=None)
@given(st.lists(TEXTS, min_size=1, max_size=6))
def test_a_text_has_the_same_ngrams_alone_as_in_a_batch(texts):
    text, slots = unique_slots(find_ngrams(read_letters(texts), 16), 16)
    for index, one in enumerate(texts):
        _, alone = unique_slots(find_ngrams(read_letters([one]), 16), 16)
        assert slots[text == index].tolist() == alone.tolist()


@settings(max_examples=40, deadline=None)
@given(st.lists(TEXTS, min_size=1, max_size=4), st.integers(0, 99))
def test_shares_of_the_letters_add_up_to_the_logit(texts, seed):
    rng = np.random.default_rng(seed)
    part = LinearPart.quantise(
        rng.uniform(1, 12, 1 << 10).astype(np.float32),
        rng.normal(size=(1 << 10, 7)).astype(np.float32),
        rng.normal(size=7).astype(np.float32),
    )
    stream = read_letters(texts)
    shares = part.letter_shares(stream, np.eye(7, dtype=np.float32))
    for index in range(len(texts)):
        total = shares[stream.text == index].sum(axis=0) + part.bias
        assert np.allclose(total, part.logits(stream)[index], atol=2e-3)


DISGUISED = "f.u.c.k sooo KKK p0lice s@cked $cum f**k 1d10t kiIIing AI U.S.S.R. 4x4 covid19! @rabs www.x.org b|tch *"
DISGUISES = st.sampled_from([*DISGUISED.split(), "k n e w", "I am", "a b", "\t", "\u200b", "é", "\n", "", "aaA"])
MAYBE_DISGUISED = st.one_of(
    st.text(max_size=60),
    st.text("aAbI10 ._*@$!|\n\t", max_size=30),
    st.lists(st.one_of(WORDS, DISGUISES), max_size=8).map(" ".join),
)


@settings(max_examples=300, deadline=None)
@given(st.lists(MAYBE_DISGUISED, min_size=1, max_size=5))
def test_no_text_that_folding_changes_is_passed_over(texts):
    told = may_be_disguised(texts)
    assert len(told) == len(texts)
    for text, disguised in zip(texts, told, strict=True):
        assert disguised or not fold(text).changed
        assert may_be_disguised([text]) == [disguised]


def test_ordinary_comments_are_passed_over():
    plain = ["The council meets on Tuesday, at 10, to vote on the new bus lane!", "I agree. See page 4 (or 5).", ""]
    assert may_be_disguised([*plain, "You are an 1d10t", "sooo good"]) == [False, False, False, True, True]
