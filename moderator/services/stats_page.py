"""The figures as one HTML file: what `moderator stats` prints, with charts drawn in the page itself."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime

from moderator.domain.stats import AGE_BANDS_S, DAY_S, HOUR_S, DecisionFigures, QueueFigures, Rate, Spread, StatsReport
from moderator.services.report_page import END, bars, begin, escaped, facts, series


def stats_page(report: StatsReport) -> str:
    """The report as HTML. It needs no other file, holds no script and names no moderator."""
    return "".join(_parts(report))


def _parts(report: StatsReport) -> Iterator[str]:
    begun, ended = (_minute(at) for at in (report.window.since_ms, report.window.until_ms))
    yield begin("Moderator: figures")
    yield f"<p>{escaped(begun)} to {escaped(ended)} UTC. What waits is as it was at the end.</p>\n<h2>What waits</h2>\n"
    yield from _waiting(report.queue)
    yield "<h2>What was decided</h2>\n"
    yield facts({"decisions by people": f"{report.decisions.decided:,}", "an hour": f"{report.per_hour:.2f}"})
    yield series("decisions", report.decisions.series, begun, ended)
    yield series("posted comments", report.decisions.posted, begun, ended)
    yield from _decided(report.decisions)
    yield END


def _waiting(queue: QueueFigures) -> Iterator[str]:
    yield facts(
        {
            "wait for a decision": f"{queue.waiting:,}",
            "of them unscored": f"{queue.unscored:,}",
            **_spread("on the site", queue.age_s),
            "the oldest for": _length(queue.oldest_s),
            **{f"stand as {status.value}": f"{count:,}" for status, count in queue.standing.items()},
        }
    )
    yield bars("how long they wait", dict(zip(_bands(), queue.ages, strict=True)))
    for name in ("route", "label", "section", "source", "language"):
        yield bars(f"waiting by {name}", getattr(queue, f"by_{name}"))


def _decided(decided: DecisionFigures) -> Iterator[str]:
    appeals, same = decided.appeals, decided.agreement
    yield facts(
        {
            "taken back": _share(decided.undone),
            "against the scores": _share(decided.override),
            **_spread("on screen before a decision", decided.open_s),
            **_spread("from posting to decision", decided.wait_s),
            "two people on the same text": f"{same.pairs:,}",
            "of them agreed": f"{same.same:,}",
            "kappa": "-" if same.kappa is None else f"{same.kappa:.2f}",
            "appeals received": f"{appeals.received:,}",
            "appeals upheld": f"{appeals.upheld:,}",
            "appeals overturned": f"{appeals.overturned:,}",
            "appeals open now": f"{appeals.open:,}",
        }
    )
    yield bars("by action", decided.by_action)
    yield bars("by actor", decided.by_actor)
    yield bars("rejected by reason", decided.by_reason)
    for name in ("label", "section", "source", "language"):
        yield _cross(f"by {name}", getattr(decided, f"by_{name}"))
    yield facts({f"against the scores, {label}": _share(rate) for label, rate in decided.override_by_label.items()})


def _cross(title: str, table: Mapping[str, Mapping[str, int]]) -> str:
    """Counts by name, and under the chart by action too."""
    said = {
        f"{name or '(none)'}": ", ".join(f"{count:,} {action}" for action, count in sorted(found.items()))
        for name, found in table.items()
    }
    totals = {name: sum(found.values()) for name, found in table.items()}
    return bars(title, totals) + (facts(said) if said else "")


def _spread(what: str, spread: Spread) -> dict[str, str]:
    return {f"{what}, half within": _length(spread.median), f"{what}, nine tenths within": _length(spread.p90)}


def _share(rate: Rate) -> str:
    return "-" if rate.share is None else f"{rate.count:,} of {rate.of:,} ({rate.share:.1%})"


def _length(seconds: float | None) -> str:
    if seconds is None:
        return "-"
    for size, unit in ((DAY_S, "d"), (HOUR_S, "h"), (60, "min")):
        if seconds >= size:
            return f"{seconds / size:.1f} {unit}"
    return f"{seconds:.1f} s"


def _bands() -> list[str]:
    ends = [_length(end) for end in AGE_BANDS_S[:-1]]
    return [*(f"less than {end}" for end in ends), "longer"]


def _minute(at_ms: int) -> str:
    return datetime.fromtimestamp(at_ms / 1000, UTC).strftime("%Y-%m-%d %H:%M")
