# ruff: noqa: RUF001  # ambiguous letters are what these tests are about
import subprocess
import sys

import pytest
from inertness import harmful, longest_mark_run

from moderator.text.visible import FindingKind, inspect, literal, visible, visible_line


def kinds(text):
    return {finding.kind: finding.count for finding in inspect(text).findings}


@pytest.mark.parametrize(
    ("raw", "shown"),
    [
        ("\x1b[31mred\x1b[0m", "␛[31mred␛[0m"),
        ("\x1b]0;title\x07", "␛]0;title␇"),
        ("a\x00b\x7fc", "a␀b␡c"),
        ("\x9b31m\x9d0;t\x9c", "‹CSI›31m‹OSC›0;t‹ST›"),
        ("\x80\x99", "‹U+0080›‹U+0099›"),
        ("a\u202ecba\u202c", "a‹RLO›cba‹PDF›"),
        ("\u2066x\u2069", "‹LRI›x‹PDI›"),
        ("k\u200bi\u2060l\u00adl", "k·i·l·l"),
        ("a\u200b\u200b\ufeff\u2060b", "a·b"),
        ("a\U000e0068\U000e0069b", "a·b"),
        ("a\ufe0fb", "a·b"),
        ("❤\ufe0f\ufe0f", "❤\ufe0f·"),
        ("a\u200db", "a·b"),
        ("\ud800 \ue000 \U0010ffff", "\ufffd \ufffd \ufffd"),
        ("ㅤname", "·name"),
        ("a\tb", "a    b"),
        ("a\r\nb", "a\nb"),
        ("a\rb", "a␍b"),
        ("a\u2028b\u2029c\x85d", "a\nb\nc\nd"),
        ("a\x0bb\x0cc", "a␋b␌c"),
        ("\u0301a", "◌\u0301a"),
        ("\n\u0301", "\n◌\u0301"),
        ("[/] [bold]x[/bold] \\", "[/] [bold]x[/bold] \\"),
        ("🏴\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f", "🏴‹England›"),
        ("葛\U000e0100城", "葛\U000e0100城"),
        ("x\U000e0100", "x·"),
        ("", ""),
    ],
)
def test_what_is_shown(raw, shown):
    assert visible(raw) == shown
    assert visible(shown) == shown
    assert harmful(visible(raw)) == []


def test_a_row_has_no_line_ends_and_no_tabs():
    assert visible_line("a\nb\r\nc\u2028d\te") == "a↵b↵c↵d e"
    assert visible_line("plain") == "plain"


def test_marks_are_shown_up_to_what_writing_needs():
    flood = "z" + "\u0301" * 50 + "a" + "\u0e49" * 50
    shown = visible(flood)
    assert longest_mark_run(shown) == 3
    assert shown.count("\u0e49") == 5
    assert kinds(flood) == {FindingKind.STACKED: 47 + 45}


def test_a_chain_of_joined_emoji_is_cut():
    chain = "\u200d".join(["👩"] * 100)
    shown = visible(chain)
    assert max(len(part) for part in shown.split("·")) <= 13
    assert kinds(chain)[FindingKind.HIDDEN] > 10


@pytest.mark.parametrize(
    ("raw", "found"),
    [
        ("\x1b[2J\x00", {FindingKind.CONTROL: 3 - 1}),
        ("\u202e\u202ex", {FindingKind.REVERSED: 2}),
        ("a\u200b\u2060b", {FindingKind.HIDDEN: 2}),
        ("\ufeffordinary file", {}),
        ("x\u200fy", {FindingKind.HIDDEN: 1}),
        ("שלום\u200f!", {}),
        ("\ue000\ud800", {FindingKind.UNKNOWN: 2}),
        ("\u0440olice", {FindingKind.LOOKALIKE: 1}),
        ("рolice и пoлиция", {FindingKind.LOOKALIKE: 2}),
        ("сало и сор", {}),
        ("\x1b\u202e\u200b", {FindingKind.CONTROL: 1, FindingKind.REVERSED: 1, FindingKind.HIDDEN: 1}),
        ("nothing at all", {}),
        ("line\r\nend", {}),
    ],
)
def test_what_is_found(raw, found):
    assert kinds(raw) == found


def test_tag_letters_are_spelt_out_for_the_moderator():
    hidden = "".join(chr(0xE0000 + ord(char)) for char in "kill them")
    (finding,) = inspect(f"nice{hidden}").findings
    assert finding.title == "hidden text: 9, spelling “kill them”"
    flood = "".join(chr(0xE0000 + ord("x")) for _ in range(1000))
    assert len(inspect(flood).findings[0].title) < 90


def test_offsets_bring_a_span_to_the_letters_that_show_it():
    raw = "a\u202ebad\u202c word"
    seen = inspect(raw)
    start = raw.index("bad")
    first, last = seen.to_display(start, start + 3)
    assert seen.visible[first:last] == "bad"
    first, last = seen.to_display(1, 2)
    assert seen.visible[first:last] == "‹RLO›"
    assert seen.to_display(0, len(raw)) == (0, len(seen.visible))
    assert seen.to_display(4, 4)[0] == seen.to_display(4, 4)[1]


def test_a_span_over_what_is_hidden_shows_its_sign():
    raw = "k\u200b\u200bi"
    seen = inspect(raw)
    assert seen.visible == "k·i"
    assert seen.to_display(2, 3) == (1, 2)
    assert seen.to_display(0, 4) == (0, 3)


def test_a_span_takes_in_all_of_a_letter_and_all_of_an_emoji():
    family = "👨\u200d👩\u200d👧"
    seen = inspect(f"a {family} e\u0301t")
    assert seen.to_display(4, 5) == (2, 7)
    assert seen.to_display(2, 3) == (2, 7)
    assert seen.to_display(8, 9) == (8, 10)
    assert seen.to_display(9, 10) == (8, 10)
    assert seen.to_display(10, 11) == (10, 11)
    assert seen.to_display(3, 3)[0] == seen.to_display(3, 3)[1]


def test_a_carriage_return_before_a_line_feed_has_no_place_of_its_own():
    seen = inspect("a\r\nb")
    assert seen.to_display(3, 4) == (2, 3)
    assert seen.to_display(0, 4) == (0, 3)
    assert inspect("\r\nb").to_display(0, 3) == (0, 2)


def test_the_limit_counts_what_is_read_and_says_so():
    seen = inspect("abcdef", limit=3)
    assert (seen.visible, seen.truncated, list(seen.offsets)) == ("abc…", True, [0, 1, 2, 3, 3])
    assert seen.to_display(1, 2) == (1, 2)
    assert seen.to_display(2, 6) == (2, 3)
    assert seen.to_display(4, 6) == (3, 3)
    assert not inspect("abc", limit=3).truncated
    assert inspect("abc", limit=0).visible == "…"
    assert visible("abcdef", 3) == visible_line("abcdef", 3) == "abc…"


def test_the_limit_keeps_a_letter_and_its_marks_together():
    assert inspect("abe\u0301\u0302f", limit=4).visible == "ab…"
    assert inspect("a👩\u200d👩", limit=3).findings == ()
    assert inspect("\u0301" * 100, limit=50).truncated


def test_the_rest_behind_the_limit_is_not_looked_at():
    class Watched(str):
        __slots__ = ()

        def __getitem__(self, key):
            if isinstance(key, slice):
                assert key.stop is not None
                assert key.stop <= 1000
            return super().__getitem__(key)

    assert inspect(Watched("x" * 10_000_000), limit=1000).truncated


def test_our_own_words_pass_as_they_are():
    assert literal("queue") == "queue"


def test_findings_can_be_shown_themselves():
    for finding in inspect("\x1b\u202e\u200b\U000e001b\U000e0061\u0440olice").findings:
        assert finding.title
        assert visible_line(finding.title) == finding.title


def test_the_gate_imports_nothing_heavy():
    code = (
        "import sys, moderator.text.visible as v; v.inspect('рolice'); print(*{m.split('.')[0] for m in sys.modules})"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert not {"numpy", "py3langid", "textual", "rich", "importlib.resources", "tomllib"} & set(done.stdout.split())


@pytest.mark.parametrize(
    "unit",
    [
        "a",
        "\x1b[",
        "\u202e\u200e",
        "\u0301",
        "👩\u200d",
        "\u200f",
        "\ufe0f",
        "🏴\U000e0067",
        "рo",
        "\U000e0041",
        "\r",
        "a\u0440 ",
    ],
)
@pytest.mark.timeout(120)
def test_work_grows_with_the_text_and_no_faster(unit):
    def work(size):
        count = 0

        def step(_frame, _event, _argument):
            nonlocal count
            count += 1

        text = unit * size
        sys.setprofile(step)
        try:
            inspection = inspect(text)
        finally:
            sys.setprofile(None)
        return count + len(inspection.visible)

    work(10)
    assert work(2000) <= 4.2 * work(500) + 200
    # Counting calls doesn't see inside a regular expression: quadratic ones would take minutes here.
    inspect(unit * (40_000 // len(unit)))
