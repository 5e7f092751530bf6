"""One child process that scores: its start, its pipes, its end. What to do when it dies is `process.py`'s matter."""

from __future__ import annotations

import contextlib
import os
import queue
import signal
import subprocess
import sys
import threading
import weakref
from typing import BinaryIO, cast

import msgspec

from moderator.errors import ScoringError
from moderator.scoring.base import ScorerSpec
from moderator.scoring.process_frames import (
    Broken,
    FrameError,
    FromChild,
    FromParent,
    Hello,
    Reply,
    Setup,
    read_frame,
    write_frame,
)
from moderator.scoring.process_stderr import ErrorLines

_DECODER: msgspec.msgpack.Decoder[FromChild] = msgspec.msgpack.Decoder(Hello | Broken | Reply)

_ENVIRONMENT = {
    # What is on disk is all there is: without this, a library may retry the network for minutes.
    "HF_HUB_OFFLINE": "1",
    "TRANSFORMERS_OFFLINE": "1",
    "HF_HUB_DISABLE_TELEMETRY": "1",
    "HF_HUB_DISABLE_PROGRESS_BARS": "1",
    "TRANSFORMERS_VERBOSITY": "error",
    "TOKENIZERS_PARALLELISM": "false",
    # Our matrices are so small that a second thread mostly waits for the first, and slows a busy machine down.
    "OPENBLAS_NUM_THREADS": "1",
}

_GRACE_S = 2.0
"""How long a child may take to leave by itself once its pipe is closed."""


class ChildLostError(Exception):
    """The child ended, fell silent or spoke nonsense. `why` is part of a sentence for people."""

    def __init__(self, why: str) -> None:
        super().__init__(why)
        self.why = why


class Child:
    """A running worker. Dropped without `stop`, it is stopped all the same.

    Args:
        spec: What it should become.
        nice: How much lower than ours its priority is; 0 changes nothing.

    Raises:
        ScoringError: No process can be started.
    """

    def __init__(self, spec: ScorerSpec, nice: int) -> None:
        self._process = _start(spec)
        self._frames: queue.SimpleQueue[bytes | None] = queue.SimpleQueue()
        stdout = cast("BinaryIO", self._process.stdout)
        self._reader = threading.Thread(
            target=_read_frames, args=(stdout, self._frames), name=f"stdout of {spec.name}", daemon=True
        )
        self._reader.start()
        self.errors = ErrorLines(cast("BinaryIO", self._process.stderr), spec.name)
        self._stop = weakref.finalize(self, _stop, self._process, self._reader, self.errors)
        self.send(Setup(spec.target, dict(spec.options), nice, spec.calibration), _GRACE_S * 10)

    def send(self, message: FromParent, timeout_s: float) -> None:
        """Hands the child a message.

        Raises:
            ChildLostError: It no longer reads.
        """
        # A stopped process doesn't empty its pipe; only ending it frees a writer.
        guard = threading.Timer(timeout_s, self._process.kill)
        guard.daemon = True
        guard.start()
        try:
            write_frame(cast("BinaryIO", self._process.stdin), message)
        except (OSError, ValueError) as error:  # ValueError: `stop` closed the pipe in another thread
            raise ChildLostError(self.how_it_ended()) from error
        finally:
            guard.cancel()

    def receive(self, timeout_s: float) -> FromChild:
        """The child's next message.

        Raises:
            ChildLostError: It ended, or said nothing in time.
        """
        try:
            body = self._frames.get(timeout=timeout_s)
        except queue.Empty as error:
            raise ChildLostError(f"it took longer than {timeout_s:.0f} seconds") from error
        if body is None:
            raise ChildLostError(self.how_it_ended())
        try:
            return _DECODER.decode(body)
        except msgspec.MsgspecError as error:
            raise ChildLostError("it answered in a way that this version doesn't know") from error

    def how_it_ended(self) -> str:
        """How the process ended, as part of a sentence."""
        try:
            status = self._process.wait(_GRACE_S)
        except subprocess.TimeoutExpired:
            return "it closed its pipe"
        if status >= 0:
            return f"it ended with status {status}"
        name = signal.Signals(-status).name if -status in set(signal.Signals) else f"signal {-status}"
        short = " (perhaps memory ran out)" if name == "SIGKILL" else ""
        return f"it was ended by {name}{short}"

    def stop(self) -> None:
        """Ends the process and reaps it. A second call does nothing."""
        self._stop()

    @property
    def pid(self) -> int:
        """Process id."""
        return self._process.pid


def _start(spec: ScorerSpec) -> subprocess.Popen[bytes]:
    # -P: a file called `numpy.py` in the folder we were started from is none of ours.
    command = [sys.executable, "-P", "-m", "moderator.scoring.worker"]
    # The child needs no secret of ours: it may run strangers' code.
    environment = {name: value for name, value in os.environ.items() if not name.startswith("MODERATOR_")}
    try:
        return subprocess.Popen(  # noqa: S603 - our own interpreter and module
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env={**environment, **_ENVIRONMENT},
            # Ctrl-C goes to the terminal's foreground group; what happens then is the parent's decision.
            process_group=None if sys.platform == "win32" else 0,
        )
    except OSError as error:
        raise ScoringError(
            f"the process of the scorer {spec.name} can't be started: {error.strerror}",
            code="scoring.process",
            hint="Too many processes, or too little memory? End other programs and try again.",
        ) from error


def _read_frames(pipe: BinaryIO, frames: queue.SimpleQueue[bytes | None]) -> None:
    try:
        while (body := read_frame(pipe)) is not None:
            frames.put(body)
    except FrameError:
        pass  # the same as an end: what follows can't be understood either
    finally:
        frames.put(None)


def _stop(process: subprocess.Popen[bytes], reader: threading.Thread, errors: ErrorLines) -> None:
    """Closes the pipe, which tells a child to leave; ends one that doesn't; reaps it."""
    stdin, stdout = cast("BinaryIO", process.stdin), cast("BinaryIO", process.stdout)
    with contextlib.suppress(OSError):  # what was still in the buffer can't reach a child that is gone
        stdin.close()
    try:
        process.wait(_GRACE_S)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
    reader.join(_GRACE_S)
    if not reader.is_alive():
        stdout.close()
    errors.close()
