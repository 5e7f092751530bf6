# ruff: noqa: RUF001  # ambiguous letters are what these tests are about
import unicodedata

from hypothesis import example, given
from hypothesis import strategies as st
from inertness import harmful, longest_mark_run

from moderator.text.visible import inspect, visible, visible_line

NASTY = st.sampled_from(
    list(
        "\x00\x07\x08\t\n\x0b\r\x1b\x7f\x80\x85\x9b\x9d\xad\u0300\u0301\u0334\u0338\u034f\u0483\u061c\u064b\u070f\u0e49\u115f\u1160"
        "\u1161\u17b4\u180b\u180e\u200b\u200c\u200d\u200e\u200f\u2028\u2029\u202a\u202b\u202c\u202d\u202e\u2060\u2066\u2067\u2068"
        "\u2069\u20dd\u20e3\u2800\u3164\ufe00\ufe0e\ufe0f\ufeff\uffa0\ufff9\ufffd\ufffe\ud800\udfff\ue000\U000e0001\U000e0041"
        "\U000e0067\U000e007f\U000e0100\U0001f3f4\U0001f3fb\U0001f468\U0001f1fa\U0001fae8\U0010ffff"
        "aA1#*[]\\ \u0430\u0440p\u05d0\u0628\u06cc\u0915\u094d\u4e00\uac00\u2764◌·‹›␛↵…"
    )
)
TEXTS = st.lists(st.one_of(NASTY, st.characters(exclude_categories=())), max_size=40).map("".join)


@given(TEXTS)
@example("\x9d0;x\x9c")
def test_nothing_comes_out_that_could_act(text):
    assert harmful(visible(text)) == []
    assert harmful(visible_line(text), allowed="") == []
    visible(text).encode("utf-8")


@given(TEXTS)
@example("\u070f\u200c\u0628")
@example("👩\u200d" * 9 + "👩")
@example("\u06cc" + "\u064b" * 6 + "\u200c\u0628")
@example("\U0001f02c\u200d👩")
def test_gating_twice_changes_nothing(text):
    once, line = visible(text), visible_line(text)
    assert visible(once) == once
    assert visible_line(line) == line
    assert visible_line(once) == line.replace("\t", " ") or "\t" in text


@given(TEXTS)
def test_offsets_are_in_range_and_in_order(text):
    seen = inspect(text)
    assert len(seen.offsets) == len(seen.visible) + 1
    assert all(one <= other for one, other in zip(seen.offsets, seen.offsets[1:], strict=False))
    assert seen.offsets[len(seen.visible)] == len(text)
    assert all(0 <= offset < len(text) for offset in seen.offsets[:-1])


@given(TEXTS)
def test_a_letter_that_is_shown_as_itself_points_at_itself(text):
    seen = inspect(text)
    for at, char in enumerate(seen.visible):
        raw = text[seen.offsets[at]]
        is_jamo = "\u115f" <= raw <= "\u11ff" or "\ud7b0" <= raw <= "\ud7ff"
        if unicodedata.category(raw)[0] in "LNPS" and not is_jamo and raw not in "\u2800\u3164\uffa0":
            assert char == raw


def starts_inside(shown, at):
    """Whether a place lies inside what is drawn as one."""
    if not 0 < at < len(shown):
        return False
    is_jamo = "\u1160" < shown[at] <= "\u11ff" or "\ud7b0" <= shown[at] <= "\ud7ff"
    is_glue = unicodedata.category(shown[at])[0] == "M" or shown[at] in "\u200c\u200d" or is_jamo
    return is_glue or shown[at - 1] == "\u200d"


@given(TEXTS, st.integers(0, 45), st.integers(0, 45))
def test_a_span_is_shown_whole_and_with_nothing_else(text, one, other):
    start, end = sorted((min(one, len(text)), min(other, len(text))))
    seen = inspect(text)
    first, last = seen.to_display(start, end)
    assert 0 <= first <= last <= len(seen.visible)
    if start < end:
        # Each display character of a source character inside the span is inside the display span ...
        inside = [at for at in range(len(seen.visible)) if start <= seen.offsets[at] < end]
        assert all(first <= at < last for at in inside)
        # ... and every other one in it belongs to the same run, or is drawn as one with its neighbour.
        shown = seen.visible
        assert not starts_inside(shown, first)
        assert not starts_inside(shown, last)
        for at in range(first, last):
            if seen.offsets[at] < start:
                following = [offset for offset in seen.offsets if offset > seen.offsets[at]]
                ends_before = following and following[0] <= start
                assert not ends_before or all(
                    starts_inside(shown, inner) for inner in range(at + 1, (inside[0] if inside else last - 1) + 1)
                )
            if seen.offsets[at] >= end:
                assert starts_inside(shown, at)
    else:
        assert first == last


@given(TEXTS, st.integers(0, 45))
def test_a_cut_text_reads_no_more_than_allowed(text, limit):
    seen = inspect(text, limit=limit)
    assert seen.truncated == (len(text) > limit)
    assert seen.offsets[len(seen.visible)] <= limit
    assert harmful(seen.visible) == []
    assert seen.visible.endswith("…") or not seen.truncated
    if not seen.truncated:
        assert seen.visible == visible(text)


@given(TEXTS)
def test_marks_never_pile_up(text):
    assert longest_mark_run(visible(text)) <= 5


@given(st.text(st.characters(codec="ascii", categories=["L", "N", "P", "S", "Zs"])))
def test_printable_ascii_passes_unchanged_and_without_a_finding(text):
    seen = inspect(text)
    assert seen.visible == text
    assert seen.findings == ()


@given(TEXTS)
def test_findings_count_something_and_can_be_shown(text):
    for finding in inspect(text).findings:
        assert finding.count >= 1
        assert visible_line(finding.title) == finding.title
