"""The key that asks what a comment's scores owe to the name of a group, and what the card says then."""

import threading
from types import SimpleNamespace

import builders
import pytest

from moderator.domain.score import Label, ScorerId, ScoreSet, SpanRole
from moderator.errors import ScoringError
from moderator.scoring.base import ScoringFailure
from moderator.services.name_swaps import NameSwaps
from moderator.text.visible import visible_line
from moderator.tui.name_question import NameQuestion, NameView


class Biased:
    """Scores one group's name high, whatever is said of it."""

    identity = ScorerId("biased", "1", "a")
    labels = frozenset({Label.TOXICITY, Label.INSULT})

    def __init__(self):
        self.asked = []

    def score(self, requests):
        self.asked += requests
        return [self.one(request) for request in requests]

    def one(self, request):
        named = "muslim" in request.text.lower()
        return ScoreSet(self.identity, "en", {Label.TOXICITY: 0.71 if named else 0.22, Label.INSULT: 0.85})


class Broken(Biased):
    def score(self, requests):
        raise ScoringError("the weights are gone", hint="Fetch them.")


class Speechless(Biased):
    def one(self, request):
        return ScoringFailure("no words in it")


class Slow(Biased):
    """Answers when it's let go."""

    def __init__(self):
        super().__init__()
        self.begun, self.go = threading.Event(), threading.Event()

    def score(self, requests):
        self.begun.set()
        assert self.go.wait(20)
        return super().score(requests)


@pytest.fixture
def asked_of(stored):
    """`asked_of(scorer)` connects the desk to services that ask this scorer about names."""

    def connecting(scorer):
        def connect():
            services = stored.services()
            services.name_swaps = NameSwaps(services.review, (scorer,), builders.POLICY)
            connections.append(services)
            return services

        return connect

    connections = []
    yield connecting
    for services in connections:
        services.db.close()


def put(stored, body="Muslims are idiots, as ever.", scores=None, **given):
    return stored.put(body, scores or {"toxicity": 0.71, "insult": 0.85}, language="en", **given)


async def answered(it, *words):
    await it.until(lambda: all(word in _flat(it) for word in words), words)


async def test_each_flagged_label_says_what_it_owes_to_the_name_until_the_key_is_pressed_again(desk, stored, asked_of):
    put(stored, article_title="The bridge")
    scorer = Biased()
    async with desk(connect=asked_of(scorer)) as it:
        before = it.text("#card"), it.text("#scores")
        await it.press("w")
        await answered(it, "with another group than “Muslims”", "the name hardly matters")
        assert "toxicity: 0.71 -> 0.22 when the group changes: the name drives this score" in _flat(it)
        assert "insult: 0.85, 0.85 to 0.85 when the group changes" in _flat(it)
        assert it.text("#status").split("drives")[1].strip() == "toxicity"
        assert scorer.asked[0].text == "Muslims are idiots, as ever."
        assert (scorer.asked[0].language, scorer.asked[0].title) == ("en", "The bridge")
        await it.press("w")
        assert (it.text("#card"), it.text("#scores")) == before


async def test_a_label_that_flags_nothing_is_told_of_only_where_none_does(desk, stored, asked_of):
    put(stored, scores={"toxicity": 0.2, "insult": 0.1})
    async with desk(connect=asked_of(Biased())) as it:
        await it.press("w")
        await answered(it, "toxicity: 0.71 -> 0.22")
        assert "insult:" not in it.text("#card")


async def test_an_answer_stays_with_its_comment(desk, stored, asked_of):
    put(stored)
    put(stored, scores={"toxicity": 0.6, "insult": 0.1})
    scorer = Slow()
    async with desk(connect=asked_of(scorer)) as it:
        await it.press("w", "j")
        await it.settled()
        scorer.go.set()
        assert "⇄" not in it.text("#card")
        await it.press("k")
        await answered(it, "toxicity: 0.71 -> 0.22")


async def test_the_name_is_masked_as_the_card_masks_it(desk, stored, asked_of):
    put(
        stored,
        scores={"toxicity": 0.9, "insult": 0.85},
        spans=[("Muslims are idiots", SpanRole.TOXIC, Label.TOXICITY)],
    )
    async with desk(connect=asked_of(Biased())) as it:
        await it.press("w")
        await answered(it, "“M••••••”")
        await it.press("v")
        await answered(it, "“Muslims”")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (("The bridge is closed.", "en"), "no group is named here that another could stand for"),
        (("Die Muslime sind schuld.", "de"), "names can be swapped in English alone; this is de"),
    ],
)
async def test_where_nothing_can_be_swapped_it_says_so_and_asks_nobody(desk, stored, asked_of, text, said):
    body, language = text
    stored.put(body, {"toxicity": 0.71}, language=language)
    async with desk(connect=asked_of(Broken())) as it:
        await it.press("w")
        await answered(it, "⇄")
        assert said in _flat(it)
        assert said in it.text("#status")


@pytest.mark.parametrize(
    ("scorer", "said"),
    [(Broken(), "! the weights are gone. Fetch them."), (Speechless(), "⇄ no scorer could judge this text")],
)
async def test_scorers_that_fail_are_a_sentence_and_the_desk_goes_on(desk, stored, asked_of, scorer, said):
    put(stored)
    async with desk(connect=asked_of(scorer)) as it:
        await it.press("w")
        await it.until(lambda: said in _flat(it), said)
        await it.press("a")
        await it.settled()
        assert stored.decisions() == [("approve", stored.ids[0])]


def test_an_answer_is_about_the_text_that_was_read_and_a_late_one_about_nothing():
    question = NameQuestion()
    shown, edited = (SimpleNamespace(row=SimpleNamespace(id=7, revision=number), has_masked=False) for number in (1, 2))
    first = question.ask(shown)
    second = question.ask(shown)
    answer = NameView(2, visible_line("Muslims"), lines=((visible_line("insult: 0.71"), True),))
    assert question.take(first, answer) is None
    assert question.take(second, answer) == 7
    assert question.said(shown, showing=True) == ()
    assert [line for line, _ in question.said(edited, showing=True)] == [
        "⇄ with another group than “Muslims”",
        "insult: 0.71",
    ]
    question.drop()
    assert question.take(second, answer) is None


async def test_decisions_do_not_wait_and_a_desk_that_closes_does_not_either(desk, stored, asked_of):
    put(stored)
    put(stored, scores={"toxicity": 0.6, "insult": 0.1})
    scorer = Slow()
    async with desk(connect=asked_of(scorer), size=(80, 24)) as it:
        await it.press("w")
        await it.until(scorer.begun.is_set, "the scorer is busy")
        assert "asking what other names would score" in _flat(it)
        await it.press("a")
        await it.settled()
        assert stored.decisions() == [("approve", stored.ids[0])]
    (thread,) = [one for one in threading.enumerate() if one.name == "moderator-reports-names"]
    scorer.go.set()
    thread.join(10)
    assert not thread.is_alive()
    assert it.app.return_code in {None, 0}


def _flat(it):
    """The card's words without its line breaks."""
    return " ".join(it.text("#card").split())
