"""`moderator eval`: how well scorers do on labelled texts."""

from __future__ import annotations

import math
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from moderator.cli.call import Call
from moderator.cli.check import ScorerOption
from moderator.cli.frame import command
from moderator.errors import ConfigError

if TYPE_CHECKING:
    from moderator.services.evaluation import Evaluation, Unmet
    from moderator.services.labelled import BadLine

_TOLD = 20
"""Bad lines that are named one by one."""

MinimumOption = Annotated[
    list[str],
    typer.Option("--min", metavar="NAME=VALUE", help="Exit with 1 where a measure is below this; may be repeated."),
]


def register(app: typer.Typer) -> None:
    """Adds the command."""
    command(app, "eval", example="moderator eval gold.jsonl --min auc=0.9", panel="Score")(evaluate)


def evaluate(
    call: Call,
    *,
    gold: Annotated[Path, typer.Argument(metavar="GOLD", help="Labelled texts: JSON Lines, CSV or Parquet.")],
    scorer: ScorerOption = None,
    blame: Annotated[
        bool, typer.Option("--blame", help="Measure collective blame in depth, from the field `label`.")
    ] = False,
    minimum: MinimumOption = [],  # noqa: B006  # Typer reads it, nobody writes it
) -> int:
    """Scores labelled texts without storing them and says how well the scores agree with the labels.

    Each line has a text and a field per label that is known (`toxicity`, `insult` ...; 0, 1 or between). `lang`,
    `context` with `title` and `parent`, `functionality` and `difficulty` may be there too. A line that can't be used
    is named, skipped and counted.
    """
    minimums = _minimums(minimum, blame=blame)
    if blame:
        if scorer not in {None, "blame"}:
            raise ConfigError(
                "--blame measures the scorer of collective blame, and --scorer names another one", code="config.usage"
            )
        from moderator.cli.evaluate_blame import evaluate_blame

        return evaluate_blame(call, gold, minimums)
    from moderator.scoring.panel import Panel
    from moderator.services.evaluation import evaluate, figures, unmet
    from moderator.services.labelled import read_labelled

    call.use(scoring__scorer=scorer)
    read = read_labelled(gold)
    tell_bad_lines(call, read.bad)
    with call.services() as services, call.out.progress("Scoring", len(read.items)) as report:
        thresholds = {label: threshold.review for label, threshold in services.policy.thresholds.items()}
        found = evaluate(Panel(services.scorers), read.items, thresholds, report)
    missed = unmet(figures(found), minimums)
    if call.out.as_json:
        call.out.emit(_record(found) | {"skipped": len(read.bad), "unmet": unmet_record(missed)})
    else:
        _print(call, found, len(read.bad))
        tell_unmet(call, missed)
    return 1 if missed else 0


def tell_bad_lines(call: Call, bad: list[BadLine]) -> None:
    """Names the lines that were skipped, the first ones one by one."""
    for one in bad[:_TOLD]:
        call.out.remark(f"line {one.line:,}: {one.reason}; skipped")
    if len(bad) > _TOLD:
        call.out.remark(f"and {len(bad) - _TOLD:,} more lines were skipped")


def tell_unmet(call: Call, missed: list[Unmet]) -> None:
    """Says which minimums were not reached."""
    for one in missed:
        value = "can't be measured on this set" if one.value is None else f"is {one.value:.4f}"
        call.out.say(f"Not reached: {one.name} {value}, wanted at least {one.least:g}.")


def unmet_record(missed: list[Unmet]) -> list[dict[str, object]]:
    """The same for programs."""
    return [{"name": one.name, "least": one.least, "value": number(one.value)} for one in missed]


def number(value: float | None) -> float | None:
    """A figure as JSON has it: rounded, and `None` where it isn't defined."""
    return None if value is None or not math.isfinite(value) else round(value, 6)


def figure(value: float | None, digits: int = 3) -> str:
    """A figure for people; a dash where it isn't defined."""
    return "-" if value is None or not math.isfinite(value) else f"{value:.{digits}f}"


def _minimums(given: list[str], *, blame: bool) -> dict[str, float]:
    from moderator.services.evaluation import names_of_minimums

    known = names_of_minimums(blame=blame)
    found: dict[str, float] = {}
    for one in given:
        name, _, value = one.partition("=")
        name = name.strip().lower().replace("-", "_")
        if name not in known:
            shown = [other for other in known if "." not in other]
            rest = "" if blame else ", or LABEL.MEASURE such as toxicity.auc"
            raise ConfigError(
                f"--min: there is no measure called {name!r}",
                code="config.usage",
                hint=f"Use one of: {', '.join(shown)}{rest}.",
            )
        try:
            found[name] = float(value)
        except ValueError:
            found[name] = math.nan
        if not math.isfinite(found[name]):
            raise ConfigError(f"--min {name}: the value is not a number", code="config.usage", hint=f"Say {name}=0.9.")
    return found


def _record(found: Evaluation) -> dict[str, Any]:
    from moderator.services.evaluation import measures

    labels = {
        label.value: {name: number(value) for name, value in measures(report).items()}
        for label, report in found.labels.items()
    }
    classes = {
        grouping: {
            label.value: {
                name: {"texts": one.texts, "accuracy": number(one.accuracy)} for name, one in groups[grouping].items()
            }
            for label, groups in found.classes.items()
            if groups.get(grouping)
        }
        for grouping in ("functionality", "difficulty")
    }
    return {
        "scorers": [
            {"name": one.name, "version": one.version, "weights_hash": one.weights_hash} for one in found.scorers
        ],
        "texts": found.texts,
        "labels": labels,
        "unscored": {label.value: count for label, count in found.unscored.items()},
        **classes,
        "elapsed_s": number(found.elapsed_s),
        "texts_per_s": number(found.texts_per_s),
    }


def _print(call: Call, found: Evaluation, skipped: int) -> None:
    from moderator.cli.output import Column
    from moderator.services.evaluation import measures

    call.out.say(", ".join(str(one) for one in found.scorers))
    left_out = f", {skipped:,} lines skipped" if skipped else ""
    call.out.say(f"{found.texts:,} texts{left_out}; {figure(found.texts_per_s, 0)} texts a second.")
    call.out.say()
    names = ("texts", "positive", "unscored", "AUC", "AP", "F1", "ECE", "at")
    columns = [Column("label", 17), *(Column(name, max(5, len(name)), right=True) for name in names)]
    rows: list[list[str]] = []
    for label, unscored in found.unscored.items():
        report = found.labels.get(label)
        measured = ["0", "-", f"{unscored}", *["-"] * 5]
        if report is not None:
            values = measures(report)
            shown = [figure(values[name]) for name in ("auc", "average_precision", "f1", "calibration_error")]
            measured = [str(report.known), str(report.positives), str(unscored), *shown]
            measured.append(f"{report.threshold:.2f}")
        rows.append([label.replace("_", " "), *measured])
    call.out.table(columns, rows)
    for label, groups in found.classes.items():
        for grouping, classes in groups.items():
            call.out.say()
            columns = [Column(f"{label.replace('_', ' ')}, by {grouping}"), Column("texts", 6, right=True)]
            rows = [[name, str(one.texts), figure(one.accuracy)] for name, one in classes.items()]
            call.out.table([*columns, Column("right", 6, right=True)], rows)
