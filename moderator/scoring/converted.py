"""Detoxify without torch: a converted network, its tokenizer in `tokenizers`, and whatever engine runs it.

It starts in a fraction of torch's time and scores several times faster. The numbers are the original's to within what
the conversion's own parity report says.
"""

from __future__ import annotations

import importlib
import importlib.metadata
from abc import abstractmethod
from collections.abc import Sequence
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from moderator.domain.score import ScorerId
from moderator.errors import ScoringError
from moderator.scoring.conversion import TOKENIZER, Manifest, checked_file, install_line, read_manifest
from moderator.scoring.detoxify_judge import EXPLAIN_S, NetworkScorer
from moderator.scoring.detoxify_weights import variant_named
from moderator.scoring.detoxify_windows import TokenShape, WindowedNetwork

Ids = NDArray[np.int64]


class ConvertedNetwork(WindowedNetwork):
    """A converted network in memory.

    Args:
        folder: A conversion.
        manifest: Its manifest.
        precision: Which form.
        threads: CPU threads; 0 leaves the choice to the engine.

    Raises:
        ScoringError: There is no such form, a file is damaged, a package is missing, or the engine can't take it.
    """

    engine: ClassVar[str]
    budget: ClassVar[int]
    """Most padded tokens in one pass."""

    def __init__(self, folder: Path, manifest: Manifest, precision: str, threads: int = 0) -> None:
        shape = TokenShape(manifest.window, manifest.pad, manifest.first, manifest.last)
        super().__init__(tuple(manifest.classes), "cpu", shape, self.budget)
        # The packages come after the files: a folder that is damaged is told without them.
        paths = [checked_file(folder, manifest, name) for name in self.file_names(precision)]
        words = checked_file(folder, manifest, TOKENIZER)
        tokenizers = needed("tokenizers", self.engine)
        self._load(paths[0], precision, threads)
        try:
            self._tokenizer: Any = tokenizers.Tokenizer.from_file(str(words))
        except Exception as error:  # it raises its own types, straight from Exception
            raise unusable("tokenizers", words, error) from error
        self._tokenizer.no_truncation()
        self._tokenizer.no_padding()

    @staticmethod
    @abstractmethod
    def file_names(precision: str) -> Sequence[str]:
        """Files of a form, the network itself first."""

    @abstractmethod
    def _load(self, network: Path, precision: str, threads: int, /) -> None:
        """Takes the network in.

        Raises:
            ScoringError: The engine isn't here, or can't take it.
        """

    @abstractmethod
    def _run(self, ids: Ids, mask: Ids) -> Any:
        """Probabilities, one row per row of token ids, as an array.

        Raises:
            RuntimeError: The engine failed.
        """

    def _encode(self, texts: list[str]) -> list[list[int]]:
        return [encoding.ids for encoding in self._tokenizer.encode_batch(texts, add_special_tokens=False)]

    def _forward(self, pieces: list[list[int]]) -> list[tuple[float, ...]]:
        return [tuple(row) for row in self._run(*padded(pieces, self._pad)).tolist()]


class ConvertedScorer(NetworkScorer):
    """A converted Detoxify variant in memory.

    Args:
        variant: `original`, `unbiased`, `multilingual`, `original-small` or `unbiased-small`.
        folder: Its conversion.
        precision: Which form; empty for the one that the conversion found to be the quickest that is near enough.
        threads: CPU threads; `None` leaves the choice to the engine.
        explain_s: Longest time to look for the words behind one flagged text, in seconds; 0 looks for none.

    Raises:
        ScoringError: The conversion is damaged, another variant's, or lacks that form.
    """

    network: ClassVar[type[ConvertedNetwork]]

    def __init__(
        self,
        variant: str,
        folder: Path | str,
        *,
        precision: str = "",
        threads: int | None = None,
        explain_s: float = EXPLAIN_S,
    ) -> None:
        manifest = read_manifest(Path(folder))
        if manifest.variant != variant:
            raise ScoringError(
                f"the converted model in {folder} is of Detoxify {manifest.variant}, not of {variant}",
                code="scoring.weights_mixed",
                hint=f"Ask for detoxify-{manifest.variant}.",
            )
        form = precision or manifest.precision
        if form not in manifest.parity:
            raise ScoringError(
                f"the converted model in {folder} has no form {form!r}",
                code="scoring.precision",
                hint=f"Set `precision` to one of: {', '.join(manifest.parity)}; or leave it out.",
            )
        network = self.network(Path(folder), manifest, form, threads or 0)
        version = f"{importlib.metadata.version('detoxify')}+{network.engine}.{form}"
        identity = ScorerId(f"detoxify-{variant}", version, manifest.checkpoint_sha256[:12])
        super().__init__(network, identity, variant_named(variant).languages, explain_s)


def padded(pieces: Sequence[Sequence[int]], pad: int) -> tuple[Ids, Ids]:
    """Token ids as one rectangle, and a mask of the same shape that is 1 where a token is a text's own."""
    longest = max(map(len, pieces))
    ids = np.full((len(pieces), longest), pad, dtype=np.int64)
    mask = np.zeros_like(ids)
    for row, piece in enumerate(pieces):
        ids[row, : len(piece)] = piece
        mask[row, : len(piece)] = 1
    return ids, mask


def needed(package: str, engine: str) -> Any:
    """A package that an engine needs.

    Raises:
        ScoringError: It isn't installed.
    """
    try:
        return importlib.import_module(package)
    except ImportError as error:
        raise ScoringError(
            f"a model converted for {engine} needs the package {error.name}",
            code="scoring.packages",
            hint=f'{install_line(engine)} brings it; or set `engine = "torch"` for the scorer.',
        ) from error


def unusable(what: str, path: Path, error: Exception) -> ScoringError:
    """The error for a file that an engine won't take."""
    return ScoringError(
        f"{what} can't take {path}: {type(error).__name__}",
        code="scoring.conversion",
        hint="`moderator models convert NAME` makes it anew.",
    )
