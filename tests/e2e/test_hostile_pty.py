"""Hostile comments on a real terminal: every byte that the program writes is read, and nothing of them acts.

What Textual itself sends is learnt from a run on harmless comments with the same keys. On the hostile ones nothing else
may be sent: no other sequence, no control character, nothing reversed or invisible.
"""

import json
import re
import sys
from collections import Counter
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace

import pytest
from cli_runs import BLAME_SETTING, Program
from inertness import harmful
from terminals import Terminal

from moderator.domain.decision import REASONS

HOSTILE = Path(__file__).parents[2] / "fixtures" / "hostile.jsonl"
ROWS = [json.loads(line) for line in HOSTILE.read_text(encoding="ascii").splitlines()]
REJECTED = {"NUL in the text: no database keeps it", *(row["tests"] for row in ROWS if "surrogate" in row["tests"])} | {
    "UTF-16 in disguise: the other half first"
}
KEPT = [row for row in ROWS if row["tests"] not in REJECTED]

_SEQUENCE = re.compile(
    r"\x1b\[[0-?]*[ -/]*[@-~]"  # CSI
    r"|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)"  # OSC
    r"|\x1b[P_^X][^\x1b]*\x1b\\"  # DCS, APC, PM, SOS
    r"|\x1b[ -/]*[0-~]"
)
# Colours and places differ from screen to screen; everything else is compared as it is.
_COLOUR = re.compile(r"\x1b\[[0-9;]*m")
_PLACE = re.compile(r"\x1b\[[0-9]+;[0-9]+H")
_OPENER = re.compile("[\x1b\x80-\x9f]")

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("hostile")]


def benign_rows(count=8):
    return [
        {**KEPT[0], "id": f"b{at}", "text": f"Comment number {at} says nothing much. MARK-{at}", "tests": "nothing"}
        for at in range(count)
    ]


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    """A home whose database holds the hostile comments, scored."""
    return make_home(tmp_path_factory.mktemp("hostile"), ROWS)


@pytest.fixture(scope="module")
def harmless_home(tmp_path_factory):
    return make_home(tmp_path_factory.mktemp("harmless"), benign_rows())


def make_home(path, rows):
    program = Program(path)
    file = path / "comments.jsonl"
    file.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="ascii")
    taken = program("intake", file, "--now", "2026-11-02T00:00:00Z")
    assert taken.status == 0, taken.err
    scored = program("score", "--scorer", "embedded", **{BLAME_SETTING: "true"})
    assert scored.status == 0, scored.err
    return program


@contextmanager
def desk(program):
    terminal = Terminal(program, "review", "--moderator", "tester", "--queue", "order:oldest")
    try:
        yield terminal
    finally:
        terminal.close()


def walk(terminal, rows):
    """Goes through a whole queue, then looks closer at the last comment. Yields after each key."""
    for at, row in enumerate(rows, 1):
        terminal.wait_for(f" {at} of {len(rows)} ")
        # The comment itself may come a moment after its place in the queue; a word of it may be broken at a line's end.
        marker, tries = marker_of(row), 10
        while marker and marker not in plain(terminal.shown) and (tries := tries - 1):
            terminal.read()
        yield
        terminal.press("j")
    for keys in ("v", "t", "J", "J", "K", "t", "v"):
        terminal.press(keys)
        yield


def decide_some(terminal):
    """Decides, takes back, looks at the keys and at the history. Yields after each key."""
    script = [
        ("g", " 1 of "),
        ("a", "approved"),
        ("r", "Reject because"),
        (REASONS[0].key, "rejected"),
        ("e", "escalated"),
        ("u", "undone"),
        ("?", "next comment"),
        ("\x1b", "!next comment"),
        ("i", "first seen"),
        ("i", "!first seen"),
        ("*", "marked"),
        ("\x1b", "Nothing is marked"),
        ("b", "band of"),
        ("\x1b", "!band of"),
        ("h", "decisions, newest first"),
        ("j", "tester"),
        ("\x1b", "!decisions, newest first"),
        ("o", "newest first"),
        ("G", " of "),
    ]
    for keys, awaited in script:
        terminal.press(keys)
        terminal.wait_for(awaited)
        yield


def sequences(written):
    """The sequences in a stream with colours and places made alike, and the text between them."""
    found = Counter()
    for sequence in _SEQUENCE.findall(written):
        found["colour" if _COLOUR.fullmatch(sequence) else "place" if _PLACE.fullmatch(sequence) else sequence] += 1
    return found, _SEQUENCE.split(written)


def raw_attacks():
    """Stretches of the fixture that start with an escape or a C1 character, long enough to be nobody else's."""
    for row in ROWS:
        for text in texts(row):
            for opener in _OPENER.finditer(text):
                stretch = text[opener.start() : opener.start() + 12].encode("utf-8", "surrogatepass")
                if len(stretch) >= 5 and not re.fullmatch(rb"\x1b\[[0-9;]{0,2}m.*", stretch, re.DOTALL):
                    yield stretch


def texts(value):
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for inner in value.values():
            yield from texts(inner)


@pytest.fixture(scope="module")
def harmless(harmless_home):
    """What the program sends for comments that attack nothing: while it runs, and at its end."""
    with desk(harmless_home) as terminal:
        for _ in (*walk(terminal, benign_rows()), *decide_some(terminal)):
            assert terminal.process.poll() is None
        running = terminal.written
        assert terminal.leave() == 0
        return sequences(running)[0], sequences(terminal.written[len(running) :])[0]


def test_hostile_comments_do_nothing_to_the_desk(home, harmless):
    with desk(home) as terminal:
        for _ in walk(terminal, KEPT):
            assert terminal.process.poll() is None
        for _ in decide_some(terminal):
            assert terminal.process.poll() is None
        running, raw = terminal.written, terminal.raw.getvalue()
        assert terminal.leave() == 0
        leaving = terminal.written[len(running) :]
        assert "HOSTILE" not in terminal.screen.title + terminal.screen.icon_name
    # Only what the harmless run sent too, colours and places aside: nothing that a comment said.
    found, between = sequences(running)
    assert set(found) - set(harmless[0]) == set()
    assert set(sequences(leaving)[0]) - set(harmless[1]) - {"colour", "place"} == set()
    for text in (*between, *sequences(leaving)[1]):
        assert harmful(text, allowed="\r\n") == []
    assert [attack for attack in raw_attacks() if attack in raw] == []
    # And the walk really went past them: each attack's own word was drawn, but for those below a flood.
    drawn = plain("".join(between))
    assert [marker for row in KEPT if (marker := marker_of(row)) and marker not in drawn] == []


def plain(drawn):
    """Without the footnotes' numbers, which the desk puts behind what is evidence, within a word too."""
    return re.sub("[¹²³⁴⁵⁶⁷⁸⁹]", "", drawn)


def marker_of(row):
    """A word of a comment that is near enough to its beginning to be seen without scrolling; else `None`."""
    marker = re.search(r"(?:HOSTILE|MARK)[-A-Z0-9]*", row["text"])
    return marker.group() if marker and marker.end() < 300 and "\n\n\n" not in row["text"] else None


COMMANDS = [
    ("queue", "--limit", "200"),
    ("queue", "--limit", "200", "--json"),
    ("history",),
    ("-q", "export", "comments", "--with-text"),
    ("-q", "export", "comments", "--with-text", "--format", "jsonl"),
    ("check", "HOSTILE \x1b]0;HOSTILE-TITLE\x07\x9b31m \u202ekill them\u202c all \u200b you [/] p0lice"),
    ("queue", "article:\x1b]0;HOSTILE\x07\u202e"),
    ("decide", "1", "reject", "--reason", "\x1b[5mHOSTILE\u202e"),
    ("\x1b]0;HOSTILE\x07",),
    ("queue", "--\x1b[2J\u202eHOSTILE"),
    ("-q", "intake", "/nowhere/\x1b]0;HOSTILE\x07\u202e.jsonl"),
    ("--config", "/nowhere/\x1b[2JHOSTILE.toml", "queue"),
]
END = "-- the end of a command --"
# What all of them import is imported once; then each is a process that starts as the program does.
_EACH = f"""
import json, os, sys
import moderator.bootstrap, moderator.config.settings, moderator.services.review, moderator.storage.engine
from moderator.cli import main, tree

commands = json.loads(sys.argv[1])
for command in commands:
    tree.build(tree.modules_for(command))
for command in commands:
    child = os.fork()
    if not child:
        sys.argv = ["moderator", *command]
        main.run()
    os.waitpid(child, 0)
    print({END!r}, flush=True)
"""


@pytest.fixture(scope="module")
def printed(home):
    """What each command printed on a terminal."""
    start = [sys.executable, "-c", _EACH, json.dumps(COMMANDS)]
    terminal = Terminal(SimpleNamespace(environment=home.environment, path=home.path, command=lambda: start))
    assert terminal.leave(key="") == 0
    runs = terminal.raw.getvalue().split(END.encode())
    assert len(runs) == len(COMMANDS) + 1
    return dict(zip(COMMANDS, runs, strict=False))


@pytest.mark.parametrize("arguments", COMMANDS, ids=lambda arguments: ascii(" ".join(arguments))[:60])
def test_commands_print_nothing_that_acts(printed, arguments):
    raw = printed[arguments]
    written = raw.decode("utf-8")
    found, between = sequences(written)
    # Headings are bold on a terminal; that's all a command sends.
    assert set(found) <= {"colour"}
    assert set(_COLOUR.findall(written)) <= {"\x1b[1m", "\x1b[0m"}
    for text in between:
        assert harmful(text, allowed="\r\n") == []
    assert [attack for attack in raw_attacks() if attack in raw] == []
    assert "Traceback" not in written
    assert written.strip()


def test_a_pipe_gets_no_sequence_at_all(home):
    for arguments in [("queue", "--limit", "200"), ("intake", "/nowhere/\x1b]0;HOSTILE\x07\u202e.jsonl")]:
        run = home(*arguments)
        assert harmful(run.out) == []
        assert harmful(run.err) == []
