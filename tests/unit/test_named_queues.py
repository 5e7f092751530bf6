"""Queues by name, single keys and the size that asks for confirmation: as the configuration gives them."""

import pytest

from moderator.cli.desk import look_from, look_of
from moderator.config import load
from moderator.errors import ConfigError, FilterError


def written(tmp_path, text):
    file = tmp_path / "config.toml"
    file.write_text(text, encoding="utf-8")
    return file


def test_named_queues_reach_the_desk_and_a_name_opens_one(tmp_path):
    raw = {"review": {"queues": {"guests": "author:guest"}, "confirm_above": 7}, "tui": {"single_keys": False}}
    look = look_from(raw, "guests")
    assert (look.queue, look.queues, look.confirm_above) == ("author:guest", {"guests": "author:guest"}, 7)
    assert not look.single_keys
    assert look_from(raw, "lang:ru").queue == "lang:ru"
    with pytest.raises(FilterError):
        look_from(raw, "lable:x")


def test_a_queue_that_cannot_be_understood_is_named(tmp_path):
    file = written(tmp_path, '[review.queues]\ngood = "risk>0.5"\nbad = "risk>0.5 lable:insult"\n')
    with pytest.raises(ConfigError) as caught:
        load(path=file)
    said = f"{caught.value.message} {caught.value.hint}"
    assert "bad" in said
    assert "from character 10" in said


def test_what_is_checked_is_what_the_desk_gets(tmp_path):
    file = written(tmp_path, '[review]\nconfirm_above = 3\n[review.queues]\nall = "status:all"\n')
    look = look_of(load(path=file))
    assert look.queues == {"all": "status:all"}
    assert look.confirm_above == 3
    assert look.single_keys
