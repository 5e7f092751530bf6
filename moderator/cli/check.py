"""`moderator check`: scores texts without storing them."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated

import typer

from moderator.cli.call import Call
from moderator.cli.frame import command
from moderator.errors import ConfigError, ScoringError

if TYPE_CHECKING:
    from collections.abc import Set as AbstractSet

    from moderator.bootstrap import Services
    from moderator.domain.policy import Routing, Threshold
    from moderator.domain.score import Label, ScoreSet
    from moderator.scoring.identity_swap import Probe

ScorerOption = Annotated[
    str | None,
    typer.Option(
        "--scorer",
        metavar="NAME",
        help="auto, embedded, embedded-encoder, detoxify, detoxify-VARIANT, or what `models list` shows.",
    ),
]
_BAR_CELLS = 20


def register(app: typer.Typer) -> None:
    """Adds the command."""
    command(app, example="moderator check 'You are all the same.'", panel="Score")(check)


def check(
    call: Call,
    *,
    text: Annotated[str | None, typer.Argument(metavar="TEXT", help="What to score; else standard input.")] = None,
    jsonl: Annotated[
        bool, typer.Option("--jsonl", help="Objects with id and text in, scores out, a line each.")
    ] = False,
    scorer: ScorerOption = None,
    section: Annotated[str, typer.Option(metavar="NAME", help="Section whose thresholds count.")] = "",
    source: Annotated[str, typer.Option(metavar="NAME", help="Source whose thresholds count.")] = "",
    lang: Annotated[str | None, typer.Option(metavar="CODE", help="Language of TEXT, where you know it.")] = None,
) -> int:
    """Scores text without storing it: what each label says, what the policy makes of it, and the words that carried it.

    With --jsonl each line of standard input is {"id", "text", "lang"?, "context"?: {"title"?, "parent"?}}; the answers
    come in the same order. A line that can't be scored gets an error with its number, and the exit status is 1 then.
    """
    if jsonl and text is not None:
        raise ConfigError("--jsonl reads standard input, and TEXT was given too", code="config.usage")
    if text is None and sys.stdin.isatty():
        raise ConfigError("nothing to score", code="config.usage", hint="Give a text, or pipe one in.")
    call.use(scoring__scorer=scorer)
    with call.services() as services:
        if jsonl:
            from moderator.cli.check_lines import answer_lines

            failures = answer_lines(services, sys.stdin.buffer, call.out.emit, (section, source))
            if failures:
                call.out.remark(f"{failures:,} lines could not be scored")
            return 1 if failures else 0
        body = text if text is not None else _piped()
        _check_one(call, services, body, lang, (section, source))
        return 0


def _piped() -> str:
    body = sys.stdin.buffer.read().decode("utf-8", "replace").rstrip("\n")
    if not body:
        raise ConfigError("nothing to score: standard input is empty", code="config.usage")
    return body


def _check_one(call: Call, services: Services, text: str, lang: str | None, place: tuple[str, str]) -> None:
    from moderator.cli.check_lines import as_record
    from moderator.domain.policy import route
    from moderator.domain.score import gains_by_unmasking, merge_scores
    from moderator.scoring.base import ScoreRequest
    from moderator.scoring.identity_swap import probe
    from moderator.scoring.panel import Panel

    panel = Panel(services.scorers, services.policy.required)
    (verdict,) = panel.score([ScoreRequest(text, lang)])
    if verdict.failed:
        raise ScoringError(f"the text can't be scored: {verdict.reason}", code="scoring.text")
    scores = merge_scores(verdict.score_sets)
    section, source = place
    language = lang or verdict.score_sets[0].language
    hits = services.policy.lists.hits(text, language)
    routing = route(scores, services.policy, section, source=source, language=language, hits=hits)
    if call.out.as_json:
        call.out.emit(as_record(None, verdict, routing))
        return
    for result in verdict.score_sets:
        call.out.say(f"{result.scorer}, language {result.language}")
    if verdict.reason:
        call.out.say(f"not all labels were scored: {verdict.reason}")
    call.out.say()
    thresholds = services.policy.in_force(section, source, language)
    _print_labels(call, scores, thresholds, gains_by_unmasking(verdict.score_sets))
    call.out.say()
    call.out.say(_suggestion(routing))
    for result in verdict.score_sets:
        _print_evidence(call, text, result)
    _print_hits(call, text, routing)
    if routing.triggers:
        request = ScoreRequest(text, language)
        _print_swap(call, probe([request], panel)[0], {trigger.label for trigger in routing.triggers})


def _print_hits(call: Call, text: str, routing: Routing) -> None:
    from moderator.text.visible import visible_line

    for hit in routing.hits:
        for start, end in hit.places:
            call.out.say(visible_line(f"  {hit}: “{text[start:end]}” ({start}-{end})"))


def _print_swap(call: Call, found: Probe | None, flagged: AbstractSet[Label]) -> None:
    """What the flagged labels owe to the name of a group, where the text names one."""
    from moderator.text.visible import visible_line

    for swing in found.swings if found else ():
        if swing.label in flagged and found is not None:
            name = visible_line(found.name, 40)
            call.out.say(f"  {swing.label.replace('_', ' ')} with another group than “{name}”: {swing.sentence}")


def _print_labels(
    call: Call,
    scores: Mapping[Label, float | None],
    thresholds: Mapping[Label, Threshold],
    gains: Mapping[Label, float],
) -> None:
    from moderator.cli.output import Column
    from moderator.domain.score import Label

    rows: list[list[str]] = []
    for label in Label:
        score, threshold = scores.get(label), thresholds.get(label)
        bar = "█" * round(score * _BAR_CELLS) if score is not None else ""
        reached = ""
        if score is not None and threshold is not None and score >= threshold.review:
            reached = "priority" if score >= threshold.priority else "review"
        rows.append(
            [
                label.replace("_", " "),
                "not scored" if score is None else f"{score:.2f}",
                bar,
                f"{threshold.review:.2f}" if threshold else "",
                f"{threshold.priority:.2f}" if threshold else "",
                reached,
                f"+{gains[label]:.2f}" if label in gains else "",
            ]
        )
    columns = [
        Column("label", 16),
        Column("score", 10, right=True),
        Column("", _BAR_CELLS),
        Column("review", 6, right=True),
        Column("first", 6, right=True),
        Column("reached", 8),
        # How much of the score came with undoing disguises.
        Column("unmasked", 8, right=True),
    ]
    call.out.table(columns if gains else columns[:-1], rows if gains else [row[:-1] for row in rows])


def _suggestion(routing: Routing) -> str:
    reasons = [f"{trigger.label} {trigger.score:.2f} ≥ {trigger.threshold:.2f}" for trigger in routing.triggers]
    reasons += [f"{label} not scored" for label in routing.unjudged]
    reasons += [str(hit) for hit in routing.hits]
    return f"Suggestion: {routing.route}, risk {routing.risk:.2f}" + (f" ({', '.join(reasons)})" if reasons else "")


def _print_evidence(call: Call, text: str, result: ScoreSet) -> None:
    from moderator.text.visible import visible_line

    for span in result.spans:
        words = visible_line(text[span.start : span.end], 60)
        call.out.say(f"  {span.label.replace('_', ' ')}: “{words}” ({span.role}, {span.start}-{span.end})")
    if result.blame is not None:
        call.out.say(f"  collective blame, grade {result.blame.grade}: {result.blame.reason}")
        if result.blame.exclusions:
            call.out.say(f"    considered: {'; '.join(result.blame.exclusions)}")
