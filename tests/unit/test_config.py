"""Settings: merge order, origins, ranges, secrets, and errors that say where and what to do."""

import json
import stat
import threading
import tomllib
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from moderator.config import load, unchecked
from moderator.config.diagnosis import all_keys
from moderator.config.layers import leaves, line_of, read_layers
from moderator.config.model import Config, RetentionSection
from moderator.domain.decision import REASONS
from moderator.domain.policy import Policy, Route, route
from moderator.domain.score import Label
from moderator.errors import ConfigError, PolicyError

ROOT = Path(__file__).parent.parent.parent


@pytest.fixture
def place(tmp_path, monkeypatch):
    """An empty current directory and an empty user configuration, and a way to write ./config.toml."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "xdg"))
    monkeypatch.setenv("HOME", str(tmp_path / "home"))

    def write(text, name="config.toml"):
        file = tmp_path / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
        return file

    return write


def test_the_documented_configuration_is_the_defaults(place):
    documented = tomllib.loads((ROOT / "config.toml").read_text(encoding="utf-8"))
    place((ROOT / "config.toml").read_text(encoding="utf-8"))
    assert load(env={}).values.model_dump() == Config().model_dump()
    named = {".".join(path) for path, _ in leaves(documented)} | {"policy.sections", "intake.columns"}
    named |= {"policy.sources", "policy.languages", "policy.lists", "statements.categories"}
    named |= {"export.presets", "intake.fields", "tui.keys", "scoring.options", "review.queues", "sources"}
    assert named == set(all_keys()) - {"database_password", "author_key"}


def test_the_page_about_settings_has_every_section_and_every_key_of_its_own():
    page = (ROOT / "docs" / "configuration.md").read_text(encoding="utf-8")
    sections = {name for name, field in Config.model_fields.items() if field.default_factory} | {"sources"}
    assert len(sections) > 10
    assert not [name for name in sorted(sections) if f"| `[{name}]` |" not in page]
    assert not [key for key in RetentionSection.model_fields if f"| `{key}` |" not in page]


def test_each_place_beats_the_ones_below_it(place):
    origins = []

    def look(flags=None, env=None, path=None):
        settings = load(flags, env or {}, path)
        origins.append(settings.origin("moderator"))
        return settings.values.moderator

    assert look() == ""
    place("moderator = 'user'", "xdg/moderator/config.toml")
    assert look() == "user"
    place("moderator = 'here'")
    assert look() == "here"
    named = place("\nmoderator = 'named'", "named.toml")
    assert look(path=named) == "named"
    assert look(env={"MODERATOR_CONFIG": str(named)}) == "named"
    assert look(env={"MODERATOR_MODERATOR": "env"}, path=named) == "env"
    assert look({"moderator": "flag"}, {"MODERATOR_MODERATOR": "env"}, named) == "flag"
    assert origins == [
        "default",
        f"{place('', 'xdg/x').parent}/moderator/config.toml, line 1",
        "config.toml, line 1",
        f"{named}, line 2",
        f"{named}, line 2",
        "MODERATOR_MODERATOR",
        "--moderator",
    ]


def test_a_file_changes_only_what_it_names(place):
    place("[policy.thresholds.toxicity]\nreview = 0.6\n[review]\nlease_s = 60\n")
    settings = load(env={"MODERATOR_POLICY__THRESHOLDS__INSULT__REVIEW": "0.7"})
    policy = settings.policy()
    assert (policy.thresholds[Label.TOXICITY].review, policy.thresholds[Label.TOXICITY].priority) == (0.6, 0.85)
    assert policy.thresholds[Label.INSULT].review == 0.7
    assert set(policy.thresholds) == set(Label)
    assert (settings.values.review.lease_s, settings.values.review.undo_window_s) == (60, 30)
    assert settings.origin("policy.thresholds.toxicity.review") == "config.toml, line 2"
    assert settings.origin("policy.thresholds.toxicity.priority") == "default"
    assert settings.origin("policy.thresholds.insult.review") == "MODERATOR_POLICY__THRESHOLDS__INSULT__REVIEW"


def test_every_value_has_an_origin(place):
    settings = load(env={})
    assert {settings.origin(key) for key, _ in settings.items()} == {"default"}
    with pytest.raises(ConfigError, match="is not a setting"):
        settings.origin("policy.nothing")


def test_the_environment_is_read_by_the_settings_types(place):
    env = {
        "MODERATOR_POLICY__AUTO_APPROVE": "yes",
        "MODERATOR_POLICY__REQUIRED": '["insult", "threat"]',
        "MODERATOR_REVIEW__LEASE_S": "45",
        "MODERATOR_MODERATOR": "42",
        "MODERATOR_TEST_ANYTHING": "belongs to the tests",
        "UNRELATED": "x",
    }
    settings = load(env=env)
    assert settings.policy().auto_approve is True
    assert settings.policy().required == {Label.INSULT, Label.THREAT}
    assert settings.values.review.lease_s == 45
    assert settings.moderator == "42"


@pytest.mark.parametrize(
    ("text", "where", "hint"),
    [
        ("\n[policy.tresholds.toxicity]\nreview = 0.6", "config.toml, line 2: policy.tresholds", "policy.thresholds?"),
        ("[policy.thresholds.toxcity]\nreview = 0.6", "line 1: policy.thresholds.toxcity", "thresholds.toxicity?"),
        ("[log]\nlevl = 'info'", "config.toml, line 2: log.levl is not a setting", "Did you mean log.level?"),
        ("lease_s = 20", "config.toml, line 1: lease_s", "Did you mean review.lease_s?"),
        ("baseURL = 'https://example.org/'", "line 1: baseURL", "belongs to another program"),
    ],
)
def test_an_unknown_key_names_file_line_and_nearest_key(place, text, where, hint):
    place(text)
    with pytest.raises(ConfigError) as caught:
        load(env={})
    assert where in caught.value.message
    assert hint in caught.value.hint
    assert caught.value.exit_status == 2


def test_an_unknown_variable_is_refused_too(place):
    with pytest.raises(ConfigError, match=r"MODERATOR_LOG__LEVL: log.levl is not a setting") as caught:
        load(env={"MODERATOR_LOG__LEVL": "info"})
    assert caught.value.hint == "Did you mean log.level?"


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("[review]\nlease_s = 3", "config.toml, line 2: review.lease_s = 3: allowed is a whole number from 10 to 3600"),
        ("[review]\nlease_s = 60.5", "review.lease_s = 60.5: allowed is a whole number"),
        ("[review]\nlease_s = '60'", "review.lease_s = '60': allowed is a whole number"),
        ("[policy]\nauto_approve = 'yes'", "policy.auto_approve = 'yes': allowed is true or false"),
        ("[policy]\nauto_approve = 1", "policy.auto_approve = 1: allowed is true or false"),
        ("[policy]\nrequired = ['tox']", "policy.required.0 = 'tox': allowed is one of toxicity,"),
        ("[policy.thresholds.insult]\nreview = 1.5", "insult.review = 1.5: allowed is a number above 0 and at most 1"),
        ("[policy.thresholds.insult]\nreview = nan", "insult.review = nan: allowed is a number above 0 and at most 1"),
        ("[log]\nlevel = 'loud'", "log.level = 'loud': allowed is one of debug, info, warning, error"),
        ("[review]\norder = 'worst'", "review.order = 'worst': allowed is one of risk, oldest, newest, best"),
        ("[scoring]\ndevice = 'tpu'", "scoring.device = 'tpu': allowed is one of auto, cpu"),
        ("[intake]\ntime_zone = 'Mars/Base'", "intake.time_zone: there is no time zone 'Mars/Base'"),
        ("[intake]\ntime_zone = '/etc/passwd'", "intake.time_zone: there is no time zone"),
        ("policy = 3", "config.toml, line 1: policy = 3: allowed is a table"),
        ("[intake.columns]\ntext = 4", "config.toml, line 2: intake.columns.text = 4: allowed is text"),
        ("moderator = ' x'", "config.toml, line 1: moderator: a moderator's name consists of printable characters"),
        ("moderator = 'x\\u001b[2J'", "a moderator's name consists of printable characters"),
        ("moderator = '" + "x" * 65 + "'", "has at most 64 characters, this one has 65"),
        ("[[review.reasons]]\ncode = 'a'\nkey = 'x'", "review.reasons.0.title is missing"),
        ("[[review.reasons]]\ncode = 'a'\nkey = 'xx'\ntitle = 'A'", "review.reasons.0.key = 'xx': allowed is one key"),
        (
            "review.reasons = [{code='a', key='x', title='A'}, {code='b', key='x', title='B'}]",
            "review.reasons: two reasons share the key 'x'",
        ),
    ],
)
def test_a_wrong_value_names_place_value_and_what_is_allowed(place, text, sentence):
    place(text.replace("'x\\u001b[2J'", '"x\\u001b[2J"'))
    with pytest.raises(ConfigError) as caught:
        load(env={})
    assert sentence in caught.value.message
    assert "\x1b" not in caught.value.message


def test_all_wrong_values_are_told_at_once(place):
    place("[review]\nlease_s = 3\nundo_window_s = -1\n")
    with pytest.raises(ConfigError) as caught:
        load(env={})
    assert caught.value.message.count("\n") == 1


@pytest.mark.parametrize(
    ("content", "reason"),
    [(b"a b", "not valid TOML"), (b"\xff\xfe", "not UTF-8"), (b"#" * 1_000_001, "too big")],
    ids=["syntax", "encoding", "size"],
)
def test_a_file_that_is_no_configuration_is_named(place, tmp_path, content, reason):
    (tmp_path / "config.toml").write_bytes(content)
    with pytest.raises(ConfigError, match=f"config.toml(, line 1)?: {reason}"):
        load(env={})


def test_a_named_file_must_exist(place, tmp_path):
    with pytest.raises(ConfigError, match="No such file"):
        load(env={}, path=tmp_path / "nowhere.toml")


def test_thresholds_that_contradict_each_other_name_their_place(place):
    place("[policy.thresholds.toxicity]\nreview = 0.9\n")
    with pytest.raises(PolicyError, match=r"config.toml, line 1: policy.thresholds.toxicity: priority = 0.85 is below"):
        load(env={})


def test_a_section_inherits_what_it_does_not_say(place):
    place("[policy.sections.'Local news'.insult]\nreview = 0.8\n")
    policy = load(env={}).policy()
    scores: dict[Label, float | None] = {Label.TOXICITY: 0.1, Label.INSULT: 0.7}
    assert route(scores, policy).route is Route.REVIEW
    assert route(scores, policy, "Local news").route is Route.APPROVE
    assert policy.in_force("Local news")[Label.INSULT].priority == 0.9


def test_the_hash_follows_what_changes_a_suggestion_and_nothing_else(place):
    first = load(env={}).policy().config_hash
    assert len(first) == 12
    assert load(env={"MODERATOR_TUI__THEME": "light", "MODERATOR_SCORING__THREADS": "2"}).config_hash == first
    assert load(env={"MODERATOR_POLICY__THRESHOLDS__THREAT__REVIEW": "0.36"}).config_hash != first
    assert load(env={"MODERATOR_SCORING__SCORER": "embedded"}).config_hash != first
    place((ROOT / "config.toml").read_text(encoding="utf-8"))
    assert load(env={}).config_hash == first


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("author_key = 'aa'", "author_key is a secret"),
        ("database_password = 'hunter2'", "database_password is a secret"),
        ("database = 'postgresql://desk:hunter2@db/desk'", "address holds a password"),
    ],
)
def test_a_plain_secret_in_a_file_is_refused_and_not_repeated(place, text, key):
    place(text)
    with pytest.raises(ConfigError, match=key) as caught:
        load(env={})
    assert "hunter2" not in str(caught.value) + str(caught.value.hint)


def test_a_password_on_the_command_line_is_refused(place):
    with pytest.raises(ConfigError, match="--database: the database's address holds a password"):
        load({"database": "postgresql://desk:hunter2@db/desk"}, {})


def test_a_password_comes_from_the_environment_or_a_file_and_is_never_shown(place, tmp_path):
    place("database = 'postgresql://desk@db/desk'\ndatabase_password_file = 'secret.txt'")
    place("p@ss/word\n", "secret.txt")
    settings = load(env={})
    assert settings.database_url == "postgresql://desk:p%40ss%2Fword@db/desk"
    assert settings.database_label == "postgresql://desk:***@db/desk"
    other = load(env={"MODERATOR_DATABASE_PASSWORD": "hunter2"})
    assert ":hunter2@" in other.database_url
    shown = repr(other) + repr(other.values) + json.dumps(other.items())
    assert "hunter2" not in shown


def test_usual_places(place, tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "share"))
    usual = load(env={})
    assert usual.data_dir == tmp_path / "share/moderator"
    assert usual.database_file == tmp_path / "share/moderator/moderator.sqlite3"
    assert usual.models_dir == tmp_path / "share/moderator/models"
    moved = load({"data_dir": "~/desk"}, {})
    assert moved.data_dir == tmp_path / "home/desk"
    place("data_dir = 'data'\ndatabase = 'x.sqlite3'", "etc/desk.toml")
    filed = load(env={}, path=Path("etc/desk.toml"))
    assert filed.data_dir == tmp_path / "etc/data"
    assert filed.database_file == tmp_path / "etc/x.sqlite3"
    assert load({"database": "y.sqlite3"}, {}).database_file == tmp_path / "y.sqlite3"
    assert load({"database": "postgresql://db/desk"}, {}).database_file is None


def test_the_author_key_is_made_once_for_its_owner_alone(place, tmp_path):
    settings = load({"data_dir": str(tmp_path / "data")}, {})
    key = settings.author_key()
    file = tmp_path / "data/author.key"
    assert len(key) == 32
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert load({"data_dir": str(tmp_path / "data")}, {}).author_key() == key
    assert load(env={"MODERATOR_AUTHOR_KEY": file.read_text().strip()}).author_key() == key
    assert [entry.name for entry in (tmp_path / "data").iterdir()] == ["author.key"]


def test_dates_follow_the_configured_zone(place):
    assert load(env={}).time_zone is UTC
    assert load(env={}).day_first is None
    place("[intake]\ntime_zone = 'Europe/Berlin'\nday_first = 'no'\n")
    settings = load(env={})
    assert datetime(2026, 7, 1, tzinfo=settings.time_zone).utcoffset() == timedelta(hours=2)
    assert settings.day_first is False


def test_two_that_start_at_once_use_one_author_key(place, tmp_path):
    settings = load({"data_dir": str(tmp_path / "data")}, {})
    keys = []
    threads = [threading.Thread(target=lambda: keys.append(settings.author_key())) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(keys) == 8
    assert len(set(keys)) == 1


def test_an_author_key_that_is_none_is_refused_without_being_shown(place, tmp_path):
    with pytest.raises(ConfigError, match="MODERATOR_AUTHOR_KEY: not a key") as caught:
        load(env={"MODERATOR_AUTHOR_KEY": "abc123"}).author_key()
    assert "abc123" not in str(caught.value) + str(caught.value.hint)
    with pytest.raises(ConfigError, match="No such file"):
        load(env={"MODERATOR_AUTHOR_KEY_FILE": str(tmp_path / "none")}).author_key()


def test_own_reasons_replace_the_shipped_ones(place):
    assert load(env={}).reasons == REASONS
    place("[[review.reasons]]\ncode = 'rude'\nkey = 'r'\ntitle = 'rude'\n")
    assert [reason.code for reason in load(env={}).reasons] == ["rude"]


def test_the_moderator_is_the_systems_user_where_nobody_is_named(place, monkeypatch):
    monkeypatch.setenv("LOGNAME", "marta")
    assert load(env={}).moderator == "marta"
    assert load({"moderator": "Марта Иванова"}, {}).moderator == "Марта Иванова"
    monkeypatch.setenv("LOGNAME", "a\x1bb")
    with pytest.raises(ConfigError, match="no user to sign with"):
        _ = load(env={}).moderator


def test_unchecked_values_are_merged_in_the_same_order(place):
    place("[tui]\ntheme = 'light'\n[tui.keys]\napprove = 'f1'\n")
    named = place("[tui.keys]\nreject = 'f2'\n", "named.toml")
    raw = unchecked(env={"MODERATOR_TUI__THEME": "dark"}, path=named)
    assert raw["tui"] == {"theme": "dark", "keys": {"approve": "f1", "reject": "f2"}}


def test_one_file_named_twice_is_read_once(place, tmp_path):
    place("moderator = 'x'")
    assert len([layer for layer in read_layers({}, {}, tmp_path / "config.toml") if layer.kind == "file"]) == 1


def test_lines_are_found_by_eye():
    text = "# a = 1\na = 1\n[b.'c d']\ne.f = 2\nlist = [\n  1,\n]\n[g]\nh = 3\n"
    assert line_of(text, ("a",)) == 2
    assert line_of(text, ("b", "c d", "e", "f")) == 4
    assert line_of(text, ("b", "c d")) == 3
    assert line_of(text, ("g", "h")) == 9
    assert line_of(text, ("g", "x")) == 8
    assert line_of(text, ("nowhere",)) is None


def test_a_policy_from_settings_is_the_domains_own(place):
    assert isinstance(load(env={}).policy(), Policy)
