"""What a site's decisions teach: which count, which don't and why, and a calibration from the command line."""

from types import SimpleNamespace

import builders
import pytest
from cli_runs import InProcess

from moderator.domain.decision import Action, Intent
from moderator.domain.lessons import LeftOut
from moderator.domain.score import Label
from moderator.services.learning import gather_lessons
from moderator.services.review import Review
from moderator.storage.decisions import DecisionWriter, Draft
from moderator.storage.engine import Database

KEY = b"k" * 32


@pytest.fixture
def desk(database, clock):
    return site(database, clock)


def site(database, clock):
    """A moderator, and comments to decide."""
    review = Review(database, builders.POLICY, moderator="anna", app_version="1", author_key=KEY, clock=clock)

    def put(body="A comment.", **given):
        with database.write() as conn:
            return builders.put_comment(conn, builders.make_comment(body=body, language="en", **given))

    def decide(action=Action.APPROVE, body="A comment.", seconds=9.0, **given):
        comment_id = put(body)
        review.decide(Intent(comment_id=comment_id, revision=1, action=action, seconds_open=seconds, **given))
        return comment_id

    return SimpleNamespace(review=review, put=put, decide=decide, database=database)


def test_only_what_a_person_read_and_stood_by_teaches(desk):
    kept = [desk.decide(), desk.decide(Action.REJECT, reason_code="insult")]
    desk.decide(seconds=0.5)
    desk.decide(seconds=None)
    desk.decide(batch_id="together")
    desk.decide(Action.REJECT, reason_code="spam")
    desk.decide(Action.DEFER)
    desk.decide()
    desk.review.undo()
    again = desk.decide()
    desk.review.undo()
    desk.review.decide(
        Intent(comment_id=again, revision=1, action=Action.REJECT, reason_code="threat", seconds_open=4.0)
    )
    ruled = desk.put()
    writer = DecisionWriter(policy=builders.POLICY, app_version="1", author_key=KEY)
    with desk.database.write() as conn:
        from moderator.domain.decision import ActorKind

        draft = Draft(comment_id=ruled, action=Action.APPROVE, moderator="rule", actor_kind=ActorKind.RULE)
        writer.append(conn, draft, now_ms=builders.START_MS)
    learned = gather_lessons(desk.database)
    assert [one.comment_id for one in learned.taken] == [*kept, again]
    assert learned.left_out == {
        LeftOut.HASTY: 2,
        LeftOut.BATCH: 1,
        LeftOut.OTHER_REASON: 1,
        LeftOut.UNDONE: 2,
        LeftOut.AUTOMATIC: 1,
    }
    approved, insulted, threatened = learned.taken
    assert (approved.says_of(Label.THREAT), insulted.says_of(Label.THREAT), threatened.says_of(Label.THREAT)) == (
        0,
        None,
        1,
    )
    assert insulted.says_of(Label.TOXICITY) == 1
    assert len(gather_lessons(desk.database, 0.4).taken) == 4
    assert len(gather_lessons(desk.database, 0.0).taken) == 5


def test_a_calibration_from_the_command_line_is_in_the_scores_version(tmp_path, monkeypatch, clock):
    cli = InProcess(tmp_path, monkeypatch)
    data = tmp_path / "data"
    data.mkdir()
    usual = ("--data-dir", data, "--config", tmp_path / "own.toml")
    (tmp_path / "own.toml").write_text("[scoring]\nscorer = 'embedded'\ncollective_blame = false\n")
    with Database.open(f"sqlite:///{data / 'moderator.sqlite3'}") as database:
        desk = site(database, clock)
        for number in range(45):
            desk.decide(body=f"You idiot, part {number} is broken again.")
            desk.decide(Action.REJECT, body=f"I will kill you, number {number}.", reason_code="threat")
            desk.decide(body=f"Thank you, part {number} is well done.")
    try:
        assert cli("train", "calibrate", "--dry-run", "--json", *usual).json[0]["installed"] is None
        (told,) = cli("train", "calibrate", "--json", *usual).json
        assert told["labels"]["toxicity"]["positives"] == 45
        assert told["labels"]["insult"]["method"] is None
        fitted = told["labels"]["toxicity"]
        assert fitted["error_after"] < fitted["error_before"]
        (answer,) = cli("check", "You idiot, part 7 is broken again.", "--json", *usual).json
        assert "+cal." in answer["version"]
        (tmp_path / "own.toml").write_text(
            "[scoring]\nscorer = 'embedded'\ncollective_blame = false\ncalibrated = false\n"
        )
        (plain,) = cli("check", "You idiot, part 7 is broken again.", "--json", *usual).json
        assert "+cal." not in plain["version"]
        assert answer["scores"]["toxicity"] < plain["scores"]["toxicity"]
        adapted = cli("train", "adapt", *usual)
        assert adapted.status == 1
        assert "Nothing was put in force." in adapted.out
        assert "Learned from 135 decisions; 0 were left out" in adapted.out
    finally:
        cli.close()


def test_thresholds_that_changed_while_no_desk_was_open_are_applied_when_asked(tmp_path, monkeypatch):
    cli = InProcess(tmp_path, monkeypatch)
    common = ("--data-dir", tmp_path / "data", "--config", tmp_path / "own.toml")
    settings = "[scoring]\nscorer = 'embedded'\ncollective_blame = false\n"
    (tmp_path / "own.toml").write_text(settings)
    (tmp_path / "c.jsonl").write_text(
        '{"id": "1", "text": "The bridge is closed.", "article": "https://n.example/a"}\n'
    )
    try:
        cli("intake", tmp_path / "c.jsonl", *common)
        assert cli("score", "--json", *common).json[0]["moved"] == 0
        strict = "[policy.thresholds.toxicity]\nreview = 0.000001\n"
        (tmp_path / "own.toml").write_text(settings + strict)
        assert cli("score", "--json", *common).json[0]["moved"] == 0
        told = cli("score", "--reroute", *common).out
        assert "1 have another place" in told, told
    finally:
        cli.close()
