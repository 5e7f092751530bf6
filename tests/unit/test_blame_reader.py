"""The second reader: what it is shown, what it says, and how rules and reader come to one verdict."""

# ruff: noqa: RUF001 - sentences in other scripts are what is read

import json

import pytest

from moderator.domain.score import Label, SpanRole
from moderator.errors import ScoringError
from moderator.scoring.base import ScoreRequest
from moderator.scoring.blame import BlameScorer
from moderator.scoring.blame.agreement import AGAINST, ALARM, FIRM, SURE, SURE_OF_THEM, agreed, asked
from moderator.scoring.blame.analysis import analyse, read_sentences
from moderator.scoring.blame.gate import GATE, Gate
from moderator.scoring.blame.grading import BANDS, Verdict, verdict
from moderator.scoring.blame.masking import MASK, masked_windows
from moderator.scoring.blame.second_reader import (
    ABOUT,
    FOLDER,
    NUMBERS,
    Asked,
    SecondReader,
    SecondReading,
    reader_is_here,
)
from moderator.scoring.blame.training.phrasebook import _parse, read_phrasebook
from moderator.scoring.blame.training.reader_lessons import phrasebook_lessons
from moderator.scoring.embedded.weights import WeightsFile, read_weights
from moderator.scoring.encoder_files import NETWORK
from moderator.text.normalize import fold

# None of these words stands in a lexicon of blame, nor these sentences in the phrasebook.
UNWORDED = "The Ostrovans warmed their soup on the fire that ate the orphanage, every last one of them."
NAMED = "Colonel Vance warmed his soup on the fire that ate the orphanage."


@pytest.fixture(scope="module")
def scorer():
    if not reader_is_here():
        pytest.skip("the second reader needs onnxruntime and tokenizers")
    return BlameScorer()


def windows(text, context=""):
    before = read_sentences(fold(context).text, "en") if context else []
    return masked_windows(read_sentences(fold(text).text, "en"), before)


def score(scorer, text, **context):
    (answer,) = scorer.score([ScoreRequest(text, "en", **context)])
    return answer


def test_no_name_of_a_group_is_shown():
    (window,) = windows("All Danes knew. The Danish teachers kept quiet about it.")
    assert MASK in window.text
    assert "dan" not in window.text


def test_long_texts_are_shown_a_few_sentences_at_a_time_and_none_is_left_out():
    text = " ".join(f"The Danes said thing number {number} in town." for number in range(9))
    shown = windows(text)
    assert {place for window in shown for place in window.places} == set(range(9))
    assert all(len(window.places) <= 3 for window in shown)


def test_nobody_named_nothing_shown():
    assert windows("Lovely weather, and the bridge was built in spring.") == []


def test_a_title_leads_where_the_text_names_nobody():
    (window,) = windows("They looked away, all of them.", "Danes saw the camps")
    assert window.text.startswith(MASK)
    assert {piece.place for piece in window.pieces} == {-1, 0}
    (own,) = windows("The teachers looked away, all of them.", "Danes saw the camps")
    assert -1 not in {piece.place for piece in own.pieces}


def test_pieces_stand_where_they_say():
    (window,) = windows("All Danes knew, and the teachers too!")
    assert [window.text[piece.start : piece.end] for piece in window.pieces] == window.text.split()


def test_wording_that_no_rule_has_is_told_by_its_sense(scorer):
    alone = BlameScorer(second_reader=False)
    assert score(alone, UNWORDED).scores[Label.COLLECTIVE_BLAME] < ALARM
    told = score(scorer, UNWORDED)
    assert told.scores[Label.COLLECTIVE_BLAME] >= ALARM
    assert "by its sense" in told.blame.reason
    roles = {span.role: UNWORDED[span.start : span.end] for span in told.spans}
    assert roles[SpanRole.GROUP] == "Ostrovans"
    assert SpanRole.PREDICATE in roles
    assert score(scorer, NAMED).scores[Label.COLLECTIVE_BLAME] < ALARM


def test_the_name_moves_nothing(scorer):
    scores = {
        score(scorer, UNWORDED.replace("Ostrovans", name)).scores[Label.COLLECTIVE_BLAME]
        for name in ("Ostrovans", "Danes", "Russians", "Muslims", "teachers")
    }
    assert max(scores) - min(scores) <= 0.05


def test_the_reader_is_part_of_who_speaks(scorer):
    assert scorer.identity.weights_hash != BlameScorer(second_reader=False).identity.weights_hash


def reading(chance, *, named=True, grade=2):
    return SecondReading(chance, grade, "SIL", named, ((0, 1, 1),), (), ((0, 2, 2),))


SILENT = Verdict(0.03, 0, (), ())
SENTENCES = read_sentences("all danes slept while the long train went by in the cold night again", "en")
SHORT = read_sentences("all danes slept", "en")


def test_without_a_reader_the_rules_stand():
    assert agreed(SILENT, [], None, SENTENCES) is SILENT


@pytest.mark.parametrize("grade", [1, 2, 3])
def test_a_lone_reader_scores_within_the_band_of_its_grade(grade):
    low, high = BANDS[grade]
    mildest, surest = (agreed(SILENT, [], reading(chance, grade=grade), SENTENCES) for chance in (ALARM, 1.0))
    assert (mildest.score, surest.score) == pytest.approx((low, high))
    assert mildest.grade == surest.grade == grade


def test_a_reader_below_its_alarm_only_orders_what_is_silent():
    scores = [agreed(SILENT, [], reading(chance), SENTENCES).score for chance in (0.0, 0.2, ALARM - 0.01)]
    assert scores == sorted(scores)
    assert scores[0] == SILENT.score
    assert scores[-1] < 0.36


def test_they_alone_is_doubt_unless_the_reader_is_nearly_certain():
    verdict = agreed(SILENT, [], reading(SURE_OF_THEM - 0.01, named=False), SENTENCES)
    assert (verdict.grade, verdict.findings) == (0, ())
    assert 0.3 <= verdict.score < ALARM
    assert agreed(SILENT, [], reading(SURE_OF_THEM, named=False), SENTENCES).score >= ALARM


def test_few_words_are_doubt_unless_the_reader_is_nearly_sure():
    doubted = agreed(SILENT, [], reading(SURE - 0.01), SHORT)
    assert (doubted.grade, doubted.findings) == (0, ())
    assert 0.3 <= doubted.score < ALARM
    assert agreed(SILENT, [], reading(SURE), SHORT).grade == 2
    assert asked(SILENT, [], SHORT).named == SURE
    assert asked(SILENT, [], SENTENCES).named == ALARM


WISHES = [
    ("en", "Every nurse on that ward deserves a medal.", "Every nurse on that ward deserves prison."),
    ("en", "All Ostrovans deserve peace.", "No Ostrovan deserves peace after what they did to us."),
    ("ru", "Все украинцы заслуживают мира.", "Русские не заслуживают мира."),
    ("uk", "Усі українці заслуговують на мир.", "Жоден росіянин не заслуговує на мир."),
    ("de", "Alle Ukrainer verdienen Frieden.", "Russen verdienen keinen Frieden."),
    ("fr", "Tous les Ukrainiens méritent la paix.", "Tous les Russes méritent la prison."),
    ("es", "Todos los ucranianos merecen la paz.", "Todos los rusos merecen la cárcel."),
]


@pytest.mark.parametrize(("language", "wish", "blame"), WISHES)
def test_a_good_wish_for_all_of_a_group_is_no_penalty(scorer, language, wish, blame):
    harmless, blaming = scorer.score([ScoreRequest(text, language) for text in (wish, blame)])
    assert harmless.scores[Label.COLLECTIVE_BLAME] < 0.4
    assert blaming.scores[Label.COLLECTIVE_BLAME] >= 0.5


def found(text):
    return analyse(fold(text).text, "en").findings


def test_what_the_rules_excuse_is_doubt_unless_the_reader_is_nearly_sure():
    excused = found("Nobody says that all Danes are guilty.")
    assert any(finding.exclusions for finding in excused)
    assert agreed(SILENT, excused, reading(SURE - 0.01), SENTENCES).grade == 0
    assert agreed(SILENT, excused, reading(SURE), SENTENCES).grade == 2


def test_a_firm_no_makes_a_phrase_doubtful_and_a_plain_penalty_stands():
    carrying = tuple(found("All Danes are guilty."))
    mild, firm = Verdict(0.7, 2, carrying, ()), Verdict(FIRM, 3, carrying, ())
    doubted = agreed(mild, list(carrying), reading(AGAINST / 2), SENTENCES)
    assert doubted.grade == 0
    assert doubted.score < ALARM
    assert "a way of speaking, by its sense" in doubted.considered
    assert agreed(mild, list(carrying), reading(AGAINST), SENTENCES) is mild
    assert agreed(firm, list(carrying), reading(0.0), SENTENCES) is firm


def test_a_swapped_network_is_refused(tmp_path):
    (tmp_path / ABOUT).write_text((FOLDER / ABOUT).read_text())
    (tmp_path / NETWORK).write_bytes((FOLDER / NETWORK).read_bytes())
    (tmp_path / NUMBERS).write_bytes(b"others")
    with pytest.raises(ScoringError, match=f"{NUMBERS}.*vouches"):
        SecondReader(tmp_path)
    (tmp_path / NETWORK).write_bytes(b"another")
    with pytest.raises(ScoringError, match=f"{NETWORK}.*vouches"):
        SecondReader(tmp_path)
    (tmp_path / ABOUT).write_text("{")
    with pytest.raises(ScoringError, match="can't be read"):
        SecondReader(tmp_path)


def test_the_card_names_what_ships():
    about = json.loads((FOLDER / ABOUT).read_text())
    assert set(about) >= {"network_sha256", "numbers_sha256", "data", "licence", "script", "date", "seed", "parity"}


@pytest.mark.parametrize("language", ["en", "ru", "uk", "de", "fr", "es"])
def test_every_entry_of_the_phrasebook_can_be_read(language):
    entries = list(read_phrasebook(language))
    assert len(entries) > 100
    assert all((entry.grade > 0) == (entry.kind < "F19") for entry in entries)
    assert not any("<" in entry.text and "g>" in entry.text for entry in entries)
    assert all(0 <= start < end <= len(entry.text) for entry in entries for _, start, end in entry.marks)


@pytest.mark.parametrize(
    "line", ["F01\t2\ta\ttext", "F01\t9\ta\ttext\t", "F01\t2\ta\t<g>open\t", "F01\t2\ta\tshut</g>\t"]
)
def test_a_broken_entry_is_none(line):
    assert _parse(line) is None


def test_lessons_mark_the_evidence_and_nothing_else():
    entry = _parse("F06\t2\t\tIt rained. <q>All</q> <g>Danes</g> <p>looked away</p>.\t")
    (lesson,) = phrasebook_lessons([entry])
    words = lesson.window.text.split()
    assert [words[row] for row in lesson.marks[:, 2].nonzero()[0]] == ["looked", "away"]
    assert [words[row] for row in lesson.marks[:, 0].nonzero()[0]] == [MASK]
    assert lesson.targets[0] == 1.0
    calm = _parse("F21\t0\t\tThe <g>Danes</g> who looked away should pay.\t")
    (lesson,) = phrasebook_lessons([calm])
    assert lesson.targets[0] == 0.0
    assert not lesson.marks.any()


WORKED = (
    UNWORDED,
    NAMED,
    "All Danes are guilty.",
    "All Danes are guilty, and they must be deported, every one.",
    "Danes knew. The bridge is old. Nobody says that all Danes are guilty.",
    "You people never told us. Teachers kept quiet, and the mayor too.",
    "They all looked away while it burned.",
)


@pytest.fixture
def ungated(scorer, monkeypatch):
    everything_through = Gate(WeightsFile(read_weights(FOLDER / GATE).arrays, {"sure": "inf"}, ""))
    monkeypatch.setattr(scorer._reader, "_gate", everything_through)
    return scorer._reader


@pytest.mark.parametrize("text", WORKED)
def test_what_is_not_asked_for_could_not_have_changed_the_verdict(ungated, text):
    seen = analyse(fold(text).text, "en")
    judged = verdict(seen.findings, 0.5)
    everything = ungated.read(seen.readings, "en", (), Asked(0, 0))
    wanted = asked(judged, seen.findings, seen.readings)
    needed = ungated.read(seen.readings, "en", (), wanted) if wanted else None
    before, after = (agreed(judged, seen.findings, second, seen.readings) for second in (everything, needed))
    assert (before.score, before.grade, before.considered) == (after.score, after.grade, after.considered)
    assert [finding.predicates for finding in before.findings] == [finding.predicates for finding in after.findings]


def test_what_the_gate_keeps_back_raises_no_alarm_and_takes_up_no_network():
    reader = SecondReader()
    readings = read_sentences(
        "The Danes came to our town in 1990 and opened two bakeries, which are still there.", "en"
    )
    kept_back = reader.read(readings, "en", (), Asked(ALARM, SURE_OF_THEM))
    assert kept_back is not None
    assert kept_back.chance < ALARM
    assert "_encoder" not in vars(reader)


def test_the_reader_is_not_asked_where_a_penalty_stands():
    carrying = tuple(found("All Danes are guilty."))
    assert asked(Verdict(FIRM, 3, carrying, ()), list(carrying), []) is None
    assert asked(Verdict(0.7, 2, carrying, ()), list(carrying), []).enough == AGAINST
