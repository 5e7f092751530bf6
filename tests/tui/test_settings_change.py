"""Settings that change under an open desk: taken over whole or refused whole, and the queue goes on either way."""

import os
from pathlib import Path

import psutil
import pytest

from moderator.bootstrap import Services
from moderator.config import load
from moderator.domain.score import Label

GENERAL = "[policy]\nrequired = []\n[scoring]\nscorer = 'embedded'\ncollective_blame = false\n"


class Configured:
    """A configuration file, and services that follow it."""

    def __init__(self, stored, folder: Path) -> None:
        self.file = folder / "own.toml"
        self.folder = folder
        self.url = stored.url
        self._writes = 0
        self.made: list[Services] = []
        self.write(GENERAL)

    def write(self, text):
        self.file.write_text(text, encoding="utf-8")
        self._writes += 1
        # Two writes within a tick of the file system's clock would look alike.
        os.utime(self.file, ns=(self._writes, self._writes))

    def connect(self):
        flags = {"database": self.url, "data_dir": str(self.folder), "moderator": "anna"}
        self.made.append(Services(load(flags, env={}, path=self.file)))
        return self.made[-1]

    @property
    def services(self):
        return self.made[-1]


@pytest.fixture
def configured(stored, tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "xdg"))
    monkeypatch.chdir(tmp_path)
    made = Configured(stored, tmp_path)
    yield made
    for services in made.made:
        services.close()


def scorers_of_names(configured):
    return configured.services._scorer_pool.scorers("name swaps")


async def told(opened, count=1):
    """Has the files looked at until so many things were said of them."""

    def is_told():
        opened.screen.look_at_settings()
        return len(said(opened)) == count

    await opened.until(is_told, f"{count} things are told")


def said(opened):
    return [f"{one.title}\n{one.message}" for one in opened.app._notifications]


async def test_a_change_is_shown_as_a_diff_and_moves_what_waits(desk, stored, configured):
    stored.some(3)
    async with desk(connect=configured.connect) as opened:
        assert said(opened) == []
        configured.write(GENERAL + "[policy.thresholds.toxicity]\nreview = 0.97\npriority = 0.99\n")
        await told(opened)
        assert "policy.thresholds.toxicity.review: 0.5 → 0.97" in said(opened)[0]
        assert "policy.thresholds.toxicity.priority: 0.85 → 0.99" in said(opened)[0]
        assert "are in force" in opened.text("#status")
        assert configured.services.policy.thresholds[Label.TOXICITY].review == 0.97
        await opened.until(
            lambda: {row.route for row in configured.services.review.rows(stored.ids)} == {"approve"}, "all moved"
        )
        await opened.press("a")
        await opened.settled()
    (decision,) = stored.colleague.history(1)
    assert decision.thresholds["toxicity"]["review"] == 0.97
    assert decision.config_hash == configured.services.settings.config_hash


async def test_a_broken_file_stops_nothing_and_changes_nothing(desk, stored, configured):
    stored.some(3)
    async with desk(connect=configured.connect) as opened:
        before = configured.services.settings
        for at, broken in enumerate(
            (
                "[policy\n",
                GENERAL + "[policy.thresholds.toxicity]\nreview = 0.97\npriority = 0.98\n[log]\nlevl = 'info'\n",
                GENERAL + "[policy.thresholds.insult]\nreview = 0.2\n[policy.thresholds.threat]\nreview = 7.0\n",
                GENERAL.replace("embedded", "embeded") + "[policy.thresholds.insult]\nreview = 0.2\n",
                GENERAL + "[review]\nlease_s = 60\n[policy.thresholds.insult]\nreview = 0.2\n",
            ),
            start=1,
        ):
            configured.write(broken)
            await told(opened, at)
            assert configured.services.settings is before, broken
            await opened.press("a")
            await opened.settled()
        assert all("those from before stay" in each for each in said(opened))
        assert "levl is not a setting" in said(opened)[1]
        assert "review.lease_s can't change while the desk is open" in said(opened)[4]
    # Three comments, three decisions: the fourth and fifth key found nothing left.
    assert [action for action, _ in stored.decisions()] == ["approve"] * 3


async def test_a_file_that_goes_is_told_and_a_mended_one_is_taken(desk, stored, configured):
    stored.some(2)
    async with desk(connect=configured.connect) as opened:
        configured.file.unlink()
        await told(opened, 1)
        assert configured.services.policy.required == frozenset()
        configured.write(GENERAL + "[tui]\ntheme = 'light'\n")
        await told(opened, 2)
        assert opened.app.theme == "light"
        assert 'tui.theme: "dark" → "light"' in said(opened)[1]


async def test_another_scorer_takes_over_and_the_old_one_ends(desk, stored, configured):
    stored.some(1)
    async with desk(connect=configured.connect) as opened:
        old = configured.services.scorers
        configured.write(GENERAL + "threads = 1\n")
        await told(opened)
        await opened.until(lambda: old[0]._closed, "the old scorer ended")
        assert configured.services.scorers[0] is not old[0]


async def test_what_a_score_owes_to_a_name_is_asked_again_of_another_scorer(desk, stored, configured):
    stored.put("Muslims are stupid idiots.", {"toxicity": 0.9, "insult": 0.9}, language="en")

    def beneath():
        return " ".join(opened.text("#card").split()).partition("⇄ with another group than “Muslims”")[2]

    async with desk(connect=configured.connect) as opened:
        await opened.press("w")
        await opened.until(lambda: "when the group changes" in beneath(), "the name is swapped")
        first = beneath()
        assert "toxicity" in first
        assert "insult" in first
        old = scorers_of_names(configured)
        assert old[0] is not configured.services.scorers[0], "nobody waits for the scorers of the queue"
        configured.write(GENERAL + "threads = 1\n")
        await told(opened)
        await opened.until(lambda: old[0]._closed, "the old scorer ended")
        await opened.until(lambda: beneath() == first, "it's asked again")
        new = scorers_of_names(configured)
    assert psutil.pid_exists(new[0].pid)
    pid = new[0].pid
    configured.services.close()
    assert not psutil.pid_exists(pid)
