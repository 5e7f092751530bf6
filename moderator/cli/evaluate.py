"""`moderator eval`: how well scorers do on labelled texts."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from moderator.cli.call import Call
from moderator.cli.check import ScorerOption
from moderator.cli.evaluate_deeper import deeper_record, print_groups, print_mistakes
from moderator.cli.figures import figure, number
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


MaximumOption = Annotated[
    list[str],
    typer.Option("--max", metavar="NAME=VALUE", help="Exit with 1 where a measure is above this; may be repeated."),
]
FieldOption = Annotated[
    list[str],
    typer.Option("--field", metavar="OURS=THEIRS", help="What the file calls text or a label; may be repeated."),
]
ByOption = Annotated[
    list[str], typer.Option("--by", metavar="FIELD", help="Compare the groups of this field; may be repeated.")
]


BlameOption = Annotated[
    bool, typer.Option("--blame", help="Measure collective blame in depth, from the field `label`.")
]
MistakesOption = Annotated[
    int, typer.Option(metavar="N", min=0, max=1000, help="How many of each label's worst mistakes to show.")
]
RevealOption = Annotated[bool, typer.Option("--reveal", help="Words of mistakes as they are, unmasked.")]


def register(app: typer.Typer) -> None:
    """Adds the command."""
    command(app, "eval", example="moderator eval gold.jsonl --min auc=0.9", panel="Score")(evaluate)


def evaluate(
    call: Call,
    *,
    gold: Annotated[Path, typer.Argument(metavar="GOLD", help="Labelled texts: JSON Lines, CSV or Parquet.")],
    scorer: ScorerOption = None,
    blame: BlameOption = False,
    minimum: MinimumOption = [],  # noqa: B006  # Typer reads it, nobody writes it
    maximum: MaximumOption = [],  # noqa: B006  # likewise
    field: FieldOption = [],  # noqa: B006  # likewise
    by: ByOption = [],  # noqa: B006  # likewise
    mistakes: MistakesOption = 0,
    reveal: RevealOption = False,
) -> int:
    """Scores labelled texts without storing them and says how well the scores agree with the labels.

    Each line has a text and a field per label that is known (`toxicity`, `insult` ...; 0, 1 or between). `lang`,
    `context` with `title` and `parent`, `functionality` and `difficulty` may be there too. A line that can't be used
    is named, skipped and counted.
    """
    from moderator.services.evaluation import MAXIMUMS, names_of_minimums

    minimums = _bounds("--min", minimum, names_of_minimums(blame=blame))
    maximums = _bounds("--max", maximum, () if blame else MAXIMUMS)
    if blame:
        return _of_blame(call, gold, minimums, scorer)
    from moderator.scoring.panel import Panel
    from moderator.services.evaluation import evaluate, figures, unmet
    from moderator.services.labelled import read_labelled

    call.use(scoring__scorer=scorer)
    read = read_labelled(gold, _fields(field), by)
    tell_bad_lines(call, read.bad)
    with call.services() as services, call.out.progress("Scoring", len(read.items)) as report:
        thresholds = {label: threshold.review for label, threshold in services.policy.thresholds.items()}
        panel = Panel(services.scorers)
        found = evaluate(panel, read.items, thresholds, report, by=by or ["lang"], most_mistakes=mistakes)
    missed = unmet(figures(found), minimums, maximums)
    if call.out.as_json:
        call.out.emit(_record(found) | deeper_record(found) | {"skipped": len(read.bad), "unmet": unmet_record(missed)})
    else:
        _print(call, found, len(read.bad))
        if by:
            print_groups(call, found)
        print_mistakes(call, found, read.items, reveal=reveal)
        tell_unmet(call, missed)
    return 1 if missed else 0


def _of_blame(call: Call, gold: Path, minimums: dict[str, float], scorer: str | None) -> int:
    from moderator.cli.evaluate_blame import evaluate_blame

    if scorer not in {None, "blame"}:
        raise ConfigError(
            "--blame measures the scorer of collective blame, and --scorer names another one", code="config.usage"
        )
    return evaluate_blame(call, gold, minimums)


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
        bound, word = ("most", "Exceeded") if one.at_most else ("least", "Not reached")
        call.out.say(f"{word}: {one.name} {value}, wanted at {bound} {one.least:g}.")


def unmet_record(missed: list[Unmet]) -> list[dict[str, object]]:
    """The same for programs."""
    return [
        {"name": one.name, "most" if one.at_most else "least": one.least, "value": number(one.value)} for one in missed
    ]


def _bounds(option: str, given: list[str], known: Sequence[str]) -> dict[str, float]:
    found: dict[str, float] = {}
    for one in given:
        name, _, value = one.partition("=")
        name = name.strip().lower().replace("-", "_")
        if name not in known:
            shown = [other for other in known if "." not in other]
            rest = ", or LABEL.MEASURE such as toxicity.auc" if len(shown) < len(known) else ""
            raise ConfigError(
                f"{option}: there is no measure called {name!r}",
                code="config.usage",
                hint=f"Use one of: {', '.join(shown)}{rest}." if shown else "Not with --blame.",
            )
        try:
            found[name] = float(value)
        except ValueError:
            found[name] = math.nan
        if not math.isfinite(found[name]):
            hint = f"Say {name}=0.9."
            raise ConfigError(f"{option} {name}: the value is not a number", code="config.usage", hint=hint)
    return found


def _fields(given: list[str]) -> dict[str, str]:
    from moderator.domain.score import Label

    known = ("text", "lang", "title", "parent", *(label.value for label in Label))
    found: dict[str, str] = {}
    for one in given:
        ours, _, theirs = one.partition("=")
        if ours.strip() not in known or not theirs:
            raise ConfigError(
                "--field: OURS=THEIRS with one of our own names before the sign",
                code="config.usage",
                hint=f"Ours are: {', '.join(known)}.",
            )
        found[ours.strip()] = theirs
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
