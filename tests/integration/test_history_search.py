"""Searching the log: what a line means, and that the database finds it, on both."""

import builders
import pytest

from moderator.domain.decision import Action, Intent
from moderator.domain.decision_log import DecisionFilter
from moderator.domain.filter import FilterError
from moderator.domain.history_filter import HISTORY_KEYS, parse_history
from moderator.services.review import Review
from moderator.storage.text_index import index_texts

NOW = builders.START_MS


@pytest.mark.parametrize(
    ("line", "wanted"),
    [
        ("", DecisionFilter()),
        ("by:anna action:reject", DecisionFilter(moderator="anna", action=Action.REJECT)),
        ("reason:spam section:world", DecisionFilter(reason="spam", section="world")),
        ("since:2d", DecisionFilter(since_ms=NOW - 172_800_000)),
        ("until:2026-11-01T12:00", DecisionFilter(until_ms=NOW)),
        ("until:2026-11-01T13:00+01:00", DecisionFilter(until_ms=NOW)),
        ('comment:12 "closed again"', DecisionFilter(comment_id=12, text="closed again")),
        ("text:bridge closed", DecisionFilter(text="bridge closed")),
        ("source:demo article:bridge", DecisionFilter(source="demo", article="bridge")),
    ],
)
def test_a_line_says_what_it_means(line, wanted):
    assert parse_history(line, NOW) == wanted


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("bye:anna", "by:anna"),
        ("action:remove", "action: approve, reject"),
        ("since:soon", "since:2d"),
        ("comment:x", "comment:1204"),
        ("by:", "by:anna"),
        ('text:"open', "text:"),
    ],
)
def test_a_mistake_is_named_with_how_it_is_meant(line, said):
    with pytest.raises(FilterError) as caught:
        parse_history(line, NOW)
    assert said in caught.value.hint


@pytest.mark.parametrize("example", HISTORY_KEYS.values())
def test_every_example_can_be_read(example):
    assert parse_history(example, NOW) != DecisionFilter()


def test_the_log_is_found_by_reason_section_and_words(database, clock):
    with database.write() as conn:
        bodies = ("The bridge is closed.", "A new BRIDGE!", "Nothing of that kind.")
        ids = [
            builders.put_comment(
                conn, builders.make_comment(body=body, section=section, article_url=f"https://n/{section}")
            )
            for body, section in zip(bodies, ("local", "world", "local"), strict=True)
        ]
        index_texts(conn, ids)
    review = Review(database, builders.POLICY, moderator="anna", app_version="1", author_key=b"k" * 32, clock=clock)
    for comment_id, reason in zip(ids, ("spam", "insult", "spam"), strict=True):
        review.decide(Intent(comment_id=comment_id, revision=1, action=Action.REJECT, reason_code=reason))

    def found(line):
        return [one.comment_id for one in review.history(10, None, parse_history(line, clock()))]

    assert found("reason:spam") == [ids[2], ids[0]]
    assert found("section:world") == [ids[1]]
    assert found("bridge") == [ids[1], ids[0]]
    assert found("bridge reason:spam") == [ids[0]]
    assert found("by:olena") == []
    assert [one.number for one in review.revisions(ids[0])] == [1]
