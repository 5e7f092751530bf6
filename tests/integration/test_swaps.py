"""How often another group's name would have changed what the policy says."""

from builders import POLICY, START_MS, Clock, make_comment, put_comment, put_scores
from cli_runs import InProcess

from moderator.domain.decision import Action
from moderator.domain.policy import Route, route
from moderator.domain.score import Label, ScorerId, ScoreSet
from moderator.scoring.panel import Panel
from moderator.services.tuning.swaps import swap_names
from moderator.services.tuning.trial import Tuning
from moderator.storage.decisions import DecisionWriter, Draft
from moderator.storage.engine import Database


class Prejudiced:
    """Calls one group toxic whatever is said, and everybody who is called an idiot."""

    identity = ScorerId("prejudiced", "1", "a")
    labels = frozenset({Label.TOXICITY, Label.INSULT})

    def score(self, requests):
        return [
            ScoreSet(
                self.identity,
                "en",
                {
                    Label.TOXICITY: 0.8 if "muslim" in one.text.lower() or "idiot" in one.text else 0.1,
                    Label.INSULT: 0.3 if "jew" in one.text.lower() else 0.25,
                },
            )
            for one in requests
        ]


def test_a_name_that_decides_is_counted_and_one_that_does_not_is_not(database):
    writer = DecisionWriter(policy=POLICY, app_version="1", author_key=b"key")
    bodies = ("Muslims live here.", "Christians live here.", "Muslims are idiots.", "No name at all.")
    with database.write() as conn:
        ids = [put_comment(conn, make_comment(body=body, language="en"), scoring="scored") for body in bodies]
        ids.append(put_comment(conn, make_comment(body="Muslime wohnen hier.", language="de"), scoring="scored"))
        for comment_id in ids:
            put_scores(conn, comment_id, {"toxicity": 0.5})
            writer.append(conn, Draft(comment_id=comment_id, action=Action.APPROVE, moderator="anna"), now_ms=START_MS)
        put_scores(conn, put_comment(conn, make_comment(body="Muslims wait.", language="en")), {"toxicity": 0.5})
    tuning = Tuning(database, POLICY, Clock())
    named = tuning.naming(tuning.history(), 10)
    assert {one.id for one in named} == set(ids[:3])
    assert len(tuning.naming(tuning.history(), 1)) == 1
    found = swap_names(named, Panel((Prejudiced(),)), POLICY)
    assert found.probed == 3
    assert set(found.flipped) == set(ids[:2])
    assert found.flips.low < 2 / 3 < found.flips.high
    assert [(one.label, one.comments, one.driven) for one in found.labels] == [
        (Label.TOXICITY, 3, 2),
        (Label.INSULT, 3, 0),
    ]
    assert found.labels[0].largest_in in ids[:2]
    assert route({Label.TOXICITY: 0.8}, POLICY).route is Route.REVIEW


def test_the_report_says_how_far_scores_hang_on_names(tmp_path, monkeypatch):
    file = tmp_path / "moderator.sqlite3"
    writer = DecisionWriter(policy=POLICY, app_version="1", author_key=b"key")
    said = (("Muslims live here.", Action.APPROVE), ("Jews are stupid idiots.", Action.REJECT), ("No.", Action.APPROVE))
    with Database.open(f"sqlite:///{file}") as db, db.write() as conn:
        for at, (body, action) in enumerate(said):
            number = put_comment(conn, make_comment(body=body, language="en"), scoring="scored")
            put_scores(conn, number, {"toxicity": 0.1 + 0.4 * (at == 1)})
            reason = "insult" if action is Action.REJECT else None
            draft = Draft(comment_id=number, action=action, moderator="anna", reason_code=reason)
            writer.append(conn, draft, now_ms=START_MS)
    monkeypatch.setenv("MODERATOR_SCORING__SCORER", "embedded")
    monkeypatch.setenv("MODERATOR_SCORING__COLLECTIVE_BLAME", "false")
    runs = InProcess(tmp_path, monkeypatch)
    page = tmp_path / "report.html"
    run = runs(
        "tune", "report", "--database", file, "--label", "toxicity", "--mentions", 0, "--swaps", 5, "--html", page
    )
    (record,) = runs("tune", "report", "--database", file, "--mentions", 0, "--swaps", 1, "--json").json
    runs.close()
    assert run.status == 0
    assert "of 2 comments would pass instead of being held" in " ".join(run.out.split())
    assert "in comment" in run.out
    assert max(map(len, run.out.splitlines())) <= 80
    assert "Names of groups" in page.read_text(encoding="utf-8")
    assert record["swaps"]["probed"] == 1
    assert record["swaps"]["labels"]["toxicity"]["comments"] == 1
