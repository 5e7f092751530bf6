"""Groups that no list has, and the second look at wording that no phrase has. All sentences are this file's own."""

# ruff: noqa: RUF001 - sentences in other scripts are what is tested

import pytest

from moderator.domain.score import Label
from moderator.scoring.base import ScoreRequest
from moderator.scoring.blame import BlameScorer
from moderator.scoring.blame.analysis import analyse
from moderator.scoring.blame.grading import verdict
from moderator.scoring.blame.hunch import HUNCH, hunch_features
from moderator.scoring.blame.model import shipped
from moderator.scoring.blame.training.hunch import fitted

SCORER = BlameScorer()


def score(text, language):
    return SCORER.score([ScoreRequest(text, language)])[0].scores[Label.COLLECTIVE_BLAME]


@pytest.mark.parametrize(
    ("language", "blame", "harmless"),
    [
        ("ru", "Стекольщики виноваты все до единого.", "Стекольщики, которые подожгли склад, виноваты."),
        ("ru", "Купечество виновато в этом голоде целиком.", "Министр виноват в этом голоде целиком."),
        (
            "ru",
            "Все горнолыжники должны за это ответить.",
            "Те горнолыжники, что сошли с трассы, должны за это ответить.",
        ),
        ("uk", "Склярі винні всі до одного.", "Не всі склярі винні."),
        ("uk", "Усі перекупники мають за це заплатити.", "Ті перекупники, що крали, мають за це заплатити."),
        ("de", "Die Orgelbauer tragen die Schuld.", "Die Orgelbauer, die gelogen haben, tragen die Schuld."),
        ("de", "Ganz Quernheim hat weggeschaut.", "Er behauptet, ganz Quernheim habe weggeschaut."),
        ("fr", "Les luthiers sont coupables, tous.", "Les luthiers qui ont triché sont coupables."),
        ("fr", "La magistrature est complice de ces morts.", "Dire que la magistrature est complice est injuste."),
        ("es", "Los afiladores son culpables de todo esto.", "Los afiladores que mintieron son culpables."),
        ("es", "Todos los mariscadores deben pagar por esto.", "Algunos mariscadores deben pagar por esto."),
    ],
)
def test_people_named_by_an_ending_or_a_place_are_groups(language, blame, harmless):
    assert score(blame, language) >= 0.5
    assert score(harmless, language) < 0.5


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("ru", "Холодильники виноваты в пожаре, проводка исправна."),
        ("de", "Die Fenster sind schuld, es zieht."),
        ("ru", "Праздники виноваты в пробках."),
    ],
)
def test_things_with_the_ending_of_people_are_no_group(language, text):
    assert score(text, language) < 0.5


def test_a_suspicion_alone_is_never_an_alarm():
    seen = analyse("Усі склярі тримали ту драбину.", "uk")
    assert seen.findings
    assert verdict(seen.findings, 1.0, 0.5).grade == 0
    assert verdict(seen.findings, 0.0, 0.95).grade == 1


def test_the_second_look_never_overrules_an_exclusion():
    seen = analyse("Если все датчане виноваты, то и мы виноваты.", "ru")
    assert all(finding.exclusions for finding in seen.findings)
    assert verdict(seen.findings, 1.0, 1.0).score < 0.5


def test_the_second_look_is_the_same_for_every_name():
    texts = (
        "Все датчане держали эту лестницу.",
        "Все перуанцы держали эту лестницу.",
        "Все веларийцы держали эту лестницу.",
    )
    assert len({tuple(hunch_features(analyse(text, "ru"), "ru")) for text in texts}) == 1


def test_no_people_has_a_weight_in_the_second_look():
    words = {name.split(":")[1].split(">")[0] for name in shipped(HUNCH).weights if name[2:3] == ":"}
    assert not words & {"росси", "русск", "росія", "russe", "rusos", "украї", "украи", "немцы", "türke"}


def test_fitting_is_repeatable_and_finds_what_tells():
    rows = [(["group", "whole"], True), (["group", "number"], False)] * 20
    model = fitted(rows)
    assert model.weights == fitted(rows).weights
    assert model.probability(["group", "whole"]) > 0.7
    assert model.probability(["group", "number"]) < 0.3
