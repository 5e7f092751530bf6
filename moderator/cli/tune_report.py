"""`moderator tune report`: what people's decisions say of scores and thresholds."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from moderator.cli.call import Call
from moderator.cli.tune import (
    LabelsOption,
    PastOptions,
    SecondsOption,
    as_labels,
    estimate_record,
    load_history,
    paragraph,
    scorer_record,
)
from moderator.cli.tune_swaps import print_swaps, swap, swap_record
from moderator.errors import ConfigError

if TYPE_CHECKING:
    from moderator.domain.score import Label
    from moderator.services.tuning.history import History
    from moderator.services.tuning.report import Group, LabelFigures, TuneReport
    from moderator.services.tuning.swaps import Swaps

_MENTIONS = 2_000

MentionsOption = Annotated[
    int, typer.Option(metavar="N", min=0, help="Decided comments read for the groups that they name.")
]
SwapsOption = Annotated[
    int, typer.Option(metavar="N", min=0, help="Decided comments scored again with other groups' names.")
]


def report(
    call: Call,
    *,
    label: LabelsOption = [],  # noqa: B006  # Typer reads it, nobody writes it
    past: PastOptions,
    seconds: SecondsOption = None,
    mentions: MentionsOption = _MENTIONS,
    swaps: SwapsOption = 0,
    html: Annotated[Path | None, typer.Option(metavar="FILE", help="Write everything as one HTML page.")] = None,
    plot: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Draw into a .png or .svg; needs the extra [plots].")
    ] = None,
) -> int:
    """Measures each label on the comments that people approved or rejected.

    How well scores tell one from the other, how far they can be taken at their word, what today's thresholds hold and
    miss, what that costs, and for whom it's worse: by language, section and groups that are named. Intervals are of
    95 %. With --swaps, how many comments would be held or pass if they named another group; that takes the scorers some
    ten texts a comment. Ends with 1 where nobody has decided on a scored comment.
    """
    from moderator.services.tuning.report import report as measure

    wanted = as_labels(label)
    if plot is not None:
        from moderator.services.tuning.pictures import check_picture

        check_picture(plot)
    with call.services(of_demo=True) as services:
        history = load_history(call, services, past)
        if not history.decided.any():
            call.out.remark("Nobody has approved or rejected a scored comment yet: there is nothing to measure on.")
            return 1
        with call.out.progress("Measuring"):
            named = services.figures.tuning.mentions(history, mentions) if mentions else ()
            found = measure(history, services.policy, mentions=named, seconds_per_look=seconds)
        swapped = swap(call, services, history, swaps) if swaps else None
    _write(call, found, html, plot, swapped)
    if call.out.as_json:
        call.out.emit(_record(found, history) | ({"swaps": swap_record(swapped)} if swapped else {}))
        return 0
    _print(call, found, wanted)
    if swapped:
        print_swaps(call, swapped)
    return 0


def _write(call: Call, found: TuneReport, html: Path | None, plot: Path | None, swapped: Swaps | None) -> None:
    from moderator.services.tuning.charts import label_charts

    try:
        if html is not None:
            from moderator.cli.tune_page import report_page

            html.write_text(report_page(found, swapped), encoding="utf-8")
            call.out.remark(f"Written: {html}")
        if plot is not None:
            from moderator.services.tuning.pictures import write_picture

            write_picture(plot, {_words(one.label): label_charts(one) for one in found.labels if one.comments})
            call.out.remark(f"Written: {plot}")
    except OSError as error:
        raise ConfigError(f"{error.filename}: {error.strerror}", code="tune.file") from error


def sentences(found: TuneReport) -> list[str]:
    """What was measured on, in words, with what makes it doubtful."""
    from moderator.services.tuning.charts import told

    batch = f" ({found.batch:,} together with others in one act)" if found.batch else ""
    pace = "as measured" if found.measured else "assumed: nobody's was measured"
    lines = [
        (
            f"{found.comments:,} scored comments in {found.days:,.0f} days; people decided on "
            f"{found.decided:,}{batch} and rejected {found.rejected:,}."
        ),
        f"A look takes {found.seconds_per_look:.0f} s ({pace}).",
    ]
    if found.audited:
        lines.append(
            f"{found.audited:,} were drawn at random below the thresholds; they stand for all "
            f"{found.weighted:,} comments there."
        )
    if not found.answers_below:
        lines.append(
            f"CAREFUL: people looked at {told(found.looks_below)} of what lies below today's thresholds, and not at "
            "random. Recall, false alarms and curves are of what was looked at. Set policy.audit_share in config.toml "
            "to have a random share looked at."
        )
    return lines


def table_rows(found: TuneReport) -> list[list[str]]:
    """A line per label."""
    from moderator.cli.figures import figure

    rows: list[list[str]] = []
    for one in found.labels:
        figures = (one.auc, one.average_precision, one.reliability.error, one.precision, one.recall, one.false_alarms)
        name = _words(one.label) if one.enough else f"{_words(one.label)} *"
        at = figure(one.threshold.review if one.threshold else None, 2)
        rows.append([name, f"{one.comments:,}", *(figure(each.value, 2) for each in figures), at])
    return rows


COLUMNS = ("label", "decided", "AUC", "AP", "ECE", "prec.", "recall", "false", "at")
"""Headings of `table_rows`."""


def _words(label: Label) -> str:
    return label.value.replace("_", " ")


def _print(call: Call, found: TuneReport, wanted: list[Label]) -> None:
    from moderator.cli.output import Column
    from moderator.cli.plots import print_charts
    from moderator.services.tuning.charts import label_charts

    for line in sentences(found):
        call.out.say(paragraph(line))
    call.out.say()
    columns = [Column(COLUMNS[0], 18), *(Column(name, max(len(name), 5), right=True) for name in COLUMNS[1:])]
    call.out.table(columns, table_rows(found))
    call.out.say(
        paragraph(
            "prec., recall, false: precision, recall, and share of approved comments held, at the threshold `at`."
        )
    )
    if any(not one.enough for one in found.labels):
        call.out.say("*: fewer than 20 rejected or approved comments: too little to go by.")
    chosen = [one for one in found.labels if one.label in wanted] if wanted else _leading(found)
    for one in chosen:
        call.out.say()
        call.out.say(f"{_words(one.label)}, scored by {one.scorer.name}@{one.scorer.version}")
        call.out.say()
        print_charts(call.out, label_charts(one))
        _print_groups(call, one)
    if not wanted and len(found.labels) > len(chosen):
        call.out.remark("--label NAME draws another label, --html FILE all of them.")


def _leading(found: TuneReport) -> list[LabelFigures]:
    """The label that tells best, where there is enough to go by."""
    enough = [one for one in found.labels if one.enough and one.threshold is not None]
    return sorted(enough, key=lambda one: -one.auc.value)[:1]


def group_rows(groups: tuple[Group, ...]) -> list[list[str]]:
    """A line per group."""
    from moderator.cli.figures import figure
    from moderator.services.tuning.charts import told

    return [
        [
            f"{one.kind} {one.name or 'unknown'}",
            f"{one.comments:,}",
            f"{one.rejected:,}",
            figure(one.precision.value, 2),
            told(one.recall),
            told(one.false_alarms),
        ]
        for one in groups
    ]


GROUP_COLUMNS = ("among", "decided", "rejected", "prec.", "recall", "false alarms")
"""Headings of `group_rows`."""


def _print_groups(call: Call, one: LabelFigures) -> None:
    from moderator.cli.output import Column

    if one.groups:
        widths = (None, 7, 8, 5, 19, 19)
        columns = [
            Column(name, width, right=at > 0)
            for at, (name, width) in enumerate(zip(GROUP_COLUMNS, widths, strict=True))
        ]
        call.out.table(columns, group_rows(one.groups))


def _record(found: TuneReport, history: History) -> dict[str, Any]:
    from moderator.cli.figures import number

    return {
        "comments": found.comments,
        "decided": found.decided,
        "rejected": found.rejected,
        "batch": found.batch,
        "days": number(found.days),
        "routes": {route.value: count for route, count in found.routes.items()},
        "looks_below": estimate_record(found.looks_below),
        "audited": found.audited,
        "answers_below": found.answers_below,
        "seconds_per_look": {"value": number(found.seconds_per_look), "measured": found.measured},
        **scorer_record(history),
        "labels": {one.label.value: _label_record(one) for one in found.labels},
    }


def _label_record(one: LabelFigures) -> dict[str, Any]:
    from moderator.cli.figures import number

    figures = ("auc", "average_precision", "precision", "recall", "false_alarms")
    curves = {name: getattr(one, name) for name in ("roc", "precision_recall", "cost")}
    return {
        "comments": one.comments,
        "rejected": one.rejected,
        "enough": one.enough,
        "threshold": one.threshold.review if one.threshold else None,
        **{name: estimate_record(getattr(one, name)) for name in figures},
        "calibration_error": estimate_record(one.reliability.error),
        "reliability": [
            {"score": number(score), "comments": int(count), "rejected": estimate_record(share)}
            for score, count, share in zip(
                one.reliability.score.tolist(), one.reliability.comments.tolist(), one.reliability.rejected, strict=True
            )
        ],
        "spread": {
            "bins": [number(each) for each in one.bins.tolist()],
            "approved": one.spread[:, 0].tolist(),
            "rejected": one.spread[:, 1].tolist(),
        },
        **{
            name: curve
            and {part: [number(each) for each in getattr(curve, part).tolist()] for part in ("x", "y", "low", "high")}
            for name, curve in curves.items()
        },
        "groups": [
            {"kind": group.kind, "name": group.name, "comments": group.comments, "rejected": group.rejected}
            | {name: estimate_record(getattr(group, name)) for name in ("precision", "recall", "false_alarms", "auc")}
            for group in one.groups
        ],
    }
