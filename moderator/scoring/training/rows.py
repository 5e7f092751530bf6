"""Labelled rows for training and choosing: which file teaches which head, and how much a row counts.

The files are those of the shared data folder (`*.parquet` to learn from, `eval/*_dev.parquet` to choose and
calibrate by). A null label is unknown, never a negative; unknown targets are NaN and cost nothing.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from moderator.errors import ScoringError
from moderator.scoring.embedded.heads import HEADS

FloatArray = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class LabelledRows:
    """Texts with what is known of them.

    Attributes:
        texts: Raw texts.
        targets: 0, 1 or NaN (unknown) per head. Shape (rows, heads), columns as in `HEADS`.
        weights: How much a row counts. Shape (rows,).
        sources: Name of the data set per row.
        keys: What else the file says of the row (`functionality`, say), for results per group.
    """

    texts: list[str]
    targets: FloatArray
    weights: FloatArray
    sources: list[str]
    keys: list[str]

    def __len__(self) -> int:
        return len(self.texts)

    def take(self, rows: NDArray[np.int64]) -> LabelledRows:
        """Returns the given rows, in the given order."""
        chosen = rows.tolist()
        return LabelledRows(
            [self.texts[row] for row in chosen],
            self.targets[rows],
            self.weights[rows],
            [self.sources[row] for row in chosen],
            [self.keys[row] for row in chosen],
        )


@dataclass(frozen=True, slots=True)
class DataSet:
    """How one file is read.

    Attributes:
        file: Path below the data folder.
        heads: Head to the column that teaches it.
        weight: How much each row counts.
        key: Column kept as the row's key, if any.
        licence: As the data folder's README states it.
        calibrates: Whether a development set may set the blend, and not only be measured on.
    """

    file: str
    heads: Mapping[str, str]
    weight: float = 1.0
    key: str | None = None
    licence: str = ""
    calibrates: bool = False


_SIX = ("toxicity", "severe_toxicity", "obscene", "threat", "insult", "identity_attack")
_OWN = {label: label for label in _SIX} | {"hate": "identity_attack"}
_HATE = {"hate": "identity_attack"}
_HATE_AND_TOXICITY = _HATE | {"toxicity": "toxicity"}

# Files whose `toxicity` is only ever 1 or unknown (Gab, implicit hate, emoji hate) teach the hate head alone:
# with no negatives beside them, the style of the platform would be learned as toxic.
TRAINING_SETS: Mapping[str, DataSet] = {
    "jigsaw": DataSet("jigsaw_train.parquet", _OWN, licence="CC0 labels, CC-BY-SA text"),
    "civil": DataSet("civil_train.parquet", _OWN, licence="CC0"),
    "davidson": DataSet("davidson_train.parquet", _HATE_AND_TOXICITY, 0.5, licence="MIT"),
    "hatexplain": DataSet("hatexplain_val_train.parquet", _HATE_AND_TOXICITY, licence="MIT"),
    "hatemoji": DataSet("hatemoji_build.parquet", _HATE, licence="CC-BY-4.0"),
    "implicit_hate": DataSet("implicit_hate_train.parquet", _HATE, licence="MIT"),
    "ghc": DataSet("ghc_train.parquet", _HATE, licence="CC-BY-4.0"),
    "identity_templates": DataSet(
        "identity_templates_train.parquet", {"toxicity": "toxicity"}, 0.1, "template", "Apache-2.0"
    ),
}
# To choose and calibrate by, hate is what both the hate head and the label identity_attack should find.
_HATE_COLUMN = {"hate": "hate", "identity_attack": "hate"}
_BOTH = {"hate": "identity_attack", "identity_attack": "identity_attack"}
# Wikipedia talk and news comments are what the labels were made for: they count most where sets disagree.
DEVELOPMENT_SETS: Mapping[str, DataSet] = {
    "jigsaw": DataSet("eval/jigsaw_dev.parquet", {label: label for label in _SIX}, 6.0, key="style", calibrates=True),
    "civil": DataSet(
        "eval/civil_dev.parquet", {label: label for label in _SIX if label != "severe_toxicity"}, 10.0, calibrates=True
    ),
    "hatecheck": DataSet("eval/hatecheck_dev.parquet", _HATE_COLUMN, key="functionality", calibrates=True),
    "hatemojicheck": DataSet("eval/hatemojicheck_dev.parquet", _HATE_COLUMN, key="functionality", calibrates=True),
    "implicit_hate": DataSet("eval/implicit_hate_dev.parquet", _BOTH, calibrates=True),
    "ghc": DataSet("eval/ghc_dev.parquet", _BOTH, calibrates=True),
    "davidson": DataSet("eval/davidson_dev.parquet", _BOTH | {"toxicity": "toxicity"}, calibrates=True),
    "hatexplain": DataSet("eval/hatexplain_dev.parquet", _BOTH | {"toxicity": "toxicity"}, calibrates=True),
    "madlibs": DataSet("eval/madlibs_dev.parquet", {"toxicity": "toxicity"}, key="Template"),
    "surge": DataSet("eval/surge_dev.parquet", {"toxicity": "toxicity"}, calibrates=True),
    "fox_news": DataSet("eval/fox_news_dev.parquet", _HATE_COLUMN, calibrates=True),
    "ethos": DataSet("eval/ethos_dev.parquet", _HATE_COLUMN),
    "stormfront": DataSet("eval/stormfront_dev.parquet", _HATE_COLUMN),
    "socc": DataSet("eval/socc_c3_dev.parquet", {"toxicity": "toxicity"}),
    "ucc_news": DataSet("eval/ucc_news_dev.parquet", {"toxicity": "hostile"}),
}


def read_rows(data_dir: Path, data_sets: Mapping[str, DataSet]) -> LabelledRows:
    """Reads data sets into one table; a file that isn't there is left out.

    Raises:
        ScoringError: The folder holds none of the files, or `pyarrow` isn't installed.
    """
    read_table = _parquet_reader()
    parts = [
        _one_set(name, data_set, read_table(data_dir / data_set.file))
        for name, data_set in data_sets.items()
        if (data_dir / data_set.file).is_file()
    ]
    if not parts:
        raise ScoringError(
            f"{data_dir}: none of the expected data files is there",
            code="scoring.no_training_data",
            hint=f"Give the folder that holds {', '.join(data_set.file for data_set in data_sets.values())}.",
        )
    return join_rows(parts)


def join_rows(parts: Sequence[LabelledRows]) -> LabelledRows:
    """Puts tables end to end."""
    return LabelledRows(
        [text for part in parts for text in part.texts],
        np.concatenate([part.targets for part in parts]),
        np.concatenate([part.weights for part in parts]),
        [source for part in parts for source in part.sources],
        [key for part in parts for key in part.keys],
    )


def _parquet_reader() -> Callable[[Path], dict[str, list[Any]]]:
    try:
        # Only training reads parquet; scoring must not need pyarrow, which has no types either.
        parquet: Any = importlib.import_module("pyarrow.parquet")
    except ImportError as error:
        raise ScoringError(
            "training data are parquet files and pyarrow isn't installed",
            code="scoring.no_pyarrow",
            hint='Install it with: pip install "moderator[train]"',
        ) from error
    return lambda path: parquet.read_table(path).to_pydict()


def _one_set(name: str, data_set: DataSet, columns: Mapping[str, list[Any]]) -> LabelledRows:
    texts = [str(text) for text in columns["text"]]
    targets = np.full((len(texts), len(HEADS)), np.nan, np.float32)
    for head, column in data_set.heads.items():
        values = columns.get(column)
        if values is not None:
            targets[:, HEADS.index(head)] = [np.nan if value is None else float(value) for value in values]
    keys = [str(value) for value in columns[data_set.key]] if data_set.key else [""] * len(texts)
    return LabelledRows(texts, targets, np.full(len(texts), data_set.weight, np.float32), [name] * len(texts), keys)
