"""`moderator tune compare`: how scores moved with another scorer, and which thresholds keep the queue as long."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from moderator.cli.call import Call
from moderator.cli.tune import LabelsOption, SinceOption, as_labels, estimate_record
from moderator.errors import ConfigError

if TYPE_CHECKING:
    from moderator.domain.score import Label
    from moderator.services.tuning.drift import Drift, Moved


def compare(
    call: Call,
    *,
    old: Annotated[str, typer.Argument(metavar="OLD", help="A scorer whose scores are stored: NAME@VERSION.")],
    new: Annotated[str, typer.Argument(metavar="NEW", help="Another one, or another version.")],
    label: LabelsOption = [],  # noqa: B006  # Typer reads it, nobody writes it
    since: SinceOption = None,
    plot: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Draw into a .png or .svg; needs the extra [plots].")
    ] = None,
    html: Annotated[Path | None, typer.Option(metavar="FILE", help="Write everything as one HTML page.")] = None,
) -> int:
    """Compares two scorers on the texts that both scored, each curve by itself.

    Prints how scores moved and thresholds that as many comments reach with the new scorer as reach today's with the
    old one. Ends with 1 where no text was scored by both: `moderator score --rescore` scores what nobody has decided.
    """
    from moderator.cli.times import moment

    wanted = as_labels(label)
    if plot is not None:
        from moderator.services.tuning.pictures import check_picture

        check_picture(plot)
    with call.services(of_demo=True) as services, call.out.progress("Comparing"):
        since_ms = moment(since, "--since", services.settings)
        found = services.figures.tuning.compare(old, new, since_ms=since_ms)
    _write(call, found, html, plot)
    if call.out.as_json:
        call.out.emit(_record(found))
    else:
        _print(call, found, wanted)
    return 0 if found.both else 1


def _write(call: Call, found: Drift, html: Path | None, plot: Path | None) -> None:
    from moderator.services.tuning.charts import drift_charts

    try:
        if html is not None:
            from moderator.cli.tune_page import comparison_page

            html.write_text(comparison_page(found), encoding="utf-8")
            call.out.remark(f"Written: {html}")
        if plot is not None:
            from moderator.services.tuning.pictures import write_picture

            write_picture(plot, {f"{_name(found, 'old')} and {_name(found, 'new')}": drift_charts(found)})
            call.out.remark(f"Written: {plot}")
    except OSError as error:
        raise ConfigError(f"{error.filename}: {error.strerror}", code="tune.file") from error


def _name(found: Drift, side: str) -> str:
    scorer = getattr(found, side)
    return f"{scorer.name}@{scorer.version}"


def sentences(found: Drift) -> list[str]:
    """Who is compared, and on what."""
    lines = [
        f"{found.old} -> {found.new}",
        f"{found.both:,} texts scored by both; {found.only_old:,} by the old one alone, {found.only_new:,} by the new.",
    ]
    for names, what in ((found.gone, "Gone"), (found.added, "New")):
        if names:
            lines.append(f"{what}: {', '.join(each.value.replace('_', ' ') for each in names)}.")
    return lines


MOVED_COLUMNS = ("label", "median", "to", "shift", "most", "ranks", "AUC old", "AUC new")
"""Headings of `moved_rows`."""

MAPPED = "Thresholds that keep the queue's size; held: how many reach it, same: how many of them do either way."
MAPPED_COLUMNS = ("label", "review", "then", "priority", "then", "held", "same")
"""Headings of `mapped_rows`, and what they are."""


def moved_rows(found: Drift) -> list[list[str]]:
    """A line per label: how its scores moved."""
    from moderator.cli.figures import figure
    from moderator.services.tuning.charts import told

    return [
        [
            one.label.value.replace("_", " "),
            *(figure(each, 2) for each in (_median(one.old), _median(one.new))),
            f"{one.shift:+.3f}",
            figure(one.largest, 2),
            figure(one.agreement, 2),
            told(one.auc_old),
            told(one.auc_new),
        ]
        for one in found.labels
        if one.texts
    ]


def mapped_rows(found: Drift) -> list[list[str]]:
    """A line per label with thresholds: today's, and those that as many texts reach."""
    return [_mapped(one) for one in found.labels if one.now is not None]


def _print(call: Call, found: Drift, wanted: list[Label]) -> None:
    from moderator.cli.output import Column
    from moderator.cli.plots import print_charts
    from moderator.services.tuning.charts import drift_charts

    out = call.out
    for line in sentences(found):
        out.say(line)
    if found.both:
        out.say()
        columns = [Column("label", 17), *(Column(name, max(len(name), 6), right=True) for name in MOVED_COLUMNS[1:6])]
        out.table([*columns, *(Column(name, 20) for name in MOVED_COLUMNS[6:])], moved_rows(found))
        out.say()
        out.say(MAPPED)
        columns = [Column("label", 17), *(Column(name, 9, right=True) for name in MAPPED_COLUMNS[1:5])]
        out.table([*columns, *(Column(name, 8, right=True) for name in MAPPED_COLUMNS[5:])], mapped_rows(found))
    if wanted:
        names = {one.value.replace("_", " ") for one in wanted}
        print_charts(out, [chart for chart in drift_charts(found) if chart.title in names])


def _median(quantiles: tuple[float, ...]) -> float:
    return quantiles[len(quantiles) // 2]


def _mapped(one: Moved) -> list[str]:
    now, then = one.now, one.then
    if now is None or then is None:
        return [one.label.value.replace("_", " "), "too few", "", "", "", "", ""]
    values = (now.review, then.review, now.priority, then.priority)
    counts = (f"{one.held:,}", f"{one.kept:,}")
    return [one.label.value.replace("_", " "), *(f"{value:.3f}" for value in values), *counts]


def _record(found: Drift) -> dict[str, Any]:
    from moderator.cli.figures import number
    from moderator.services.tuning.drift import QUANTILES

    def threshold(given: Any) -> dict[str, float] | None:
        return None if given is None else {"review": given.review, "priority": given.priority}

    return {
        **{
            side: {"name": one.name, "version": one.version, "weights_hash": one.weights_hash}
            for side, one in (("old", found.old), ("new", found.new))
        },
        "both": found.both,
        "only_old": found.only_old,
        "only_new": found.only_new,
        "gone": [one.value for one in found.gone],
        "added": [one.value for one in found.added],
        "quantiles": list(QUANTILES),
        "labels": {
            one.label.value: {
                "texts": one.texts,
                "old": [number(each) for each in one.old],
                "new": [number(each) for each in one.new],
                **{name: number(getattr(one, name)) for name in ("shift", "apart", "largest", "agreement")},
                "now": threshold(one.now),
                "then": threshold(one.then),
                "held": one.held,
                "kept": one.kept,
                "auc_old": estimate_record(one.auc_old),
                "auc_new": estimate_record(one.auc_new),
            }
            for one in found.labels
        },
    }
