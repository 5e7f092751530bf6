"""How often another group's name would have changed what the policy says."""

from builders import POLICY, START_MS, Clock, make_comment, put_comment, put_scores

from moderator.domain.decision import Action
from moderator.domain.policy import Route, route
from moderator.domain.score import Label, ScorerId, ScoreSet
from moderator.scoring.panel import Panel
from moderator.services.tuning.swaps import swap_names
from moderator.services.tuning.trial import Tuning
from moderator.storage.decisions import DecisionWriter, Draft


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
