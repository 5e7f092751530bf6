"""What goes over the pipes between a `ProcessScorer` and its child: length-prefixed MessagePack frames.

A frame is 4 bytes of length, big-endian, and that many bytes of one message. The parent sends `Setup`, then `Ask`s;
the child answers with one `Hello` or `Broken`, then one `Reply` or `Broken` per `Ask`.
"""

from __future__ import annotations

from typing import BinaryIO

import msgspec

from moderator.domain.score import BlameExplanation, Label, ScorerId, ScoreSet, Span, SpanRole
from moderator.scoring.base import ScoreRequest, ScoringFailure

MAX_FRAME_BYTES = 256 * 1024 * 1024
"""A longer frame isn't one of ours: somebody wrote something else to the pipe."""


class Setup(msgspec.Struct, tag="setup"):
    """What the child should become. `options` are keyword arguments of the target."""

    target: str
    options: dict[str, str | int | float | bool | None]
    nice: int = 0
    calibration: str = ""


class Text(msgspec.Struct, array_like=True):
    """One request. Bytes, since a text from outside may hold lone surrogates, which MessagePack strings can't."""

    text: bytes
    language: str | None
    title: bytes | None
    parent: bytes | None


class Ask(msgspec.Struct, tag="ask"):
    """A batch to score."""

    id: int
    texts: list[Text]


class Hello(msgspec.Struct, tag="hello"):
    """The scorer stands."""

    name: str
    version: str
    weights_hash: str
    labels: list[str]


class Broken(msgspec.Struct, tag="broken"):
    """The scorer as a whole can't work."""

    message: str
    code: str
    hint: str | None


class Scored(msgspec.Struct, array_like=True):
    """A `ScoreSet` without its scorer, which `Hello` named."""

    language: str
    scores: dict[str, float | None]
    spans: list[tuple[int, int, str, str, float | None]]
    blame: tuple[int, list[str], str, list[str]] | None
    extra: dict[str, float]


class Reply(msgspec.Struct, tag="reply"):
    """Answer to the `Ask` with that id: per text a result, or in words why there is none."""

    id: int
    results: list[Scored | str]


FromChild = Hello | Broken | Reply
FromParent = Setup | Ask


class FrameError(ValueError):
    """What came over the pipe isn't a frame."""


def write_frame(pipe: BinaryIO, message: FromChild | FromParent) -> None:
    """Writes one message and flushes it."""
    body = msgspec.msgpack.encode(message)
    pipe.write(len(body).to_bytes(4, "big") + body)
    pipe.flush()


def read_frame(pipe: BinaryIO) -> bytes | None:
    """The body of the next frame, or `None` where the pipe ended, also in the middle of a frame.

    Raises:
        FrameError: The length can't be one of ours.
    """
    head = pipe.read(4)
    if len(head) < 4:  # noqa: PLR2004 - the length of the length
        return None
    length = int.from_bytes(head, "big")
    if length > MAX_FRAME_BYTES:
        raise FrameError(f"a frame of {length} bytes")
    body = pipe.read(length)
    return body if len(body) == length else None


def pack_request(request: ScoreRequest) -> Text:
    """A request as it travels."""
    return Text(_bytes(request.text) or b"", request.language, _bytes(request.title), _bytes(request.parent))


def unpack_request(text: Text) -> ScoreRequest:
    """The request that `pack_request` packed."""
    return ScoreRequest(_text(text.text) or "", text.language, _text(text.title), _text(text.parent))


def pack_result(result: ScoreSet | ScoringFailure) -> Scored | str:
    """A result as it travels."""
    if isinstance(result, ScoringFailure):
        return result.reason
    blame = result.blame
    return Scored(
        result.language,
        {label.value: score for label, score in result.scores.items()},
        [(span.start, span.end, span.role.value, span.label.value, span.weight) for span in result.spans],
        (blame.grade, list(blame.components), blame.reason, list(blame.exclusions)) if blame else None,
        dict(result.extra),
    )


def unpack_result(result: Scored | str, scorer: ScorerId) -> ScoreSet | ScoringFailure:
    """The result that `pack_result` packed.

    Raises:
        ValueError: A label or role that doesn't exist, or a span that can't be one.
    """
    if isinstance(result, str):
        return ScoringFailure(result)
    blame = result.blame
    return ScoreSet(
        scorer,
        result.language,
        {Label(label): score for label, score in result.scores.items()},
        tuple(
            Span(start, end, SpanRole(role), Label(label), weight) for start, end, role, label, weight in result.spans
        ),
        BlameExplanation(blame[0], tuple(blame[1]), blame[2], tuple(blame[3])) if blame else None,
        result.extra,
    )


def _bytes(text: str | None) -> bytes | None:
    return None if text is None else text.encode("utf-8", "surrogatepass")


def _text(body: bytes | None) -> str | None:
    return None if body is None else body.decode("utf-8", "surrogatepass")
