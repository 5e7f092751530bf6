"""The filter line: what it understands, what it says where it doesn't, and that what is written is read back."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from moderator.domain.comment import AuthorKind, Order, Status
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
        ("insult<0.3", QueueQuery(label=Label.INSULT, below=0.3)),
        ("label:insult=0.2..0.4", QueueQuery(label=Label.INSULT, at_least=0.2, below=0.4)),
        ("label:insult=0.7..1", QueueQuery(label=Label.INSULT, at_least=0.7)),
        ("insult<0.9 label:insult>0.5", QueueQuery(label=Label.INSULT, at_least=0.5, below=0.9)),
        ("age<2h", QueueQuery(younger_s=7_200)),
        ("age:30m", QueueQuery(younger_s=1_800)),
        ("age>3d", QueueQuery(older_s=259_200)),
        ("author:guest", QueueQuery(author_kind=AuthorKind.GUEST)),
        ('author:"guest"', QueueQuery(author="guest")),
        ('text:"closed again"', QueueQuery(text="closed again")),
        ("like:12", QueueQuery(like=12)),
        ("id:#12", QueueQuery(id=12, statuses=frozenset(Status))),
        ("id:12 status:rejected", QueueQuery(id=12, statuses=frozenset({Status.REJECTED}))),
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
        ("label:insult=0.6..0.2", "nothing from 0.6 to 0.2", "label:insult=0.3..0.7"),
        ("risk>7", "outside 0 to 1", "risk>0.5"),
        ("risk>nan", "outside 0 to 1", "risk>0.5"),
        ("status:gone", "no status 'gone'", "pending"),
        ("order:upwards", "no order 'upwards'", "newest"),
        ("lang:", "nothing behind it", "lang:ru"),
        ('author:"A', "never closed", 'author:"A. Reader"'),
        ("bridge article:ferry", "words without a colon", "article:"),
        ("status:,", "nothing behind it", "status:escalated"),
        ("risk<0.5", "can't be compared like this", "risk>0.5"),
        ("age<soon", "'soon' isn't an age".replace("soon", "<soon"), "age<2h"),
        ("id:twelve", "isn't the number of a comment", "id:1204"),
        ("insult>0.1 threat>0.2", "one label only (from character 12)", "label:insult"),
        ("lang:ru  lable:x", "(from character 10)", "label:insult>0.7"),
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
ages = st.integers(1, 90_000).map(lambda minutes: minutes * 60)
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
        author_kind=st.none() | st.sampled_from(AuthorKind),
        text=st.none() | words,
        younger_s=st.none() | ages,
        older_s=st.none() | ages,
        like=st.none() | st.integers(1, 10**12),
        id=st.none() | st.integers(1, 10**12),
        score=st.none() | st.tuples(st.sampled_from(Label), share, st.none() | share, st.booleans()),
    )
)
# The first draw builds a table of all characters, which takes a second on a busy machine.
@settings(suppress_health_check=[HealthCheck.too_slow])
def test_what_is_written_is_read_back(fields):
    label, first, second, swapped = fields.pop("score") or (None, None, None, False)
    at_least, below = (second, first) if swapped else (first, second)
    query = QueueQuery(label=label, at_least=at_least, below=below, **fields)
    assert parse_filter(format_filter(query)) == query
