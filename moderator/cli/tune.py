"""`moderator tune`: thresholds measured on the site's own history."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any

import typer

from moderator.cli.call import Call
from moderator.cli.frame import command
from moderator.errors import ConfigError

if TYPE_CHECKING:
    from moderator.bootstrap import Services
    from moderator.domain.score import Label
    from moderator.services.tuning.history import History
    from moderator.services.tuning.intervals import Estimate

ScorersOption = Annotated[
    list[str] | None,
    typer.Option("--scorer", metavar="NAME[@VERSION]", help="Whose scores, else each label's newest; may be repeated."),
]
SinceOption = Annotated[str | None, typer.Option(metavar="TIME", help="Only comments posted from then on.")]
UntilOption = Annotated[str | None, typer.Option(metavar="TIME", help="Only comments posted before then.")]
SecondsOption = Annotated[
    float | None,
    typer.Option("--seconds", metavar="S", min=0.1, help="What a look at a comment takes; else as was measured."),
]
LabelsOption = Annotated[list[str], typer.Option("--label", metavar="LABEL", help="Draw this label; may be repeated.")]


@dataclass(frozen=True, slots=True)
class PastOptions:
    """Which part of the past a command measures on, as options."""

    scorer: ScorersOption = None
    since: SinceOption = None
    until: UntilOption = None


def register(app: typer.Typer) -> None:
    """Adds the group."""
    from moderator.cli.tune_compare import compare
    from moderator.cli.tune_lists import lists
    from moderator.cli.tune_report import report
    from moderator.cli.tune_suggest import suggest
    from moderator.cli.tune_whatif import whatif

    group = typer.Typer(help="Measure thresholds on your own history.", no_args_is_help=True)
    command(group, example="moderator tune report --label toxicity --html report.html")(report)
    command(group, example="moderator tune whatif new.toml")(whatif)
    command(group, example="moderator tune suggest --recall 0.9 --write")(suggest)
    command(group, example="moderator tune compare embedded@1 embedded@2")(compare)
    command(group, example="moderator tune lists --list scams")(lists)
    app.add_typer(group, name="tune", rich_help_panel="Score")


def load_history(call: Call, services: Services, past: PastOptions) -> History:
    """The past, with a bar while it's read and a word on what was left out."""
    from moderator.cli.times import moment
    from moderator.services.tuning.history import Wanted, scorer_name

    settings = services.settings
    since_ms, until_ms = moment(past.since, "--since", settings), moment(past.until, "--until", settings)
    wanted = Wanted(past.scorer or (), since_ms, until_ms)
    with call.out.progress("Reading scores and decisions"):
        history = services.figures.tuning.history(wanted)
    if history.left_out.comments:
        names = ", ".join(scorer_name(one) for one in history.left_out.scorers)
        own = ", ".join(dict.fromkeys(scorer_name(one) for one in history.scorer_of.values()))
        call.out.remark(
            f"Measured on scores of {own}. Left out: {history.left_out.comments:,} comments scored by {names}; "
            "--scorer NAME@VERSION measures on those instead."
        )
    return history


def paragraph(text: str) -> str:
    """A sentence or several, in lines as wide as the terminal, at most 100 columns."""
    import shutil
    import textwrap

    return textwrap.fill(text, min(shutil.get_terminal_size((80, 24)).columns, 100))


def as_labels(names: list[str]) -> list[Label]:
    """Labels by name.

    Raises:
        ConfigError: There is no such label.
    """
    from moderator.domain.score import Label

    known = {label.value: label for label in Label}
    wanted = [name.strip().lower().replace("-", "_").replace(" ", "_") for name in names]
    unknown = [name for name in wanted if name not in known]
    if unknown:
        raise ConfigError(
            f"--label: there is no label {unknown[0]!r}", code="config.usage", hint=f"Use one of: {', '.join(known)}."
        )
    return [known[name] for name in wanted]


def estimate_record(estimate: Estimate) -> dict[str, Any] | None:
    """A figure with its interval as JSON has it; `None` where nothing was counted."""
    from moderator.cli.figures import number

    if not estimate.known:
        return None
    return {"value": number(estimate.value), "low": number(estimate.low), "high": number(estimate.high)}


def scorer_record(history: History) -> dict[str, Any]:
    """Whose scores were measured, and what was left out for it."""
    from moderator.services.tuning.history import scorer_name

    left_out = history.left_out
    return {
        "scorers": {label.value: scorer_name(one) for label, one in history.scorer_of.items()},
        "left_out": {"comments": left_out.comments, "scorers": [scorer_name(one) for one in left_out.scorers]},
    }
