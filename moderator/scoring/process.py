"""A scorer in a process of its own: what it imports, how long it takes and how it dies is kept away from the screen."""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator, Sequence
from types import TracebackType
from typing import Self

from moderator.domain.score import Label, ScorerId, ScoreSet
from moderator.errors import ScoringError
from moderator.scoring.base import ScoreRequest, ScorerSpec, ScoringFailure
from moderator.scoring.process_child import Child, ChildLostError
from moderator.scoring.process_frames import Ask, Broken, Hello, Reply, pack_request, unpack_result

_log = logging.getLogger(__name__)

_BATCH_TEXTS = 64
_BATCH_CHARS = 200_000
_SECONDS_PER_CHAR = 0.002
"""Time allowed on top for length: four times what bert-base takes on two slow cores."""

_CANARY = ScoreRequest("ok", "en")
"""A text that harms no scorer: if this ends the process too, it wasn't the comment's fault."""


class ProcessScorer:
    """A `Scorer` whose work is done by a child process, started at the first use.

    The child leaves when this process ends, however it ends. If it dies, it is started again once; a text that ends it
    twice is given up as a failure and the others are scored. Calls from several threads take turns.

    Args:
        spec: What the child should become.
        timeout_s: Longest time for a batch of up to 64 texts; a text longer than most gets more.
        start_timeout_s: Longest time to load the weights.
        nice: How much lower than ours the child's priority is (POSIX); 0 changes nothing.
    """

    def __init__(
        self, spec: ScorerSpec, *, timeout_s: float = 120.0, start_timeout_s: float = 300.0, nice: int = 10
    ) -> None:
        self._spec = spec
        self._timeout_s = timeout_s
        self._start_timeout_s = start_timeout_s
        self._nice = nice
        self._turn = threading.RLock()
        self._child: Child | None = None
        self._hello: tuple[ScorerId, frozenset[Label]] | None = None
        self._number = 0
        self._closed = False

    @property
    def identity(self) -> ScorerId:
        """The scorer's own identity; starts the process if it doesn't run yet.

        Raises:
            ScoringError: It can't be started.
        """
        return self._introduced()[0]

    @property
    def labels(self) -> frozenset[Label]:
        """The scorer's own labels; starts the process if it doesn't run yet.

        Raises:
            ScoringError: It can't be started.
        """
        return self._introduced()[1]

    @property
    def pid(self) -> int | None:
        """Process id of the child, `None` while there is none."""
        child = self._child
        return child.pid if child else None

    def score(self, requests: Sequence[ScoreRequest]) -> list[ScoreSet | ScoringFailure]:
        """Scores a batch; any number of texts.

        Returns:
            One entry per request, in the same order.

        Raises:
            ScoringError: The scorer as a whole can't work, or was closed.
        """
        with self._turn:
            return [result for batch in _batches(requests) for result in self._score_batch(batch)]

    def close(self) -> None:
        """Ends the child and waits for its end. A call under way in another thread raises `ScoringError`."""
        self._closed = True
        child, self._child = self._child, None
        if child:
            child.stop()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _introduced(self) -> tuple[ScorerId, frozenset[Label]]:
        with self._turn:
            if self._hello is None:
                self._running()
            assert self._hello  # noqa: S101 - _running sets it or raises
            return self._hello

    def _score_batch(self, batch: Sequence[ScoreRequest]) -> list[ScoreSet | ScoringFailure]:
        try:
            return self._ask(batch)
        except ChildLostError as lost:
            self._lose(lost)
        return [result for request in batch for result in self._score_alone(request)]

    def _score_alone(self, request: ScoreRequest) -> list[ScoreSet | ScoringFailure]:
        """Scores a text of a batch that ended the child. If the text ends it again, the text is given up."""
        try:
            return self._ask([request])
        except ChildLostError as lost:
            self._lose(lost)
            failure = ScoringFailure(f"the scorer's process doesn't survive this text: {lost.why}")
        try:
            self._ask([_CANARY])
        except ChildLostError as lost:
            raise self._lose(lost) from lost
        return [failure]

    def _ask(self, requests: Sequence[ScoreRequest]) -> list[ScoreSet | ScoringFailure]:
        child, (identity, _) = self._running(), self._introduced()
        self._number += 1
        child.errors.in_flight(
            text for request in requests for text in (request.text, request.title, request.parent) if text
        )
        timeout_s = self._timeout_s + _SECONDS_PER_CHAR * sum(len(request.text) for request in requests)
        child.send(Ask(self._number, [pack_request(request) for request in requests]), self._timeout_s)
        while True:
            answer = child.receive(timeout_s)
            if isinstance(answer, Broken):
                self._drop()
                raise ScoringError(answer.message, code=answer.code, hint=answer.hint)
            # An answer to an earlier batch is left over from a call that was interrupted.
            if isinstance(answer, Reply) and answer.id == self._number:
                break
        if len(answer.results) != len(requests):
            raise ChildLostError(f"it gave {len(answer.results)} results for {len(requests)} texts")
        try:
            return [unpack_result(result, identity) for result in answer.results]
        except ValueError as error:
            raise ChildLostError("it gave a label or evidence that doesn't exist") from error

    def _running(self) -> Child:
        """The child, started if need be; a start that dies is tried once more."""
        if self._child:
            return self._child
        try:
            return self._start()
        except ChildLostError as lost:
            self._lose(lost)
        try:
            return self._start()
        except ChildLostError as lost:
            raise self._lose(lost) from lost

    def _start(self) -> Child:
        self._check_open()
        child = self._child = Child(self._spec, self._nice)
        self._check_open()  # closed while it was made: then `close` didn't see it
        answer = child.receive(self._start_timeout_s)
        if isinstance(answer, Broken):
            self._drop()
            raise ScoringError(answer.message, code=answer.code, hint=answer.hint)
        if not isinstance(answer, Hello):
            raise ChildLostError("it didn't introduce itself")
        hello = (
            ScorerId(answer.name, answer.version, answer.weights_hash),
            frozenset(Label(label) for label in answer.labels),
        )
        if self._hello not in (None, hello):
            self._drop()
            raise ScoringError(
                f"the scorer {self._spec.name} is no longer what it was: now it is {hello[0]}",
                code="scoring.changed",
                hint="Its files changed while it ran. Start again.",
            )
        self._hello = hello
        _log.info("scorer %s runs in process %d", hello[0], child.pid)
        return child

    def _check_open(self) -> None:
        if self._closed:
            self._drop()
            raise ScoringError(f"the scorer {self._spec.name} was closed", code="scoring.closed")

    def _drop(self) -> None:
        child, self._child = self._child, None
        if child:
            child.stop()

    def _lose(self, lost: ChildLostError) -> ScoringError:
        """Cleans up after a child that is lost.

        Returns:
            The error to raise if it's lost for good.

        Raises:
            ScoringError: It was lost because somebody closed the scorer.
        """
        child = self._child
        said = child.errors.tail() if child else ""
        self._check_open()
        self._drop()
        _log.warning("scorer %s: its process was lost: %s", self._spec.name, lost.why)
        return ScoringError(
            f"the process of the scorer {self._spec.name} was lost: {lost.why}"
            + (f"; it wrote: {said}" if said else ""),
            code="scoring.process",
            hint="`moderator doctor` checks the scorer; the `embedded` scorer needs little memory and no weights.",
        )


def _batches(requests: Sequence[ScoreRequest]) -> Iterator[Sequence[ScoreRequest]]:
    """Cuts a long list so that one answer doesn't take too long and one frame doesn't grow too big."""
    start = chars = 0
    for index, request in enumerate(requests):
        size = len(request.text) + len(request.title or "") + len(request.parent or "")
        if index > start and (index - start >= _BATCH_TEXTS or chars + size > _BATCH_CHARS):
            yield requests[start:index]
            start, chars = index, 0
        chars += size
    if start < len(requests):
        yield requests[start:]
