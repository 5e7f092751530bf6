"""`moderator train calibrate` and `adapt`: the scorers learn from what your own people decided."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated

import typer

from moderator.cli.call import Call
from moderator.cli.frame import command
from moderator.domain.lessons import FEWEST_SECONDS, LeftOut
from moderator.errors import ScoringError

if TYPE_CHECKING:
    from moderator.config.settings import Settings
    from moderator.scoring.training.adaptation import Adaptation
    from moderator.services.learning import CalibrationReport, Lessons

FewestOption = Annotated[
    float,
    typer.Option("--fewest-seconds", metavar="S", help="Leave out what was open for less; 0 for no limit.", min=0.0),
]
DryRunOption = Annotated[bool, typer.Option("--dry-run", help="Only report; put nothing in force.")]


def add_to(train: typer.Typer) -> None:
    """Adds the commands to the group."""
    command(train, "calibrate", example="moderator train calibrate --dry-run")(calibrate_scorers)
    command(train, "adapt", example="moderator train adapt")(adapt_embedded)


def calibrate_scorers(
    call: Call, *, fewest_seconds: FewestOption = FEWEST_SECONDS, dry_run: DryRunOption = False
) -> None:
    """Fits what each label's score means to your own decisions: of a hundred comments at 0.7, seventy are rejected.

    A monotone curve per label, Platt's or isotonic, whichever predicts decisions better that it didn't see. The order
    of comments under one label stays; its thresholds then mean what they say. The scorer's version shows the curve.
    """
    from moderator.plugins import raw_scorer_specs
    from moderator.scoring.calibrated import install_calibration
    from moderator.scoring.process import ProcessScorer
    from moderator.services.learning import calibrate, gather_lessons

    own = call.settings
    with call.services(of_demo=True) as services:
        learned = gather_lessons(services.db, fewest_seconds)
        dry_run = dry_run or _is_demo(call, own)
        for spec in raw_scorer_specs(call.settings):
            with ProcessScorer(spec, nice=0) as scorer, call.out.progress(f"scoring with {spec.name}") as report:
                fitted = calibrate(scorer, learned, report)
            installed = None
            if fitted.calibration is not None and not dry_run:
                try:
                    installed = install_calibration(call.settings.models_dir, fitted.calibration)
                except OSError as error:
                    raise ScoringError(
                        f"{call.settings.models_dir}: can't write ({error.strerror})", code="scoring.cannot_write"
                    ) from error
            _report_calibration(call, spec.name, fitted, learned, str(installed) if installed else None)
    if not call.out.as_json:
        _report_left_out(call, learned)


def _report_calibration(
    call: Call, name: str, fitted: CalibrationReport, learned: Lessons, installed: str | None
) -> None:
    from moderator.cli.output import Column

    if call.out.as_json:
        labels = {
            fit.label.value: {
                "positives": fit.positives,
                "negatives": fit.negatives,
                "method": fit.curve.method if fit.curve else None,
                "error_before": fit.curve.error_before if fit.curve else None,
                "error_after": fit.curve.error_after if fit.curve else None,
            }
            for fit in fitted.fits
        }
        call.out.emit({"scorer": name, "installed": installed, "labels": labels, **_as_record(learned)})
        return
    call.out.say(name)
    rows = [
        [
            fit.label.value.replace("_", " "),
            f"{fit.positives:,}",
            f"{fit.negatives:,}",
            f"{fit.curve.error_before:.3f}" if fit.curve else "",
            f"{fit.curve.error_after:.3f}" if fit.curve else "",
            fit.why,
        ]
        for fit in fitted.fits
    ]
    figures = [Column(title, 7, right=True) for title in ("yes", "no", "ECE", "then")]
    call.out.table([Column("label", 16), *figures, Column("curve")], rows)
    call.out.say(f"In force from now on: {installed}" if installed else "Nothing was put in force.")
    call.out.say()


def adapt_embedded(
    call: Call,
    *,
    scorer: Annotated[
        str, typer.Option(metavar="NAME", help="embedded or embedded-encoder; the one that scores, where absent.")
    ] = "",
    fewest_seconds: FewestOption = FEWEST_SECONDS,
    dry_run: DryRunOption = False,
) -> int:
    """Fine-tunes an embedded scorer on your own decisions, and keeps it only where it does better on unseen ones.

    What its parts' words count for is learned, and what single words do. The last quarter of your decisions is held
    back and judges the outcome. The weights before stay on disk. Ends with 1 where the new ones aren't better: then
    nothing changes.
    """
    from moderator.scoring.adapted import form_in_force, install_adapted
    from moderator.scoring.training.adaptation import adapt
    from moderator.services.learning import gather_lessons

    own = call.settings
    with call.services(of_demo=True) as services:
        learned = gather_lessons(services.db, fewest_seconds)
    dry_run = dry_run or _is_demo(call, own)
    models_dir = call.settings.models_dir
    form = form_in_force(models_dir, scorer or _who_scores(call), call.settings.values.scoring.threads)
    with call.out.progress(f"learning, {form.name}") as report:
        outcome = adapt(form, learned.taken, report)
    installed = None
    if outcome.is_better and not dry_run:
        try:
            installed = install_adapted(models_dir, form, outcome.model, outcome.about)
        except OSError as error:
            raise ScoringError(f"{models_dir}: can't write ({error.strerror})", code="scoring.cannot_write") from error
    _report_adaptation(call, outcome, learned, str(installed) if installed else None)
    return 0 if outcome.is_better else 1


def _is_demo(call: Call, own: Settings) -> bool:
    """Whether it is a demo's decisions that were read: the scorers of a site don't learn from those."""
    if call.settings.data_dir == own.data_dir:
        return False
    call.out.remark("A demo's decisions are only reported on: nothing is put in force.")
    return True


def _who_scores(call: Call) -> str:
    """The scorer in force, where it can be adapted; else the small form, which may score in bulk."""
    from moderator.plugins import raw_scorer_specs
    from moderator.scoring.learned_files import ADAPTED

    principal = raw_scorer_specs(call.settings)[0].name
    return principal if principal in ADAPTED else "embedded"


def _report_adaptation(call: Call, outcome: Adaptation, learned: Lessons, installed: str | None) -> None:
    from moderator.cli.output import Column

    if call.out.as_json:
        labels = {one.label.value: one.as_dict() for one in outcome.labels}
        told = {"better": outcome.is_better, "verdict": outcome.verdict, "installed": installed, "labels": labels}
        beyond = {"other_language": outcome.foreign, "older": outcome.older}
        call.out.emit({"scorer": outcome.form.name, **told, **_as_record(learned, beyond)})
        return
    call.out.say(outcome.form.name)
    rows = [
        [
            one.label.value.replace("_", " "),
            f"{one.held:,}",
            f"{one.loss_before:.4f}",
            f"{one.loss_blend:.4f}",
            f"{one.loss_after:.4f}",
            f"{one.auc_before:.3f}",
            f"{one.auc_after:.3f}",
        ]
        for one in outcome.labels
    ]
    titles = ("held back", "loss", "blend", "+ words", "AUC", "then")
    figures = [Column(title, 9, right=True) for title in titles]
    if rows:
        call.out.table([Column("label", 16), *figures], rows)
    call.out.say(outcome.verdict)
    call.out.say(f"In force from now on: {installed}" if installed else "Nothing was put in force.")
    call.out.say()
    beyond = {
        "in a language that the scorer wasn't taught": outcome.foreign,
        "older than the latest that are learned from": outcome.older,
    }
    _report_left_out(call, learned, {why: count for why, count in beyond.items() if count})


def _as_record(learned: Lessons, beyond: Mapping[str, int] | None = None) -> dict[str, object]:
    left_out: Mapping[LeftOut, int] = learned.left_out
    counts = {why.name.lower(): count for why, count in left_out.items()} | {**(beyond or {})}
    return {"decisions": len(learned.taken) - sum((beyond or {}).values()), "left_out": counts}


def _report_left_out(call: Call, learned: Lessons, beyond: Mapping[str, int] | None = None) -> None:
    counts = {why.value: count for why, count in learned.left_out.items()} | {**(beyond or {})}
    taken = len(learned.taken) - sum((beyond or {}).values())
    call.out.say(f"Learned from {taken:,} decisions; {sum(counts.values()):,} were left out:")
    for why, count in sorted(counts.items(), key=lambda pair: -pair[1]):
        call.out.say(f"  {count:>9,}  {why}")
