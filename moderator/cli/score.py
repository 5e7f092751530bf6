"""`moderator score`: scores what waits."""

from __future__ import annotations

from typing import Annotated

import typer

from moderator.cli.call import Call
from moderator.cli.check import ScorerOption
from moderator.cli.frame import command

RerouteOption = Annotated[
    bool, typer.Option("--reroute", help="Also put what waits in its place under today's thresholds.")
]


def register(app: typer.Typer) -> None:
    """Adds the command."""
    command(app, example="moderator score --limit 1000", panel="Score")(score)


def score(
    call: Call,
    *,
    scorer: ScorerOption = None,
    rescore: Annotated[bool, typer.Option("--rescore", help="Also what another scorer or version has scored.")] = False,
    reroute: RerouteOption = False,
    limit: Annotated[int | None, typer.Option("--limit", "-n", min=1, help="How many at most.")] = None,
) -> None:
    """Scores comments that wait. The desk does this by itself; stop it at any time and go on later.

    Who scores here may be another scorer than the desk's: `scoring.bulk_scorer` in the configuration.
    """
    call.use(scoring__scorer=scorer or call.settings.values.scoring.bulk_scorer or None)
    with call.services(of_demo=True) as services:
        identity = services.scorer.identity
        with call.out.progress("Scoring") as report:
            summary = services.scoring.run(
                limit=limit,
                rescore=rescore,
                progress=lambda done, total, rate: report(done, total, f"Scoring ({rate:,.0f} a second)"),
            )
        moved = services.scoring.reroute(services.policy) if reroute else 0
        if call.out.as_json:
            call.out.emit(
                {
                    "scorer": identity.name,
                    "version": identity.version,
                    "scored": summary.scored,
                    "failed": summary.failed,
                    "skipped": summary.skipped,
                    "approved": summary.approved,
                    "moved": moved,
                    "elapsed_s": round(summary.elapsed_s, 3),
                }
            )
            return
        rate = summary.scored / summary.elapsed_s if summary.elapsed_s > 0 else 0.0
        call.out.say(f"{summary.scored:,} scored by {identity} in {summary.elapsed_s:.1f} s ({rate:,.0f} a second).")
        if reroute:
            call.out.say(f"{moved:,} have another place under the thresholds in force.")
        if summary.approved:
            call.out.say(f"{summary.approved:,} were approved by the operator's rule (policy.auto_approve).")
        if summary.failed:
            call.out.say(f"{summary.failed:,} could not be scored; `moderator queue` shows them as 'not scored'.")
