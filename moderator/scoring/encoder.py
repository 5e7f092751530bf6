"""A small pretrained transformer with heads of ours, as int8 in onnxruntime.

It reads a text as wordpieces, in windows of `WINDOW_TOKENS`, and sees what n-grams and short convolutions can't: who
is spoken of, and whether a word is meant, denied or quoted. Each window goes through the network by itself: on a CPU
batches gain nothing, and so no text's numbers depend on its company.
"""

from __future__ import annotations

import importlib
from bisect import bisect_right
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from moderator.errors import ScoringError
from moderator.scoring.detoxify_judge import encodable
from moderator.scoring.detoxify_windows import token_windows
from moderator.scoring.encoder_files import PACKAGES, lacking, missing_packages

FloatArray = NDArray[np.float32]
# It learned from texts of up to 96 tokens; a third more does no harm, and most comments are read in one go.
WINDOW_TOKENS = 128
# Longer than a phrase that shouldn't be torn apart: a dozen words.
OVERLAP_TOKENS = 16
FIRST, LAST = "[CLS]", "[SEP]"
INPUT = "tokens"
"""What the network's graph calls the token ids of one window."""

LOGITS, MARKS = "logits", "marks"
"""What it calls its answers: per window a logit per head; where it has them, per token a logit per kind of mark."""


@dataclass(frozen=True, slots=True)
class TokenWindow:
    """What the network reads in one go.

    Attributes:
        ids: Token ids, first and last token included.
        places: Where each token between those two stands in the text, `[start, end)`.
    """

    ids: NDArray[np.int64]
    places: Sequence[tuple[int, int]]


@dataclass(frozen=True, slots=True)
class ReadText:
    """What the network said of one text.

    Attributes:
        logits: The highest of its windows, shape (heads,).
        windows: What it was read in, each with its tokens' marks, shape (tokens, kinds of mark): no kinds where the
            network makes no marks.
    """

    logits: FloatArray
    windows: Sequence[tuple[TokenWindow, FloatArray]]


def loudest(windows: Iterable[tuple[TokenWindow, FloatArray]], ends: Sequence[int], silence: float) -> FloatArray:
    """Gives each piece of a text the loudest mark of the tokens that begin in it.

    Args:
        windows: The text's windows, each with its tokens' marks, shape (tokens, kinds of mark).
        ends: Where each piece ends, in the text's order.
        silence: What a piece without tokens gets.

    Returns:
        Shape (pieces, kinds of mark).
    """
    found: FloatArray | None = None
    for window, marks in windows:
        if found is None:
            found = np.full((len(ends), marks.shape[1]), silence, np.float32)
        for (start, end), mark in zip(window.places, marks, strict=True):
            piece = bisect_right(ends, start)
            if end > start and piece < len(ends):
                found[piece] = np.maximum(found[piece], mark)
    assert found is not None, "a text is read in at least one window"  # noqa: S101
    return found


class EncoderPart:
    """The network and its tokenizer in memory. Holds no state between calls: safe to share between threads.

    Every token of a text is read, however long it is: the time is in proportion to the length.

    Args:
        network: The ONNX file, as `export_encoder` writes it.
        tokenizer: Its `tokenizer.json`.
        threads: How many windows are read at once. Each is computed by one thread, so their number changes no result.

    Attributes:
        heads: How many heads the network has.
        marking: Whether it marks tokens as well.

    Raises:
        ScoringError: onnxruntime or tokenizers isn't installed, or can't take a file.
    """

    def __init__(self, network: Path, tokenizer: Path, threads: int = 1) -> None:
        self._threads = max(1, threads)
        onnxruntime, tokenizers = _packages()
        options = onnxruntime.SessionOptions()
        options.log_severity_level = 3
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        try:
            self._session: Any = onnxruntime.InferenceSession(str(network), options, providers=["CPUExecutionProvider"])
            self._tokenizer: Any = tokenizers.Tokenizer.from_file(str(tokenizer))
        except Exception as error:  # both raise types of their own, straight from Exception
            raise ScoringError(
                f"{network} and {tokenizer.name} can't be taken: {type(error).__name__}",
                code="scoring.weights_unreadable",
                hint="Install moderator again, and a newer onnxruntime; or set the scorer to `embedded`.",
            ) from error
        self._tokenizer.no_truncation()
        self._tokenizer.no_padding()
        self._first, self._last = (int(self._tokenizer.token_to_id(token)) for token in (FIRST, LAST))
        outputs = {output.name: output for output in self._session.get_outputs()}
        self.heads: int = outputs[LOGITS].shape[1]
        self.marking = MARKS in outputs

    def logits(self, texts: Sequence[str]) -> FloatArray:
        """Reads texts of any length and content.

        Returns:
            One logit per text and head, the highest of the text's windows. Shape (texts, heads).

        Raises:
            ScoringError: onnxruntime fails, as it does when memory is short.
        """
        return self.stacked(self.read(texts))

    def stacked(self, read: Sequence[ReadText]) -> FloatArray:
        """Returns the logits of texts that were read, shape (texts, heads)."""
        return np.array([of_text.logits for of_text in read], np.float32).reshape(-1, self.heads)

    def read(self, texts: Sequence[str]) -> list[ReadText]:
        """Reads texts of any length and content, one result per text.

        Raises:
            ScoringError: onnxruntime fails, as it does when memory is short.
        """
        windows = [self.windows(text) for text in texts]
        every = [window for of_text in windows for window in of_text]
        if self._threads == 1 or len(every) <= 1:
            answers = iter([self._said(window) for window in every])
        else:
            with ThreadPoolExecutor(min(self._threads, len(every))) as pool:
                answers = iter(list(pool.map(self._said, every)))
        found: list[ReadText] = []
        for of_text in windows:
            said = [next(answers) for _ in of_text]
            marked = [(window, marks) for window, (_, marks) in zip(of_text, said, strict=True)]
            found.append(ReadText(np.concatenate([logits for logits, _ in said]).max(axis=0), marked))
        return found

    def _said(self, window: TokenWindow) -> tuple[FloatArray, FloatArray]:
        if self.marking:
            return self.run_marking(window.ids)
        return self.run(window.ids), np.zeros((len(window.places), 0), np.float32)

    def windows(self, text: str) -> list[TokenWindow]:
        """Returns the windows that a text is read in; at least one."""
        encoded = self._tokenizer.encode(encodable(text), add_special_tokens=False)
        tokens: list[int] = encoded.ids
        places: list[tuple[int, int]] = encoded.offsets
        return [
            TokenWindow(np.array([self._first, *tokens[start:end], self._last], np.int64), places[start:end])
            for start, end in token_windows(len(tokens), WINDOW_TOKENS - 2, OVERLAP_TOKENS)
        ]

    def run(self, ids: NDArray[np.int64]) -> FloatArray:
        """Returns one window's logits, shape (1, heads).

        Raises:
            ScoringError: onnxruntime fails.
        """
        (logits,) = self._answers([LOGITS], ids)
        return logits

    def run_marking(self, ids: NDArray[np.int64]) -> tuple[FloatArray, FloatArray]:
        """Returns one window's logits, shape (1, heads), and its tokens' marks, shape (tokens, kinds of mark).

        Raises:
            ScoringError: onnxruntime fails, or the network makes no marks.
        """
        logits, marks = self._answers([LOGITS, MARKS], ids)
        return logits, marks

    def _answers(self, names: list[str], ids: NDArray[np.int64]) -> list[FloatArray]:
        try:
            return self._session.run(names, {INPUT: ids})
        except Exception as error:  # its own types, straight from Exception
            raise ScoringError(
                f"onnxruntime fails on the encoder: {type(error).__name__}",
                code="scoring.device_failed",
                hint="Memory may be short: end other programs, or set the scorer to `embedded`.",
            ) from error


def _packages() -> tuple[Any, Any]:
    """onnxruntime, told to report nothing to anybody, and tokenizers."""
    try:
        onnxruntime, tokenizers = (importlib.import_module(name) for name in PACKAGES)
    except ImportError as error:
        raise lacking(missing_packages() or [str(error.name)]) from error
    onnxruntime.disable_telemetry_events()
    return onnxruntime, tokenizers
