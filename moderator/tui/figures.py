"""Figures in words and in columns, ready to draw."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict

from textual.content import Content

from moderator.domain.decision import Action
from moderator.domain.policy import AUDIT_RULE
from moderator.domain.score import Label
from moderator.domain.stats import NO_LABEL, NOT_JUDGED, AppealFigures, Rate, Spread, StatsReport
from moderator.text.visible import visible_line
from moderator.tui.widgets.cells import fit
from moderator.tui.wording import DONE, LABELS, duration, number, plural

_NAME, _COUNT, _BAR = 16, 7, 12
_MOST = 8

AGES = ("<1 h", "<4 h", "<1 d", "<3 d", "<7 d", "more")
"""Words for the bands of `AGE_BANDS_S`."""

_SHORT_LABELS = {label.value: LABELS[label] for label in Label} | {
    NO_LABEL: "nothing found",
    NOT_JUDGED: "not judged",
    AUDIT_RULE: "drawn",
}


def label_name(label: str) -> str:
    """A label of a figure in words."""
    return visible_line(_SHORT_LABELS.get(label, label), 20)


def tiles(report: StatsReport) -> Content:
    """The most telling figures, a line each."""
    queue, decided = report.queue, report.decisions
    lines = [
        Content.assemble(
            (number(queue.waiting), "bold"), " wait · ", *_ages(queue.age_s, queue.oldest_s), _unscored(queue.unscored)
        ),
        Content.assemble(
            (plural(decided.decided, "decision"), "bold"),
            f" by people, {report.per_hour:.1f} an hour · taken back: ",
            *_rate(decided.undone),
        ),
        Content.assemble("against the scores: ", *_rate(decided.override), *_agreement(report)),
        Content.assemble(
            "on screen: ", *_within(decided.open_s), " · from posting to decision: ", *_within(decided.wait_s)
        ),
    ]
    return Content("\n").join(lines)


def breakdowns(report: StatsReport) -> list[tuple[str, Content]]:
    """Columns of counts: heading and rows of each that has any."""
    queue, decided = report.queue, report.decisions
    actions: dict[str, int] = {DONE[Action(name)]: count for name, count in decided.by_action.items()}
    tables: tuple[tuple[str, Mapping[str, int]], ...] = (
        ("waiting by section", queue.by_section),
        ("waiting by language", queue.by_language),
        ("waiting by source", queue.by_source),
        ("decided by action", actions),
        ("rejected because of", decided.by_reason),
        ("decided by section", {name: sum(found.values()) for name, found in decided.by_section.items()}),
        ("appeals", _appeals(decided.appeals)),
    )
    found = [(title, _columns(counts)) for title, counts in tables if counts]
    if decided.override_by_label:
        rates = {label_name(label): rate for label, rate in decided.override_by_label.items()}
        found.append(("against the scores", _rates(rates)))
    return found


def _appeals(appeals: AppealFigures) -> dict[str, int]:
    """Counts of appeals; none where there never was one in the window and none is open."""
    counts = asdict(appeals)
    return counts if any(counts.values()) else {}


def _columns(counts: Mapping[str, int]) -> Content:
    most = max(counts.values(), default=0)
    shown = list(counts.items())[:_MOST]
    rows = [
        f"{fit(visible_line(name or '(none)'), _NAME)}{fit(number(count), _COUNT, right=True)} {_bar(count, most)}"
        for name, count in shown
    ]
    if len(counts) > len(shown):
        rows.append(f"and {number(len(counts) - len(shown))} more")
    return Content("\n".join(rows))


def _rates(rates: Mapping[str, Rate]) -> Content:
    rows = [
        f"{fit(name, _NAME)}{fit(f'{rate.share or 0:.0%}', _COUNT, right=True)} of {number(rate.of)}"
        for name, rate in rates.items()
    ]
    return Content("\n".join(rows))


def _bar(count: int, most: int) -> str:
    return "━" * max(round(_BAR * count / most), 1 if count else 0) if most else ""


def _ages(age: Spread, oldest_s: float | None) -> tuple[str | tuple[str, str], ...]:
    if not age.of:
        return ("nothing has to",)
    return ("half up to ", (duration(age.median), "bold"), f", oldest {duration(oldest_s)}")


def _unscored(count: int) -> str:
    return f" · {number(count)} unscored" if count else ""


def _rate(rate: Rate) -> tuple[str | tuple[str, str], ...]:
    if rate.share is None:
        return ("none yet",)
    return ((f"{rate.share:.1%}", "bold"), f" ({number(rate.count)} of {number(rate.of)})")


def _within(spread: Spread) -> tuple[str | tuple[str, str], ...]:
    if not spread.of:
        return ("not measured yet",)
    return ("half within ", (duration(spread.median), "bold"))


def _agreement(report: StatsReport) -> tuple[str | tuple[str, str], ...]:
    same = report.decisions.agreement
    if not same.pairs:
        return (" · none decided by two people yet",)
    kappa = "" if same.kappa is None else f", κ {same.kappa:.2f}"
    return (" · two people agreed ", (f"{same.same / same.pairs:.0%}", "bold"), f" of {number(same.pairs)}{kappa}")
