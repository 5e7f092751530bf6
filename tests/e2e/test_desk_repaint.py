"""What a real terminal shows after each key: a repaint of a part must leave no line of the comment before."""

import json

import pytest
from cli_runs import Program
from terminals import Terminal

COUNT = 6
ROWS = [
    {
        "id": f"c{at}",
        "text": f"Text number {at}. You are an idiot, whoever wrote this about the ferry.",
        "article": {
            "url": f"https://news.example/{at}",
            # Of different lengths, so that some need two lines: what is above the text moves.
            "title": f"TITLE-{at} " + "of an article about the ferry and its captain " * (at % 3 + 1),
            "section": "local",
        },
        "author": {"name": f"reader {at}"},
        "posted_at": f"2026-11-01T1{at}:00:00Z",
    }
    for at in range(COUNT)
]

pytestmark = [pytest.mark.slow]


@pytest.fixture(scope="module")
def program(tmp_path_factory):
    made = Program(tmp_path_factory.mktemp("repaint"))
    file = made.path / "comments.jsonl"
    file.write_text("".join(json.dumps(row) + "\n" for row in ROWS), encoding="utf-8")
    assert made("intake", file).status == 0
    assert made("score", "--scorer", "embedded").status == 0
    return made


def titles(terminal):
    return [at for at in range(COUNT) if f"TITLE-{at} " in terminal.shown]


def test_the_title_in_the_card_follows_the_cursor(program):
    terminal = Terminal(program, "review", "--moderator", "tester", "--queue", "order:oldest")
    try:
        for at in range(COUNT):
            terminal.wait_for(f" {at + 1} of {COUNT} ")
            terminal.wait_for(f"TITLE-{at} of an article")
            assert titles(terminal) == [at], f"a line of another comment was left:\n{terminal.shown}"
            terminal.press("j" if at + 1 < COUNT else "")
        for at in reversed(range(COUNT - 1)):
            terminal.press("k")
            terminal.wait_for(f"TITLE-{at} of an article")
            assert titles(terminal) == [at], f"a line of another comment was left:\n{terminal.shown}"
        terminal.press("v")
        terminal.press("i")
        terminal.wait_for("first seen")
        terminal.press("i")
        terminal.wait_for("!first seen")
        assert titles(terminal) == [0]
        assert terminal.leave() == 0
    finally:
        terminal.close()
