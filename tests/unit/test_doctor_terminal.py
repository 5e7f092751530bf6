"""A broken terminal is named, with the command that mends it."""

import pytest

from moderator.cli.doctor_terminal import look_at_terminal


def look(**environment):
    return {found.name: found for found in look_at_terminal(environment, is_one=True)}


@pytest.mark.parametrize(
    ("environment", "mended"),
    [
        ({}, "export TERM=xterm-256color"),
        ({"TERM": "dumb"}, "export TERM=xterm-256color"),
        ({"TERM": "", "TMUX": "/tmp/tmux"}, "export TERM=tmux-256color"),  # noqa: S108 - only looks like a path
    ],
)
def test_a_terminal_that_can_draw_nothing_is_named_with_what_to_set(environment, mended):
    found = look(**environment)["terminal"]
    assert not found.good
    assert mended in found.next_step


def test_a_good_terminal_is_simply_named():
    found = look(TERM="xterm-kitty", COLORTERM="truecolor")
    assert found["terminal"].good
    assert found["terminal"].said == "xterm-kitty."
    assert found["colours"].said == "16 million."
    assert not found["colours"].next_step


def test_few_colours_will_do_and_the_way_to_more_is_said():
    assert "COLORTERM" in look(TERM="xterm-256color")["colours"].next_step
    assert "high-contrast" in look(TERM="vt100")["colours"].next_step
    assert "NO_COLOR" in look(TERM="xterm", NO_COLOR="1")["colours"].said


def test_size_is_judged_against_what_the_desk_needs(monkeypatch):
    monkeypatch.setenv("COLUMNS", "60")
    monkeypatch.setenv("LINES", "20")
    found = look(TERM="xterm")["size"]
    assert not found.good
    assert "60 x 20" in found.said
    assert "80 x 24" in found.next_step


def test_letters_that_cannot_be_shown_are_traced_to_the_variable(monkeypatch):
    class Latin:
        encoding = "iso8859-1"

    monkeypatch.setattr("sys.stdout", Latin())
    found = look(TERM="xterm", LC_ALL="C", LANG="de_DE")["encoding"]
    assert not found.good
    assert "LC_ALL=C" in found.said
    assert "C.UTF-8" in found.next_step


def test_where_there_is_no_terminal_none_is_judged():
    found = {one.name: one for one in look_at_terminal({}, is_one=False)}
    assert found["terminal"].good
    assert "size" not in found
