"""`moderator tune compare`: how scores moved with another scorer, and which thresholds keep the queue as long."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from moderator.cli.call import Call
from moderator.cli.tune import LabelsOption, SinceOption, as_labels, estimate_record

if TYPE_CHECKING:
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
) -> int:
    """Compares two scorers on the texts that both scored, each curve by itself.

    Prints how scores moved and thresholds that as many comments reach with the new scorer as reach today's with the
    old one. Ends with 1 where no text was scored by both: `moderator score --rescore` scores what nobody has decided.
    """
    from moderator.cli.times import moment
    from moderator.services.tuning.charts import drift_charts

    wanted = as_labels(label)
    if plot is not None:
        from moderator.services.tuning.pictures import check_picture

        check_picture(plot)
    with call.services(of_demo=True) as services, call.out.progress("Comparing"):
        since_ms = moment(since, "--since", services.settings)
        found = services.figures.tuning.compare(old, new, since_ms=since_ms)
    if plot is not None:
        from moderator.services.tuning.pictures import write_picture

        write_picture(plot, {f"{_name(found, 'old')} and {_name(found, 'new')}": drift_charts(found)})
        call.out.remark(f"Written: {plot}")
    if call.out.as_json:
        call.out.emit(_record(found))
    else:
        _print(call, found)
        if wanted:
            from moderator.cli.plots import print_charts

            names = {one.value.replace("_", " ") for one in wanted}
            print_charts(call.out, [chart for chart in drift_charts(found) if chart.title in names])
    return 0 if found.both else 1


def _name(found: Drift, side: str) -> str:
    scorer = getattr(found, side)
    return f"{scorer.name}@{scorer.version}"


def _print(call: Call, found: Drift) -> None:
    from moderator.cli.figures import figure
    from moderator.cli.output import Column
    from moderator.services.tuning.charts import told

    out = call.out
    out.say(f"{found.old} -> {found.new}")
    out.say(
        f"{found.both:,} texts scored by both; {found.only_old:,} by the old one alone, {found.only_new:,} by the new."
    )
    for names, what in ((found.gone, "Gone"), (found.added, "New")):
        if names:
            out.say(f"{what}: {', '.join(each.value.replace('_', ' ') for each in names)}.")
    if not found.both:
        return
    out.say()
    columns = [Column("label", 17)]
    columns += [Column(name, max(len(name), 6), right=True) for name in ("median", "to", "shift", "most", "ranks")]
    columns += [Column("AUC old", 20), Column("AUC new", 20)]
    out.table(
        columns,
        [
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
        ],
    )
    out.say()
    out.say("Thresholds that keep the queue's size; held: how many reach it, same: how many of them do either way.")
    columns = [Column("label", 17), *(Column(name, 9, right=True) for name in ("review", "then", "priority", "then"))]
    columns += [Column("held", 8, right=True), Column("same", 8, right=True)]
    out.table(columns, [_mapped(one) for one in found.labels if one.now is not None])


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
