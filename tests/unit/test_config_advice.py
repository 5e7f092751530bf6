"""What a configuration's check finds: every fault at once, and what is legal but most likely not meant."""

import pytest

from moderator.cli.config_check import deeper_faults
from moderator.config import faults_in, load
from moderator.config.advice import advice
from moderator.config.faults import Severity
from moderator.domain.score import Label
from moderator.scoring.base import ScorerSpec
from moderator.scoring.labels import labels_of

SIX = labels_of(ScorerSpec("embedded", "")) or frozenset()


@pytest.fixture
def file(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "xdg"))
    monkeypatch.setenv("HOME", str(tmp_path / "home"))

    def write(text):
        content = text if isinstance(text, bytes) else text.encode()
        (tmp_path / "config.toml").write_bytes(content)

    return write


def test_every_fault_is_found_at_once_with_file_line_key_and_what_would_do(file):
    file(
        "[policy.tresholds.toxicity]\nreview = 0.5\n[policy.thresholds.insult]\nreview = 1.5\n"
        "[policy.thresholds.threat]\nreview = 0.9\n[policy.languages.DEU.insult]\nreview = 0.5\n[log]\nlevl = 'info'\n"
    )
    faults = {(fault.line, fault.key): fault for fault in faults_in(env={})}
    assert set(faults) == {
        (1, "policy.tresholds"),
        (4, "policy.thresholds.insult.review"),
        (5, "policy.thresholds.threat"),
        (7, "policy.languages.DEU"),
        (10, "log.levl"),
    }
    assert {fault.file for fault in faults.values()} == {"config.toml"}
    assert {fault.severity for fault in faults.values()} == {Severity.ERROR}
    assert faults[1, "policy.tresholds"].hint == "Did you mean policy.thresholds?"
    assert "above 0 and at most 1" in faults[4, "policy.thresholds.insult.review"].message
    assert "two or three small letters" in faults[7, "policy.languages.DEU"].message


def test_a_good_configuration_has_no_fault_and_no_warning(file):
    file("[policy.sections.sport.insult]\nreview = 0.7\n")
    assert faults_in(env={}) == []
    assert advice(load(env={}), SIX) == []


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        ("[policy.thresholds.insult]\nreview = 0.01", 2, "insult.review = 0.01 holds nearly everything"),
        ("[policy.thresholds.insult]\nreview = 0.9", 1, "review and priority at 0.9"),
        ("[policy]\naudit_share = 1.0", 2, "audit_share = 1 has people look at most"),
        ("[policy.sections.sport.insult]\nreview = 0.95\npriority = 1.0", 1, "holds from 0.95, above the 0.9"),
        ("[policy.sources.blog.insult]\nreview = 0.6", 1, "says what holds everywhere anyway"),
        ("[sources.blog]\nsystem = 'isso'\n[policy.sources.blgo.insult]\nreview = 0.7", 3, "names no source"),
        ("[policy]\nauto_approve = true", 2, "nobody ever looks at"),
        ("[policy]\nauto_approve = true\naudit_share = 0.1\nrequired = []", 2, "what no scorer could judge"),
        ("[policy]\nrequired = ['sexual_explicit']", 2, "every comment is held"),
        ("[policy.thresholds.sexual_explicit]\nreview = 0.5", 1, "no chosen scorer gives that label"),
    ],
)
def test_what_is_legal_but_unwise_is_a_warning_at_its_line(file, text, line, words):
    file(text)
    (fault,) = advice(load(env={}), SIX)
    assert (fault.severity, fault.line) == (Severity.WARNING, line)
    assert words in fault.message
    assert fault.hint


def test_nothing_is_said_of_labels_that_nobody_knows_before_a_plug_in_runs(file):
    file("[policy]\nrequired = ['sexual_explicit']")
    assert labels_of(ScorerSpec("theirs", "x:y")) is None
    assert advice(load(env={}), None) == []


def test_the_labels_of_our_scorers_are_what_they_say_when_they_run():
    from moderator.scoring.blame import BlameScorer
    from moderator.scoring.embedded import EmbeddedScorer

    assert EmbeddedScorer().labels == SIX
    assert labels_of(ScorerSpec("blame", "")) == BlameScorer().labels
    assert Label.SEXUAL_EXPLICIT in (labels_of(ScorerSpec("detoxify-unbiased", "")) or ())
    assert Label.SEXUAL_EXPLICIT not in (labels_of(ScorerSpec("detoxify-original-small", "")) or ())


def test_names_with_dots_in_them_can_be_shown_and_asked_for(file):
    file('[policy.sources."blog.example.org".insult]\nreview = 0.7\n')
    settings = load(env={})
    key = 'policy.sources."blog.example.org".insult.review'
    assert dict(settings.items())[key] == 0.7
    assert settings.origin(key) == "config.toml, line 2"


@pytest.mark.parametrize(
    ("content", "line", "said"),
    [
        (
            b"[policy]\nauto_approve = true\nauto_approve = false\n",
            3,
            ("auto_approve was set before", "put them together"),
        ),
        (b"[tui]\n[log]\n[tui]\n", 3, ("[tui] was set before", "put them together")),
        (b"[policy]\naudit_share = 0,5\n", 2, ("not valid TOML", "0.5")),
        (b"[tui]\nmask = True\n", 2, ("not valid TOML", "written small")),
        (b"database_password = hunter2\n", 1, ("not valid TOML", "in quotes")),
        (b"[tui]\nmask = # soon\n", 2, ("mask has no value", "Write one")),
        (b"[tui]\n\n[policy", 3, ("not valid TOML", "config path")),
        ("[statements]\nsite = 'Zürich'\n".encode("latin-1"), 2, ("not UTF-8", "Save it as UTF-8")),
        ("[tui]\n".encode("utf-16"), 1, ("not UTF-8", "UTF-16")),
    ],
)
def test_a_file_that_cannot_be_read_is_a_fault_with_its_line(file, content, line, said):
    file(content)
    (fault,) = faults_in(env={})
    assert (fault.file, fault.line) == ("config.toml", line)
    for words in said:
        assert words in f"{fault.message}. {fault.hint}"
    assert "hunter2" not in f"{fault}{fault.hint}"


def test_a_mark_that_windows_editors_put_first_is_no_part_of_the_file(file):
    file(b"\xef\xbb\xbf[policy]\naudit_share = 0.02\n")
    assert load(env={}).values.policy.audit_share == 0.02


def test_a_value_near_one_that_may_stand_is_named(file):
    file("[log]\nlevel = 'warn'\n[policy]\nrequired = ['toxcity']\n[statements]\nterritory = ['de']\n")
    found = {fault.key: fault for fault in faults_in(env={})}
    assert found["log.level"].hint == 'Did you mean "warning"?'
    assert found["policy.required.0"].hint == 'Did you mean "toxicity"?'
    assert "two capital letters" in found["statements.territory.0"].message


def test_names_that_nothing_goes_by_are_faults_at_their_line(file):
    file(
        "[tui]\ntheme = 'drak'\n[tui.keys]\naprove = 'f1'\n[export.presets]\nx = ['decidd_at']\n[intake.columns]\n"
        "txt = 'C'\n[sources.blog]\nsystem = 'wordpres'\nurl = 'http://x'\n[scoring]\nscorer = 'embeded'\n"
    )
    faults = deeper_faults(load(env={}))
    assert {fault.severity for fault in faults} == {Severity.ERROR}
    told = {(fault.line, fault.key): f"{fault.message} {fault.hint}" for fault in faults}
    near = {
        (2, "tui.theme"): "dark",
        (3, "tui.keys"): "approve",
        (6, "export.presets.x"): "decided_at",
        (7, "intake.columns"): "article_url",
        (10, "sources.blog.system"): "wordpress",
        (13, "scoring.scorer"): "embedded",
    }
    assert set(told) == set(near)
    for place, name in near.items():
        assert name in told[place]
