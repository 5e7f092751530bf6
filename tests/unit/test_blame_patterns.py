"""The phrase language, the data files and the tables made of them."""

import tomllib

import pytest

from moderator.errors import ScoringError
from moderator.scoring.blame.lexicon import LANGUAGES, check_schema, data_text, lexicon
from moderator.scoring.blame.patterns import PatternTable, compile_line
from moderator.scoring.blame.peoples import people_forms

MACROS = {"be": "is|are", "must": "must / have to"}


def found(line: str, text: str) -> list[str]:
    pattern = compile_line(line, "ACT", MACROS)
    return [match.group().strip() for match in PatternTable([pattern]).expression(0).finditer(f" {text} ")]


def test_a_gap_takes_a_few_words_and_no_mark():
    assert found("L s 2 | {be} ..2 guilty", "they are all very guilty") == ["are all very guilty"]
    assert found("L s 2 | {be} ..2 guilty", "they are , guilty") == []
    assert found("L s 2 | {be} ..2 guilty", "they are one two three guilty") == []


def test_optional_elements_beginnings_and_macros_of_several_words():
    assert found("L s 3 | {must} all? pay*", "they have to all pays") == ["have to all pays"]
    assert found("L s 3 | {must} all? pay*", "they must pay") == ["must pay"]


def test_the_rarest_element_is_the_anchor():
    pattern = compile_line("L s 2 | are ..1 complicit|culpable", "ACT", MACROS)
    assert pattern.exact == {"complicit", "culpable"}


def test_a_phrase_that_holds_a_negation_says_so():
    assert compile_line("I s 2 | no innocent §g", "INN", MACROS).negative
    assert not compile_line("L s 2 | are guilty", "ACT", MACROS).negative


@pytest.mark.parametrize(
    "line", ["L x 2 | guilty", "L s | guilty", "L s 2 | {nothing}", "L s 2 | ..2", "L s 2 | gu{ilty"]
)
def test_a_line_that_cannot_be_read_is_named(line):
    with pytest.raises(ScoringError, match="can't be read"):
        compile_line(line, "ACT", MACROS)


@pytest.mark.parametrize("code", LANGUAGES)
def test_every_pattern_of_every_language_compiles(code):
    table = lexicon(code).table
    assert len(table.patterns) > 100
    for number in range(len(table.patterns)):
        table.expression(number)


@pytest.mark.parametrize("code", LANGUAGES)
def test_every_language_file_states_source_and_licence(code):
    meta = tomllib.loads(data_text(f"{code}.toml"))["meta"]
    assert meta["language"] == code
    assert meta["source"]
    assert meta["licence"]


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"meta": {}}, "meta.language"),
        ({"surprise": {}}, "surprise"),
        ({"predicates": {"XXX": ""}}, "XXX"),
        ({"words": {"all": 3}}, "words.all"),
    ],
)
def test_the_schema_check_names_the_slip(change, says):
    raw = {**tomllib.loads(data_text("es.toml")), **change}
    with pytest.raises(ScoringError, match=says):
        check_schema("es", raw)


@pytest.mark.parametrize(
    ("language", "form", "reading"),
    [
        ("en", "danes", "p"),
        ("en", "dane", "s"),
        ("en", "norwegian", "as"),
        ("ru", "норвежцам", "p"),
        ("ru", "норвежец", "s"),
        ("ru", "турок", "ps"),
        ("uk", "норвежців", "p"),
        ("uk", "угорця", "s"),
        ("de", "ungar", "s"),
        ("de", "norwegern", "p"),
        ("fr", "norvégiennes", "ap"),
        ("es", "noruega", "as"),
    ],
)
def test_forms_of_peoples_follow_from_one_table(language, form, reading):
    assert set(reading) <= set(people_forms(language)[form])
