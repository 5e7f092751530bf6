"""JSON Lines in, scores out, in the same order: the machine's side of `moderator check`."""

from __future__ import annotations

import json
import queue
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, BinaryIO, cast

from moderator.domain.policy import Routing, route
from moderator.domain.score import Label, merge_scores
from moderator.scoring.base import ScoreRequest
from moderator.scoring.panel import Panel, Verdict

if TYPE_CHECKING:
    from moderator.bootstrap import Services

_BATCH = 64
_WAITING_LINES = 256
_LONGEST_LINE = 16_000_000


@dataclass(frozen=True, slots=True)
class _Asked:
    """One line as read: a request, or why it's none.

    Attributes:
        identity: The line's own id, whatever it is; repeated in the answer.
    """

    number: int
    identity: object
    request: ScoreRequest | None = field(default=None, repr=False)
    problem: str = ""


def answer_lines(
    services: Services, stream: BinaryIO, emit: Callable[[object], None], place: tuple[str, str] = ("", "")
) -> int:
    """Scores each line of a stream and emits one object for each, in the same order.

    Lines are scored together when many wait, and at once when one does: so a program may write a line and wait for
    its answer.

    Args:
        services: For scorer and policy.
        stream: JSON Lines.
        emit: Takes one answer.
        place: Section and source whose thresholds count.

    Returns:
        How many lines could not be scored.

    Raises:
        ScoringError: The scorer as a whole can't work.
    """
    failures = 0
    section, source = place
    panel = Panel(services.scorers, services.policy.required)
    for batch in _batches(stream):
        asked = [_read(number, line) for number, line in batch]
        verdicts = iter(panel.score([one.request for one in asked if one.request is not None]))
        for one in asked:
            verdict = next(verdicts) if one.request is not None else Verdict((), one.problem, failed=True)
            if verdict.failed:
                failures += 1
                emit({"id": one.identity, "line": one.number, "error": verdict.reason})
            else:
                language = one.request.language if one.request else None
                language = language or verdict.score_sets[0].language
                scores = merge_scores(verdict.score_sets)
                policy, text = services.policy, one.request.text if one.request else ""
                hits = policy.lists.hits(text, language)
                routing = route(scores, policy, section, source=source, language=language, hits=hits)
                emit(as_record(one.identity, verdict, routing))
    return failures


def as_record(identity: object, verdict: Verdict, routing: Routing) -> dict[str, object]:
    """One answer. `null` among the scores means "can't be judged", never 0.

    `scorer`, `version` and `lang` are the principal scorer's. Where another one failed, `unscored` says why. `lists`
    has the entries of word lists that the text holds, where there are any.
    """
    principal = verdict.score_sets[0]
    scores = merge_scores(verdict.score_sets)
    blames = [one.blame for one in verdict.score_sets if one.blame is not None]
    record: dict[str, object] = {
        "id": identity,
        "lang": principal.language,
        "scorer": principal.scorer.name,
        "version": principal.scorer.version,
        "scores": {label.value: scores.get(label) for label in Label},
        "route": routing.route.value,
        "spans": [
            {"start": span.start, "end": span.end, "role": span.role.value, "label": span.label.value}
            for one in verdict.score_sets
            for span in one.spans
        ],
        "collective_blame": None
        if not blames
        else {
            "score": scores.get(Label.COLLECTIVE_BLAME),
            "grade": blames[-1].grade,
            "components": list(blames[-1].components),
            "reason": blames[-1].reason,
            "exclusions": list(blames[-1].exclusions),
        },
    }
    if routing.hits:
        record["lists"] = [
            {
                "list": hit.word_list.name,
                "version": hit.word_list.version,
                "entry": hit.entry,
                "places": [list(place) for place in hit.places],
            }
            for hit in routing.hits
        ]
    return record | ({"unscored": verdict.reason} if verdict.reason else {})


def _batches(stream: BinaryIO) -> Iterator[list[tuple[int, bytes]]]:
    """Numbered lines, as many at a time as have already come, at most a batch."""
    lines: queue.Queue[tuple[int, bytes] | None] = queue.Queue(_WAITING_LINES)

    def read() -> None:
        number = 0
        try:
            while line := stream.readline(_LONGEST_LINE):
                number += 1
                lines.put((number, line))
                while not line.endswith(b"\n") and (line := stream.readline(_LONGEST_LINE)):
                    pass  # the rest of a line that is too long: its beginning is no JSON, and is reported as such
        finally:
            lines.put(None)

    threading.Thread(target=read, name="standard input", daemon=True).start()
    while (first := lines.get()) is not None:
        batch = [first]
        while len(batch) < _BATCH and not lines.empty():
            following = lines.get()
            if following is None:
                yield batch
                return
            batch.append(following)
        yield batch


class _BadLineError(ValueError):
    """Why a line can't be scored. The message quotes nothing of it."""


def _read(number: int, line: bytes) -> _Asked:
    identity: object = None
    try:
        fields = _object(json.loads(line.decode("utf-8")), "the line")
        identity = fields.get("id")
        return _Asked(number, identity, _request(fields))
    except UnicodeDecodeError as error:
        problem = f"invalid UTF-8 at byte {error.start + 1}"
    except json.JSONDecodeError as error:
        problem = f"broken JSON at character {error.pos + 1}"
    except RecursionError:
        problem = "nested too deep"
    except _BadLineError as error:
        problem = str(error)
    return _Asked(number, identity, problem=problem)


def _request(fields: dict[str, Any]) -> ScoreRequest:
    around = _object(fields.get("context") or {}, "context")
    text = _words(fields, "text")
    if text is None:
        raise _BadLineError("text is missing")
    return ScoreRequest(text, _words(fields, "lang"), _words(around, "title"), _words(around, "parent"))


def _object(value: Any, name: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise _BadLineError(f"{name} is not a JSON object")
    return cast("dict[str, Any]", value)


def _words(fields: dict[str, Any], name: str) -> str | None:
    value = fields.get(name)
    if value is None or isinstance(value, str):
        return value
    raise _BadLineError(f"{name} is not text")
