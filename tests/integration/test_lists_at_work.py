"""Word lists from the configuration to the queue, the card, the log, and what each entry was worth."""

from dataclasses import replace

import numpy as np
import pytest
from builders import POLICY, START_MS, Clock, make_comment, put_comment, put_scores
from cli_runs import InProcess
from sqlalchemy import select

from moderator.config import load
from moderator.config.watch import SettingsWatch, changes
from moderator.domain.decision import Action
from moderator.domain.policy import Route, Threshold
from moderator.domain.score import Label, ScorerId, ScoreSet, SpanRole
from moderator.domain.word_lists import WordList, WordLists
from moderator.errors import ConfigError
from moderator.services.tuning.replay import ROUTES, Replay
from moderator.services.tuning.trial import Tuning
from moderator.storage.columns import COMMENT
from moderator.storage.engine import Database
from moderator.storage.routes import reroute
from moderator.storage.scores import Scored, save

LISTS = WordLists((WordList("scams", ("free crypto", "never said")), WordList("grave", ("argh*",), first=True)))
LISTED = replace(POLICY, lists=LISTS)
SCORER = ScorerId("embedded", "1", "feedfacecafe")


def put(conn, body, toxicity=0.1, **columns):
    comment_id = put_comment(conn, make_comment(body=body, language="en"), scoring="scored", **columns)
    put_scores(conn, comment_id, {"toxicity": toxicity, "insult": 0.1, "collective_blame": 0.1})
    return comment_id


def where(database):
    with database.read() as conn:
        return {row.id: (row.route, row.risk, row.lead_label) for row in conn.execute(select(COMMENT))}


def test_a_listed_word_moves_a_comment_when_it_is_scored_and_when_the_lists_change(database):
    with database.write() as conn:
        first = put_comment(conn, make_comment(body="Get FREE  Crypto here", language="en"))
        rest = [put(conn, body) for body in ("Arghhh!", "Cryptography is free", "nothing")]
        said = ScoreSet(SCORER, "en", {Label.TOXICITY: 0.1})
        (routed,) = save(conn, [Scored(first, 1, (said,))], LISTED, START_MS).scored
    assert routed.routing.route is Route.REVIEW
    assert where(database)[first] == ("review", 0.5, None)
    with database.write() as conn:
        assert reroute(conn, LISTED, 0, 100) == (None, 3)
    assert where(database)[rest[0]][:2] == ("priority", 0.8)
    assert {where(database)[each][0] for each in rest[1:]} == {"approve"}
    with database.write() as conn:
        reroute(conn, POLICY, 0, 100)
    assert {each[0] for each in where(database).values()} == {"approve"}


def test_the_log_names_entry_and_version_and_the_card_marks_the_word(database, clock):
    from moderator.domain.decision import Intent
    from moderator.services.review import Review
    from moderator.tui.views import present_card

    with database.write() as conn:
        mild, both = put(conn, "So: FREE crypto!"), put(conn, "free crypto, argh", toxicity=0.8)
    review = Review(database, LISTED, moderator="anna", app_version="1", author_key=b"key", clock=clock)
    card = review.card(mild)
    view = present_card(card, review.routing(card), LISTED.thresholds)
    assert view.why == f'list {LISTS.lists[0]}: "free crypto"'
    assert [(view.body[one.start : one.end], one.role, one.severe) for one in view.evidence] == [
        ("FREE crypto", SpanRole.LISTED, False)
    ]
    intents = [Intent(comment_id=each, revision=1, action=Action.APPROVE) for each in (mild, both)]
    rules = [review.decide(each).decision.rule for each in intents]
    assert rules[0] == f'list {LISTS.lists[0]}: "free crypto"'
    scams, grave = LISTS.lists
    assert rules[1] == f'list {grave}: "argh*"; list {scams}: "free crypto"; toxicity 0.8000 >= 0.7 -> review'


@pytest.fixture
def past(database):
    """Comments by what they hold, decided as a person would: each body, how often, how often rejected."""
    with database.write() as conn:
        for body, count, rejected, toxicity in (
            ("free crypto", 6, 5, 0.1),
            ("argh", 3, 0, 0.95),
            ("arghh free crypto", 2, 1, 0.1),
            ("plain", 4, 0, 0.75),
        ):
            for number in range(count):
                comment_id = put(conn, body, toxicity, status="rejected" if number < rejected else "approved")
                _decide(conn, comment_id, "reject" if number < rejected else "approve")
        put(conn, "free crypto")
    return database


def _decide(conn, comment_id, action):
    from moderator.storage.decisions import DecisionWriter, Draft

    writer = DecisionWriter(policy=POLICY, app_version="1", author_key=b"key")
    draft = Draft(comment_id=comment_id, action=Action(action), moderator="anna", seconds_open=5.0)
    writer.append(conn, draft, now_ms=START_MS)


def test_each_entry_shows_what_it_was_worth_and_which_never_fired(past):
    tuning = Tuning(past, LISTED, Clock())
    found = {one.entry: one for one in tuning.lists(tuning.history())}
    told = {entry: (one.fired, one.alone, one.decided, one.rejected) for entry, one in found.items()}
    assert told == {"free crypto": (9, 9, 8, 6), "never said": (0, 0, 0, 0), "argh*": (5, 2, 5, 1)}
    assert found["free crypto"].precision.low < 0.75 < found["free crypto"].precision.high
    assert not found["never said"].precision.known


@pytest.mark.parametrize("share", [0.0, 0.5])
def test_a_replay_of_the_stored_past_is_the_policy_one_by_one(past, share):
    own = {Label.TOXICITY: Threshold(0.05, 0.06)}
    policy = replace(
        LISTED, audit_share=share, sources={"site": own}, languages={"en": {Label.INSULT: Threshold(0.05, 1)}}
    )
    for wanted in (LISTED, POLICY, policy, replace(policy, sources={}), replace(policy, languages={})):
        tuning = Tuning(past, wanted, Clock())
        replay = Replay(tuning.history().comments)
        with past.write() as conn:
            conn.execute(COMMENT.update().values(status="pending"))
            reroute(conn, wanted, 0, 100)
        stored = where(past)
        codes = [ROUTES[code].value for code in replay.routes(wanted)]
        assert codes == [stored[each][0] for each in replay.comments.ids.tolist()]
        assert np.allclose(replay.risks(wanted), [stored[each][1] for each in replay.comments.ids.tolist()])
        assert tuning.trial().counts(wanted.thresholds) == replay.counts(wanted)
    with pytest.raises(ValueError, match="word lists"):
        replay.routes(replace(LISTED, lists=WordLists((WordList("other", ("word",)),))))


def test_lists_come_from_the_configuration_with_faults_at_their_place(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "none"))
    file, words = tmp_path / "config.toml", tmp_path / "words.txt"
    words.write_text("# ours\nfree crypto\n", encoding="utf-8")
    table = "[[policy.lists]]\n"
    head = f"{table}name = 'one'\nwords = ['a']\n"
    file.write_text(
        head + "[[policy.lists]]\nname = 'two'\nfile = 'words.txt'\naction = 'priority'\n", encoding="utf-8"
    )
    before = load(env={})
    assert [(each.name, each.words, each.first) for each in before.policy().lists.lists] == [
        ("one", ("a",), False),
        ("two", ("free crypto",), True),
    ]
    watch = SettingsWatch()
    watch.look(before), watch.look(before)
    words.write_text("free crypto\nmore\n", encoding="utf-8")
    assert watch.look(before) is None
    after = watch.look(before)
    assert after is not None
    assert [change.key for change in changes(before, after)] == ["policy.lists"]
    assert after.config_hash != before.config_hash
    for written, said in (
        ("c++\n", r"words.txt, line 1: policy.lists.1 \(two\): 'c\+\+' holds no word"),
        (None, "config.toml, line 4: policy.lists.1.file .two.: .*No such file"),
    ):
        words.write_text(written, encoding="utf-8") if written else words.unlink()
        with pytest.raises(ConfigError, match=said):
            load(env={})
    for text, said, hint in (
        (
            f"{table}name = 'a'\n{table}name = 'b'\nwrods = ['x']\n",
            "line 5: .*not a setting",
            "words",
        ),
        (
            head + "action = 'reject'\n",
            "line 4: policy.lists.0.action = 'reject': allowed is one of flag, p",
            "",
        ),
        (head + head, "two lists share the name 'one'", ""),
        ("[[policy.lists]]\nname = 'one'\n", "neither words nor a file", ""),
    ):
        file.write_text(text, encoding="utf-8")
        with pytest.raises(ConfigError, match=said) as caught:
            load(env={})
        assert hint in (caught.value.hint or "")


def test_the_queue_says_that_a_list_put_a_comment_there(database, clock):
    from types import SimpleNamespace

    from moderator.services.review import Review
    from moderator.tui.posting import present_rows

    with database.write() as conn:
        listed, quiet = put(conn, "free crypto"), put(conn, "nothing", 0.2)
        unjudged = put_comment(conn, make_comment(body="nothing", language="en"), scoring="scored")
        put_scores(conn, unjudged, {"toxicity": None})
        reroute(conn, LISTED, 0, 100)
    review = Review(database, LISTED, moderator="anna", app_version="1", author_key=b"key", clock=clock)
    services = SimpleNamespace(review=review, policy=LISTED)
    rows = {row.id: row.listed for row in present_rows(services, review.rows([listed, quiet, unjudged]))}
    assert rows == {listed: True, quiet: False, unjudged: False}


def test_what_each_entry_was_worth_is_printed_and_told_as_json(tmp_path, monkeypatch):
    cli = InProcess(tmp_path, monkeypatch)
    assert cli("tune", "lists").status == 1
    (tmp_path / "config.toml").write_text(
        "[[policy.lists]]\nname = 'one'\nwords = ['free crypto', 'argh*']\n", encoding="utf-8"
    )
    with Database.open(f"sqlite:///{tmp_path / 'desk.sqlite3'}") as db, db.write() as conn:
        _decide(conn, put(conn, "free crypto, please"), "reject")
    found = cli("--database", tmp_path / "desk.sqlite3", "tune", "lists")
    assert (found.status, "Never fired in 1 comments: argh*" in found.out) == (0, True)
    assert any(line.split()[:6] == ["free", "crypto", "1", "1", "1", "1"] for line in found.out.splitlines())
    (told,) = cli("--database", tmp_path / "desk.sqlite3", "tune", "lists", "--json").json
    assert [(one["entry"], one["fired"], one["rejected"]) for one in told["entries"]] == [
        ("free crypto", 1, 1),
        ("argh*", 0, 0),
    ]
    assert cli("--database", tmp_path / "desk.sqlite3", "tune", "lists", "--list", "two").status == 2
    assert "list one@" in cli("check", "FREE crypto").out
