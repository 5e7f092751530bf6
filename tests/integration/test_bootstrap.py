"""The composition root: parts are made when asked for, once, and closed together."""

import os
import threading

import psutil
import pytest
from builders import make_comment
from cli_runs import InProcess

from moderator import plugins
from moderator.bootstrap import open_services
from moderator.config import load
from moderator.connectors.base import Position
from moderator.domain.comment import Status
from moderator.domain.decision import Action, Intent
from moderator.domain.queue import QueueQuery
from moderator.errors import PluginError, ScoringError, StorageError


class Given:
    """A source of these comments."""

    name = "site"
    position = Position("given", None, 0, None)

    def __init__(self, *comments):
        self.comments = comments

    def records(self):
        return iter(self.comments)


@pytest.fixture
def settings(tmp_path, monkeypatch, database_url):
    runs = InProcess(tmp_path, monkeypatch)
    yield load(env={"MODERATOR_DATABASE": database_url, "MODERATOR_MODERATOR": "marta"})
    runs.close()


def test_nothing_is_opened_before_it_is_asked_for(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with open_services(load({"data_dir": str(tmp_path / "data")}, {})) as services:
        assert services.policy.config_hash
    assert not (tmp_path / "data").exists()


@pytest.mark.skipif(not hasattr(os, "nice"), reason="priorities of POSIX")
@pytest.mark.parametrize(("background", "lower"), [(False, 0), (True, 10)])
def test_scorers_step_back_only_behind_a_desk(tmp_path, background, lower):
    settings = load({"data_dir": str(tmp_path), "scoring.scorer": "embedded"}, {})
    with open_services(settings, background=background) as services:
        assert services.scorer.labels
        assert psutil.Process(services.scorer.pid).nice() == min(19, os.nice(0) + lower)


def test_a_comment_goes_all_the_way_on_either_database(settings):
    with open_services(settings) as services:
        services.intake.run(Given(make_comment(body="You are a stupid idiot"), make_comment(body="Good morning")))
        assert services.scoring.run().scored == 2
        worst, _ = services.review.first_rows(QueueQuery())
        card = services.review.card(worst.id)
        assert card.body == "You are a stupid idiot"
        intent = Intent(comment_id=worst.id, revision=card.revision, action=Action.REJECT, reason_code="insult")
        decision = services.review.decide(intent).decision
        assert (decision.moderator, decision.config_hash) == ("marta", settings.config_hash)
        assert services.review.status_counts()[Status.REJECTED] == 1
    with open_services(settings) as services:
        assert services.review.undo() is not None


def test_the_operators_rule_approves_only_where_it_is_on(settings, monkeypatch):
    on = load(
        env={"MODERATOR_DATABASE": settings.values.database, "MODERATOR_POLICY__AUTO_APPROVE": "true"},
    )
    comment = make_comment(body="Good morning to all of you, and thank you for the lovely evening", language="en")
    with open_services(on) as services:
        services.intake.run(Given(comment))
        assert services.scoring.run().approved == 1
        assert services.review.history(1)[0].actor_kind == "rule"


def test_parts_are_made_once_whichever_thread_asks(settings):
    with open_services(settings) as services:
        found = []
        threads = [threading.Thread(target=lambda: found.append(services.review)) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert len({id(review) for review in found}) == 1


def test_closing_ends_the_scorers_process_and_closing_twice_is_fine(settings):
    services = open_services(settings)
    assert services.scorer.identity.name == "embedded-encoder"
    pid = services.scorer.pid
    services.close()
    services.close()
    assert not psutil.pid_exists(pid)


def test_a_folder_that_cannot_be_made_is_a_sentence(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "file").write_text("in the way")
    with (
        open_services(load({"data_dir": str(tmp_path / "file" / "data")}, {})) as services,
        pytest.raises(StorageError, match="Not a directory"),
    ):
        _ = services.db


def test_a_plugin_that_is_no_scorer_is_refused_here_and_in_its_process(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "strangers").mkdir()
    (tmp_path / "strangers" / "their_scorer.py").write_text("class Nothing:\n    pass\n")
    (tmp_path / "strangers" / "theirs-1.0.dist-info").mkdir()
    (tmp_path / "strangers" / "theirs-1.0.dist-info" / "METADATA").write_text("Name: theirs\nVersion: 1.0\n")
    (tmp_path / "strangers" / "theirs-1.0.dist-info" / "entry_points.txt").write_text(
        "[moderator.scorers]\nbroken = their_scorer:Nothing\n"
    )
    monkeypatch.syspath_prepend(str(tmp_path / "strangers"))
    monkeypatch.setenv("PYTHONPATH", str(tmp_path / "strangers"))
    plugin = plugins.named(plugins.Group.SCORERS, "broken")
    assert plugin.package == "theirs 1.0"
    with pytest.raises(PluginError, match="it lacks identity, labels, score"):
        plugins.load(plugin)
    settings = load({"data_dir": str(tmp_path), "scoring.scorer": "broken"}, {})
    with open_services(settings) as services, pytest.raises(ScoringError, match="no Scorer"):
        _ = services.scorer.identity
