"""The child's side of `ProcessScorer`: `python -m moderator.scoring.worker`, spoken to over its standard pipes.

It leaves as soon as its input ends, also in the middle of a batch: its parent is gone then, however it went.
"""

from __future__ import annotations

import faulthandler
import importlib
import os
import queue
import signal
import sys
import threading
import time
import traceback
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import BinaryIO

import msgspec

from moderator.domain.score import ScoreSet
from moderator.errors import ModeratorError
from moderator.scoring.base import Scorer, ScoreRequest, ScoringFailure, checked
from moderator.scoring.calibrated import calibrated
from moderator.scoring.process_frames import (
    Ask,
    Broken,
    Hello,
    Reply,
    Setup,
    pack_result,
    read_frame,
    unpack_request,
    write_frame,
)

_PARENT_CHECK_S = 2.0


def main() -> int:
    """Becomes the scorer that the first frame names and answers until the input ends.

    Returns:
        Exit status: 0 at the end of the input, 1 if the scorer couldn't be made.
    """
    asks, answers = _private_pipes()
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    faulthandler.enable()
    sys.excepthook = _tell_without_values
    body = read_frame(asks)
    if body is None:
        return 0
    setup = msgspec.msgpack.decode(body, type=Setup)
    waiting: queue.SimpleQueue[bytes] = queue.SimpleQueue()
    threading.Thread(target=_receive, args=(asks, waiting), name="input", daemon=True).start()
    threading.Thread(target=_watch_parent, args=(os.getppid(),), name="parent", daemon=True).start()
    _step_back(setup.nice)
    try:
        scorer = _make(setup)
        hello = Hello(*_identity(scorer), [label.value for label in scorer.labels])
    except Exception as error:  # noqa: BLE001 - strangers' code may raise anything; the parent is told what
        write_frame(answers, _broken(error))
        return 1
    write_frame(answers, hello)
    while True:
        ask = msgspec.msgpack.decode(waiting.get(), type=Ask)
        write_frame(answers, _answer(scorer, ask))


def _private_pipes() -> tuple[BinaryIO, BinaryIO]:
    """Takes the standard pipes for the frames alone: a library that prints must not break into one."""
    asks, answers = os.dup(0), os.dup(1)
    null = os.open(os.devnull, os.O_RDONLY)
    os.dup2(null, 0)
    os.close(null)
    os.dup2(2, 1)
    return os.fdopen(asks, "rb"), os.fdopen(answers, "wb")


def _receive(asks: BinaryIO, waiting: queue.SimpleQueue[bytes]) -> None:
    while (body := read_frame(asks)) is not None:
        waiting.put(body)
    os._exit(0)  # at once: the main thread may be in the middle of a long batch that nobody waits for


def _watch_parent(parent: int) -> None:
    """Leaves when the parent is gone, also where something else holds the pipe's other end open."""
    while os.getppid() == parent:
        time.sleep(_PARENT_CHECK_S)
    os._exit(0)


def _step_back(nice: int) -> None:
    """Lets the screen go first: for the processor, and for memory when it runs out."""
    if nice and hasattr(os, "nice"):
        with suppress(OSError):
            os.nice(nice)
    with suppress(OSError), open("/proc/self/oom_score_adj", "w", encoding="ascii") as file:  # noqa: PTH123 - not a file
        file.write("500")


def _make(setup: Setup) -> Scorer:
    module, _, attribute = setup.target.partition(":")
    scorer = getattr(importlib.import_module(module), attribute)(**setup.options)
    if not isinstance(scorer, Scorer):
        raise TypeError(f"{setup.target} made a {type(scorer).__name__}, which is no Scorer")
    return calibrated(scorer, Path(setup.calibration)) if setup.calibration else scorer


def _identity(scorer: Scorer) -> tuple[str, str, str]:
    identity = scorer.identity
    return identity.name, identity.version, identity.weights_hash


def _answer(scorer: Scorer, ask: Ask) -> Reply | Broken:
    requests = [unpack_request(text) for text in ask.texts]
    try:
        return Reply(ask.id, [pack_result(result) for result in _score(scorer, requests)])
    except ModeratorError as error:
        return _broken(error)


def _score(scorer: Scorer, requests: Sequence[ScoreRequest]) -> list[ScoreSet | ScoringFailure]:
    """Scores a batch; where the scorer fails as a whole though it shouldn't, text by text."""
    try:
        results = scorer.score(requests)
        if len(results) == len(requests):
            return [checked(result, request) for result, request in zip(results, requests, strict=True)]
        failure = ScoringFailure(f"the scorer gave {len(results)} results for {len(requests)} texts")
    except ModeratorError:
        raise
    except Exception as error:  # noqa: BLE001 - strangers' code may raise anything; the failure says what
        _tell_without_values(type(error), error, error.__traceback__)
        failure = ScoringFailure(f"the scorer failed on this text: {type(error).__name__}")
    if len(requests) == 1:
        return [failure]
    return [result for request in requests for result in _score(scorer, [request])]


def _broken(error: Exception) -> Broken:
    if isinstance(error, ModeratorError):
        return Broken(error.message, error.code, error.hint)
    hint = "Is its package installed, and are the scorer's options right?"
    return Broken(f"the scorer can't be made: {type(error).__name__}: {error}", "scoring.start", hint)


def _tell_without_values(kind: type[BaseException], _error: BaseException, trace: TracebackType | None) -> None:
    """A traceback of places only: an exception's own words may quote a comment."""
    for frame in traceback.extract_tb(trace):
        sys.stderr.write(f"at {frame.filename}:{frame.lineno} in {frame.name}\n")
    sys.stderr.write(f"{kind.__name__}\n")
    sys.stderr.flush()


if __name__ == "__main__":
    sys.exit(main())
