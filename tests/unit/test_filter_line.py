"""The filter line: what it understands, what it says where it doesn't, and that what is written is read back."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from moderator.domain.comment import Order, Status
from moderator.domain.filter import KEYS, format_filter, parse_filter
from moderator.domain.queue import QueueQuery
from moderator.domain.score import Label
from moderator.errors import ConfigError


@pytest.mark.parametrize(
    ("line", "query"),
    [
        ("", QueueQuery()),
        ("   ", QueueQuery()),
        ("label:insult>0.7", QueueQuery(label=Label.INSULT, at_least=0.7)),
        ("label:insult>=0,7", QueueQuery(label=Label.INSULT, at_least=0.7)),
        ("insult>0.7", QueueQuery(label=Label.INSULT, at_least=0.7)),
        ("label:threat", QueueQuery(label=Label.THREAT, at_least=0.5)),
        ('label:"identity attack>0.3"', QueueQuery(label=Label.IDENTITY_ATTACK, at_least=0.3)),
        ("risk>0.8", QueueQuery(min_risk=0.8)),
        ("risk:0.8", QueueQuery(min_risk=0.8)),
        ("lang:RU section:world source:demo", QueueQuery(language="ru", section="world", source="demo")),
        ('author:"A. Reader"', QueueQuery(author="A. Reader")),
        ("bridge closed", QueueQuery(article="bridge closed")),
        ('article:"the bridge"', QueueQuery(article="the bridge")),
        ("status:escalated,deferred", QueueQuery(statuses=frozenset({Status.ESCALATED, Status.DEFERRED}))),
        ("status:all", QueueQuery(statuses=frozenset(Status))),
        ("order:newest мост", QueueQuery(order=Order.NEWEST, article="мост")),
    ],
)
def test_lines_that_are_understood(line, query):
    assert parse_filter(line) == query


def test_an_order_that_is_not_named_stays():
    assert parse_filter("lang:ru", Order.BEST).order is Order.BEST


@pytest.mark.parametrize(
    ("line", "said", "shown"),
    [
        ("lable:insult", "'lable' isn't something to filter by", "label:insult>0.7"),
        ("label:insul>0.5", "no label 'insul'", "label:insult>0.7"),
        ("label:insult>much", "'much' isn't a number", "label:insult>0.7"),
        ("risk>7", "outside 0 to 1", "risk>0.5"),
        ("risk>nan", "outside 0 to 1", "risk>0.5"),
        ("status:gone", "no status 'gone'", "pending"),
        ("order:upwards", "no order 'upwards'", "newest"),
        ("lang:", "nothing behind it", "lang:ru"),
        ('author:"A', "never closed", 'author:"A. Reader"'),
        ("bridge article:ferry", "words without a colon", "article:"),
        ("status:,", "nothing behind it", "status:escalated"),
    ],
)
def test_what_is_not_understood_is_named_with_an_example(line, said, shown):
    with pytest.raises(ConfigError) as caught:
        parse_filter(line)
    assert said in caught.value.message
    assert shown in caught.value.hint
    assert caught.value.exit_status == 2


def test_every_example_of_the_language_is_understood():
    for example in KEYS.values():
        parse_filter(example)


words = st.text(
    st.characters(codec="utf-8", exclude_characters='"', exclude_categories=["Cc", "Zs", "Zl", "Zp"]), min_size=1
)
share = st.floats(0, 1).map(lambda number: round(number, 3))


@given(
    st.builds(
        dict,
        statuses=st.frozensets(st.sampled_from(Status), min_size=1),
        section=st.none() | words,
        article=st.none() | words,
        author=st.none() | words,
        language=st.none() | st.sampled_from(["en", "ru", "uk"]),
        source=st.none() | words,
        min_risk=st.none() | share,
        score=st.none() | st.tuples(st.sampled_from(Label), share),
    )
)
def test_what_is_written_is_read_back(fields):
    label, at_least = fields.pop("score") or (None, None)
    query = QueueQuery(label=label, at_least=at_least, **fields)
    assert parse_filter(format_filter(query)) == query
