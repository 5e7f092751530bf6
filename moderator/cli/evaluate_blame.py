"""`moderator eval --blame`: collective blame in depth."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from moderator.cli.call import Call
from moderator.cli.evaluate import tell_bad_lines, tell_unmet, unmet_record
from moderator.cli.figures import figure, number

if TYPE_CHECKING:
    from moderator.scoring.blame.evaluation import BlameReport, Rates

_RATES = ("precision", "recall", "f1", "accuracy", "false_positive_rate")


def evaluate_blame(call: Call, gold: Path, minimums: Mapping[str, float]) -> int:
    """Measures the shipped scorer and prints the result.

    Returns:
        The exit status: 1 where a minimum was not reached.

    Raises:
        ConnectorError: The file can't be read, or holds no labelled text.
    """
    from moderator.scoring.blame.evaluation import evaluate_items
    from moderator.services.evaluation import blame_figures, unmet
    from moderator.services.labelled import read_blame

    read = read_blame(gold)
    tell_bad_lines(call, read.bad)
    with call.out.progress("Scoring"):
        report = evaluate_items(read.items)
    missed = unmet(blame_figures(report), minimums)
    if call.out.as_json:
        call.out.emit(_record(report) | {"skipped": len(read.bad), "unmet": unmet_record(missed)})
    else:
        _print(call, report, len(read.bad))
        tell_unmet(call, missed)
    return 1 if missed else 0


def _record(report: BlameReport) -> dict[str, object]:
    return {
        "texts": report.size,
        "unscored": report.unscored,
        "overall": _rates(report.overall),
        "auc": number(report.auc),
        "pairs": report.pairs,
        "pair_accuracy": number(report.pair_accuracy),
        "functionality": {
            name: {"texts": texts, "accuracy": number(share)} for name, (share, texts) in report.classes.items()
        },
        "languages": {name: _rates(rates) for name, rates in report.languages.items()},
        "group_types": {name: _rates(rates) for name, rates in report.group_types.items()},
        "false_positive_gap": number(report.false_positive_gap),
        "recall_gap": number(report.recall_gap),
        "span_f1": number(report.span_f1),
        "swap": {"texts": report.swapped, "largest_move": number(report.swap)},
    }


def _rates(rates: Rates) -> dict[str, float | int | None]:
    return {"texts": _texts(rates), **{name: number(getattr(rates, name)) for name in _RATES}}


def _texts(rates: Rates) -> int:
    return rates.right_blame + rates.missed + rates.false_alarms + rates.right_none


def _print(call: Call, report: BlameReport, skipped: int) -> None:
    from moderator.cli.output import Column

    left_out = f", {skipped:,} lines skipped" if skipped else ""
    unscored = f", {report.unscored:,} in a language that isn't scored" if report.unscored else ""
    call.out.say(f"{report.size:,} texts{left_out}{unscored}.")
    call.out.say()
    overall = report.overall
    rows = [
        ["precision", figure(overall.precision)],
        ["recall", figure(overall.recall)],
        ["F1", figure(overall.f1)],
        ["area under the ROC curve", figure(report.auc)],
        [f"both sides of a pair right ({report.pairs:,} pairs)", figure(report.pair_accuracy)],
        ["gap in false alarms between group types", figure(report.false_positive_gap)],
        ["gap in recall between group types", figure(report.recall_gap)],
        ["overlap of evidence, F1 in characters", figure(report.span_f1)],
        [f"swap test, largest move ({report.swapped:,} texts)", figure(report.swap)],
    ]
    call.out.table([Column("measure"), Column("value", 6, right=True)], rows)
    call.out.say()
    classes = [[name or "none named", str(texts), figure(share)] for name, (share, texts) in report.classes.items()]
    columns = [Column("functionality"), Column("texts", 6, right=True), Column("right", 6, right=True)]
    call.out.table(columns, classes)
    _print_rates(call, "language", report.languages.items())
    _print_rates(call, "group type", report.group_types.items())


def _print_rates(call: Call, title: str, rows: Iterable[tuple[str, Rates]]) -> None:
    from moderator.cli.output import Column

    call.out.say()
    names = ("texts", "precision", "recall", "F1", "false alarms")
    columns = [Column(title), *(Column(name, max(6, len(name)), right=True) for name in names)]
    cells = [
        [name or "none named", str(_texts(rates))]
        + [figure(value) for value in (rates.precision, rates.recall, rates.f1, rates.false_positive_rate)]
        for name, rates in rows
    ]
    call.out.table(columns, cells)
