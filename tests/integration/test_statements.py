"""Statements of reasons: letters in four languages, and JSON that keeps the EU Transparency Database's rules."""

import json

import pytest
from builders import POLICY, START_MS, put_comment, put_scores
from cli_runs import InProcess

from moderator.domain.decision import REASONS, Action, Intent
from moderator.domain.decision_log import DecisionFilter
from moderator.errors import ConfigError, NotFoundError
from moderator.services.review import Review
from moderator.services.statements.letters import SHIPPED, Letters
from moderator.services.statements.rules import category, lists, problems, territory
from moderator.services.statements.scrub import scrub
from moderator.services.statements.writing import Statements, Terms

ALL = DecisionFilter()


@pytest.fixture
def review(database, clock):
    return Review(database, POLICY, moderator="@anna", app_version="1", author_key=b"k" * 32, clock=clock)


@pytest.fixture
def rejected(database, review, make_comment):
    """A rejection for each reason, in four languages in turn, one of a batch, and one that was taken back."""
    with database.write() as conn:
        ids = [
            put_comment(conn, make_comment(language=[*SHIPPED, "fr", None][at % 6], author_name=f"Ann Reader{at}"))
            for at in range(len(REASONS))
        ]
        put_scores(conn, ids[0], {"insult": 0.9})
        gone = put_comment(conn, make_comment())
    for at, (comment_id, reason) in enumerate(zip(ids, REASONS, strict=True)):
        batch = "act" if at == 1 else None
        review.decide(
            Intent(comment_id=comment_id, revision=1, action=Action.REJECT, reason_code=reason.code, batch_id=batch)
        )
    review.decide(Intent(comment_id=gone, revision=1, action=Action.REJECT, reason_code="spam"))
    review.undo()
    return ids


def statements(database, folder=None, **terms):
    return Statements(database, Letters(folder), Terms(**terms))


def valid():
    return {
        "decision_visibility": ["DECISION_VISIBILITY_CONTENT_REMOVED"],
        "decision_ground": "DECISION_GROUND_INCOMPATIBLE_CONTENT",
        "incompatible_content_ground": "rules",
        "incompatible_content_explanation": "because",
        "content_type": ["CONTENT_TYPE_TEXT"],
        "category": "STATEMENT_CATEGORY_CYBER_VIOLENCE",
        "category_specification": ["KEYWORD_CYBER_HARASSMENT"],
        "territorial_scope": ["DE", "IS"],
        "content_language": "UK",
        "content_date": "2026-10-31",
        "application_date": "2026-11-01",
        "decision_facts": "facts",
        "source_type": "SOURCE_VOLUNTARY",
        "automated_detection": "Yes",
        "automated_decision": "AUTOMATED_DECISION_NOT_AUTOMATED",
        "puid": "a-1_B",
    }


def test_every_rejection_that_stands_gets_a_letter_and_a_statement(database, rejected, tmp_path):
    done = statements(database).write(ALL, tmp_path)
    assert (done.statements, done.letters, done.refused) == (10, 10, {})
    (batch,) = tmp_path.glob("statements-*.json")
    written = json.loads(batch.read_text())["statements"]
    assert len({each["puid"] for each in written}) == 10
    assert [problems(each) for each in written] == [[]] * 10
    first, second = written[:2]
    assert first["automated_detection"] == "Yes"
    assert second["automated_detection"] == "No"
    assert first["automated_decision"] == "AUTOMATED_DECISION_NOT_AUTOMATED"
    assert second["automated_decision"] == "AUTOMATED_DECISION_PARTIALLY"
    assert first["category_specification"] == ["KEYWORD_DISCRIMINATION"]
    assert set(first["territorial_scope"]) == set(territory())
    letters = [json.loads(line) for line in (tmp_path / "letters.jsonl").read_text().splitlines()]
    assert [each["language"] for each in letters[:6]] == [*SHIPPED, "en", "en"]
    assert all("https://news.example/bridge" in each["text"] and "2026-11-01" in each["text"] for each in letters)


def test_a_hundred_to_a_file(database, review, make_comment, tmp_path):
    with database.write() as conn:
        ids = [put_comment(conn, make_comment()) for _ in range(101)]
    review.decide_many([Intent(comment_id=i, revision=1, action=Action.REJECT, reason_code="spam") for i in ids])
    done = statements(database).write(ALL, tmp_path)
    files = sorted(tmp_path.glob("statements-*.json"))
    assert [len(json.loads(path.read_text())["statements"]) for path in files] == [100, 1]
    assert done.statements == 101


@pytest.mark.parametrize("language", SHIPPED)
@pytest.mark.parametrize("reason", [reason.code for reason in REASONS])
def test_each_language_has_its_own_words_for_each_reason(language, reason):
    letters = Letters()
    values = {
        "site": "Hill News",
        "terms_url": "https://hill.example/rules",
        "contact": "desk",
        "dispute_body": "body",
        "posted_on": "2026-10-31",
        "decided_on": "2026-11-01",
        "thread_url": "https://hill.example/1",
        "remote_id": "c1",
        "reason": "why",
        "detection": "detection",
        "decision": "decision",
    }
    values |= {name: letters.render(name, language, values, reason) for name in ("facts", "ground", "explanation")}
    text = letters.render("letter", language, values)
    for part in (*values.values(), "2022/2065"):
        assert part in text or part in {"c1", "why"}
    assert "{" not in text
    assert "\n\n5." in letters.render("letter", language, values | {"terms_url": ""})
    if language != "en":
        assert values["ground"] != letters.render("ground", "en", values, reason)


def test_names_addresses_and_handles_do_not_reach_the_database(database, review, make_comment, tmp_path):
    with database.write() as conn:
        comment_id = put_comment(conn, make_comment(author_name="Olena Hryhorivna"))
    review.decide(Intent(comment_id=comment_id, revision=1, action=Action.REJECT, reason_code="other"))
    leak = "olena wrote as Olena Hryhorivna (o.hr@mail.example, @olena_h, +49 170 1234567, t.me/olena), @anna said."
    own = f'facts = "{leak}"\n[reasons.other]\nground = "{leak}"\nexplanation = "{leak} {{{{ decided_on }}}}"\n'
    (tmp_path / "en.toml").write_text(own)
    statement = statements(database, tmp_path).statement(1)
    told = json.dumps(statement).lower()
    for secret in ("olena", "hryhorivna", "mail.example", "@", "1234567", "anna", "t.me"):
        assert secret not in told
    assert "2026-11-01" in statement["incompatible_content_explanation"]
    assert problems(statement) == []


@pytest.mark.parametrize(
    ("text", "clean"),
    [
        ("write to a.b+c@mail.example.org now", "write to [e-mail] now"),
        ("ask @some_one, or @a@social.example!", "ask [handle], or [handle]!"),
        ("call 0170 / no", "call 0170 / no"),
        ("call +380 (44) 123-45-67", "call [number]"),
        ("from 2026-11-22 on", "from 2026-11-22 on"),
        ("see https://www.instagram.com/abc?x=1 there", "see [profile] there"),
        ("МАРІЯ и Марія-Анна, марійка", "[name] и [name]-Анна, марійка"),
        ("Bo said so", "[name] said so"),
    ],
)
def test_scrubbing(text, clean):
    assert scrub(text, ["Марія", "Bo"]) == clean


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"decision_facts": None}, "decision_facts is missing"),
        ({"decision_facts": "x" * 5001}, "5000 at most"),
        ({"incompatible_content_ground": "x" * 501}, "500 at most"),
        ({"incompatible_content_explanation": "x" * 2001}, "2000 at most"),
        ({"incompatible_content_explanation": ""}, "incompatible_content_explanation is missing"),
        ({"decision_ground": "DECISION_GROUND_ILLEGAL_CONTENT"}, "illegal_content_legal_ground is missing"),
        ({"category": "STATEMENT_CATEGORY_RUDENESS"}, "isn't in the database's list"),
        ({"category_specification": ["KEYWORD_RUDE"]}, "isn't in the database's list"),
        ({"decision_visibility": "DECISION_VISIBILITY_OTHER"}, "is no list"),
        ({"territorial_scope": ["US"]}, "isn't in the database's list"),
        ({"content_language": "en"}, "two capital letters"),
        ({"content_date": "1999-12-31"}, "is before 2000-01-01"),
        ({"application_date": "2019-12-31"}, "is before 2020-01-01"),
        ({"application_date": "01.11.2026"}, "is no date"),
        ({"content_date": "2026-11-02"}, "application_date is before content_date"),
        ({"automated_detection": True}, "isn't in the database's list"),
        ({"automated_decision": "Yes"}, "isn't in the database's list"),
        ({"puid": "has a space"}, "puid has other characters"),
        ({"puid": "x" * 501}, "puid has other characters"),
        ({"url": "https://hill.example"}, "url is no field"),
    ],
)
def test_what_the_database_would_refuse_is_found(change, problem):
    assert problems(valid()) == []
    assert any(problem in found for found in problems(valid() | change))


def test_every_reason_has_a_category_and_keywords_of_the_list():
    for reason in (*REASONS, None):
        kind, keywords = category(reason.code if reason else None)
        assert kind in lists()["category"]
        assert set(keywords) <= set(lists()["category_specification"])
    assert category("house_style")[0] == "STATEMENT_CATEGORY_OTHER_VIOLATION_TC"
    assert category("spam", {"spam": "STATEMENT_CATEGORY_SELF_HARM"}) == ("STATEMENT_CATEGORY_SELF_HARM", ())


def test_templates_cannot_leave_the_sandbox(tmp_path):
    attacks = (
        "{{ ''.__class__.__mro__[1].__subclasses__() }}",
        "{{ site.__init__.__globals__ }}",
        "{% include '/etc/passwd' %}",
        "{{ nothing }}",
        "{% for %}",
    )
    for attack in attacks:
        (tmp_path / "en.toml").write_text(f'facts = "{attack}"\n')
        with pytest.raises(ConfigError, match="template facts"):
            Letters(tmp_path).render("facts", "en", {"site": "x"})
    (tmp_path / "en.toml").write_text('fact = "x"\n')
    with pytest.raises(ConfigError, match="fact isn't a text"):
        Letters(tmp_path)


def test_an_operator_s_own_words_and_language(database, rejected, tmp_path):
    (tmp_path / "fr.toml").write_text('[reasons.insult]\nground = "Nos regles"\n')
    made = statements(database, tmp_path, site="Hill News")
    letter = made.letter(5, "fr")
    assert letter.language == "fr"
    assert "on Hill News" in letter.text
    assert Letters().language("xx") == "en"
    with pytest.raises(ConfigError, match="no texts in 'xx'"):
        made.letter(5, "xx")
    with pytest.raises(ConfigError, match="no texts"):
        Letters(None, "xx")
    with pytest.raises(NotFoundError, match="isn't a rejection"):
        made.letter(12)


def test_the_command_line_writes_and_checks(tmp_path, monkeypatch):
    run = InProcess(tmp_path, monkeypatch)
    row = {"id": "1", "text": "Some words.", "author": "Ann", "posted_at": "1998-05-05T10:00:00Z", "lang": "de"}
    (tmp_path / "in.jsonl").write_text(json.dumps(row) + "\n" + json.dumps(row | {"id": "2", "posted_at": START_MS}))
    assert run("intake", "in.jsonl", "--article", "https://n.example/a").status == 0
    for number in (1, 2):
        assert run("decide", number, "reject", "--reason", "hate").status == 0
    told = run("statements", "show", 2).out
    assert "Ihr Kommentar vom 2026-11-01" in told
    assert "Hass gegen eine Gruppe" in told
    assert "hate against a group" not in told
    assert run("statements", "export", "--since", "2026-01-02", "--until", "2026-01-01", "--out", "told").status == 2
    assert "Your comment" in run("statements", "show", 2, "--language", "en").out
    refused = run("statements", "show", 2, "--language", "xx")
    assert (refused.status, "there are no texts in 'xx'\nUse: de, en, ru, uk." in refused.err) == (2, True)
    (told,) = run("statements", "show", 2, "--json").json
    assert problems(told) == []
    done = run("statements", "export", "--out", "told")
    assert done.status == 1
    assert "Decision 1: content_date is before 2000-01-01" in done.err
    assert "1 statements and 2 letters" in done.out
    assert run("statements", "check", "told/statements-0001.json").status == 0
    (tmp_path / "bad.json").write_text(json.dumps({"statements": [told | {"category": "X"}, told]}))
    bad = run("statements", "check", "bad.json")
    assert bad.status == 1
    assert "category has a value" in bad.out
    assert "twice" in bad.out
    assert run("statements", "check", "in.jsonl").status == 2
    run.close()
