"""An author's appeal is a new item for another person than the first, linked both ways, and counted."""

import json

import pytest
from builders import POLICY, put_comment
from cli_runs import InProcess
from sqlalchemy import text as sql

from moderator.domain.appeal import Outcome
from moderator.domain.comment import Status
from moderator.domain.decision import Action, ActorKind, Intent
from moderator.domain.queue import QueueQuery
from moderator.errors import ConfigError, DecisionConflictError, NotFoundError
from moderator.services.appeals import Appeals
from moderator.services.audit import verify
from moderator.services.review import Review
from moderator.services.stats import Stats
from moderator.services.subject import subject_data
from moderator.services.tabular import to_iso
from moderator.storage.chain import author_ref
from moderator.storage.decisions import DecisionWriter
from moderator.tui.views import present_card


@pytest.fixture
def people(database, clock):
    return [
        Review(database, POLICY, moderator=name, app_version="1", author_key=b"k" * 32, clock=clock)
        for name in ("anna", "olena")
    ]


@pytest.fixture
def appeals(database, clock):
    writer = DecisionWriter(policy=POLICY, app_version="1", author_key=b"k" * 32)
    return Appeals(database, writer, "operator", clock)


@pytest.fixture
def rejected(database, people, make_comment):
    with database.write() as conn:
        comment_id = put_comment(conn, make_comment())
    reject(people[0], comment_id)
    return comment_id


def reject(who, comment_id, action=Action.REJECT):
    reason = "insult" if action is Action.REJECT else None
    return who.decide(Intent(comment_id=comment_id, revision=1, action=action, reason_code=reason))


def test_an_author_is_given_their_appeals_and_what_came_of_them(database, people, appeals, rejected, clock):
    given = appeals.add(rejected, "I quoted the mayor.")
    with database.read() as conn:
        ref = author_ref(b"k" * 32, *conn.execute(sql("SELECT source, key FROM author")).one())

    def told():
        (comment,) = subject_data(database, ref, author_key=b"k" * 32)["comments"]
        return comment["appeals"]

    waiting = {
        "text": "I quoted the mayor.",
        "received_at": to_iso(given.received_at_ms),
        "against_seq": 1,
        "outcome": None,
        "settled_by_seq": None,
        "settled_at": None,
    }
    assert told() == [waiting]
    clock.advance(60)
    reject(people[1], rejected, Action.APPROVE)
    settled = {"outcome": "overturned", "settled_by_seq": 3, "settled_at": to_iso(clock())}
    assert told() == [waiting | settled]
    assert not {"anna", "olena", "operator"} & set(json.dumps(told()).split('"'))


@pytest.mark.parametrize(("action", "outcome"), [(Action.APPROVE, Outcome.OVERTURNED), (Action.REJECT, Outcome.UPHELD)])
def test_another_person_decides_and_both_decisions_know_each_other(  # noqa: PLR0917 - fixtures
    database, people, appeals, rejected, clock, action, outcome
):
    anna, olena = people
    appeal = appeals.add(rejected, "I quoted the mayor.\0")
    assert (appeal.decision_seq, appeal.moderator, appeal.text) == (1, "anna", "I quoted the mayor.")
    assert [row.id for row in olena.first_rows(QueueQuery())] == [rejected]
    card = olena.card(rejected)
    assert card.appeal == appeal
    line = present_card(card, olena.routing(card), {}).appeal
    assert "rejected by anna (insult or harassment)" in line
    assert "I quoted the mayor." in line
    for refused in (Action.APPROVE, Action.ESCALATE, Action.DEFER):
        with pytest.raises(DecisionConflictError, match="somebody else decides"):
            reject(anna, rejected, refused)
    decided = reject(olena, rejected, action).decision
    (settled,) = appeals.listed(settled=True)
    assert (settled.decided_seq, settled.outcome) == (decided.seq, outcome)
    assert appeals.listed() == []
    assert olena.card(rejected).appeal is None
    found = Stats(database, clock).report().decisions.appeals
    assert (found.received, found.open) == (1, 0)
    assert (found.upheld, found.overturned) == ((1, 0) if outcome is Outcome.UPHELD else (0, 1))
    assert verify(database).intact


def test_the_log_says_why_the_comment_is_open_again(people, appeals, rejected):
    appeals.add(rejected, "why")
    last = people[0].history(1)[0]
    assert (last.action, last.actor_kind, last.moderator) == (Action.APPEAL, ActorKind.IMPORT, "operator")
    assert (last.previous_status, last.new_status) == (Status.REJECTED, Status.PENDING)
    with pytest.raises(DecisionConflictError, match="can't be taken back"):
        people[0].undo_decision(last.seq)


def test_taking_the_second_decision_back_opens_the_appeal_again(people, appeals, rejected):
    appeals.add(rejected, "why")
    reject(people[1], rejected)
    people[1].undo()
    (appeal,) = appeals.listed()
    assert (appeal.decided_seq, appeal.outcome) == (None, None)
    reject(people[1], rejected, Action.APPROVE)
    assert appeals.listed(settled=True)[0].outcome is Outcome.OVERTURNED


def test_what_cannot_be_appealed_against(people, appeals, rejected, database, make_comment):
    with database.write() as conn:
        waiting = put_comment(conn, make_comment())
    with pytest.raises(DecisionConflictError, match="isn't rejected"):
        appeals.add(waiting, "why")
    with pytest.raises(NotFoundError):
        appeals.add(999, "why")
    with pytest.raises(ConfigError):
        appeals.add(rejected, " \0 ")
    appeals.add(rejected, "why")
    with pytest.raises(DecisionConflictError, match="isn't rejected"):
        appeals.add(rejected, "again")
    reject(people[1], rejected)
    with pytest.raises(DecisionConflictError, match="can't be appealed against again"):
        appeals.add(rejected, "again")


def test_erasing_the_comment_takes_the_author_s_words(database, appeals, rejected):
    appeals.add(rejected, "my own words")
    with database.write() as conn:
        conn.execute(sql("UPDATE comment SET status = 'erased'"))
    assert appeals.listed()[0].text == ""


def test_the_command_line_enters_lists_and_exports(tmp_path, monkeypatch):
    run = InProcess(tmp_path, monkeypatch)
    (tmp_path / "in.jsonl").write_text('{"id": "1", "text": "Some words."}\n')
    assert run("intake", "in.jsonl", "--article", "https://n.example/a").status == 0
    assert run("decide", 1, "reject", "--reason", "hate").status == 0
    assert run("appeal", "list").out.startswith("No appeal waits")
    assert "for somebody else than marta" in run("appeal", "add", 1, "--text", "I \x1b[2Jdid not").out
    assert "\x1b" not in run("appeal", "list").out
    refused = run("decide", 1, "approve")
    assert refused.status == 1
    assert "somebody else decides now" in refused.err
    assert run("decide", 1, "approve", "--moderator", "olena").status == 0
    (appeal,) = run("appeal", "list", "--all", "--json").json
    assert (appeal["outcome"], appeal["decided_seq"]) == ("overturned", 3)
    rows = run("export", "decisions", "--format", "jsonl").json
    assert [row["appeal_id"] for row in rows] == [1, 1, 1]
    assert [row["second_review_of"] for row in rows] == [None, None, 1]
    (told,) = run("stats", "--json").json
    assert told["decisions"]["appeals"] == {"received": 1, "open": 0, "upheld": 0, "overturned": 1}
    run.close()
