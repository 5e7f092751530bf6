"""From a Detoxify checkpoint to a form that an engine runs without torch, and proof that it still says the same.

Importing this imports torch.
"""

from __future__ import annotations

import importlib
import importlib.metadata
import math
import shutil
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

import msgspec

from moderator.errors import ScoringError
from moderator.scoring.conversion import (
    ENGINES,
    FP32,
    FP32_TOLERANCE,
    MANIFEST,
    ONNX,
    OPENVINO,
    TOKENIZER,
    TOLERANCE,
    Manifest,
    Parity,
    conversion_dir,
    file_hash,
    install_line,
)
from moderator.scoring.converted import ConvertedNetwork, Ids, padded
from moderator.scoring.detoxify_judge import encodable
from moderator.scoring.detoxify_model import DetoxifyModel
from moderator.scoring.detoxify_weights import find_weights, verify
from moderator.scoring.explain import Row
from moderator.scoring.own_texts import calibration_texts, comparison_texts
from moderator.scoring.parity import Thresholds, compare

Progress = Callable[[str, float], None]
"""Called with the stage, in our own words, and the share done, 0..1."""

SPARED_SHARES = (0.0, 0.06, 0.15, 0.35)
"""Shares of the layers to leave exact, tried in this order until the quantised form is near enough."""

_RANKED_ON, _CALIBRATED_ON = 12, 64
"""Texts that tell sensitive layers from others, and texts that fix the ranges."""

_CONVERTERS = {
    ONNX: "moderator.scoring.onnx_convert:OnnxConverter",
    OPENVINO: "moderator.scoring.openvino_convert:OpenVinoConverter",
}


class Converter(Protocol):
    """Makes what one engine runs.

    Attributes:
        network: What runs a form.
        exact: Forms of the exact file, the quicker one first.
        quantised: Forms of the quantised file, the quicker one first.
        packages: Whose versions matter.
    """

    engine: str
    network: type[ConvertedNetwork]
    exact: Sequence[str]
    quantised: Sequence[str]
    packages: tuple[str, ...]

    def write_exact(self, exported: Path, folder: Path) -> None:
        """Writes the exact file."""
        ...

    def write_quantised(
        self, exported: Path, folder: Path, calibration: Sequence[tuple[Ids, Ids]], spared: Sequence[str], /
    ) -> None:
        """Writes the quantised file, nodes named in `spared` left exact."""
        ...


@dataclass(slots=True)
class _Work:
    """A conversion under way."""

    model: DetoxifyModel
    converter: Converter
    folder: Path
    manifest: Manifest
    texts: Sequence[str] = field(repr=False)
    calibration: Sequence[str] = field(repr=False)
    thresholds: Thresholds
    tolerance: float
    expected: Sequence[Row | None] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        self.expected = self.model.probabilities(self.texts)

    @property
    def exported(self) -> Path:
        """The exact network as ONNX, whatever the engine."""
        return self.folder.parent / "exported.onnx"


def convert(
    variant: str,
    models_dir: Path,
    thresholds: Thresholds,
    *,
    engine: str = ONNX,
    texts: Sequence[str] = (),
    calibration: Sequence[str] = (),
    tolerance: float = TOLERANCE,
    progress: Progress | None = None,
) -> tuple[Path, Manifest]:
    """Converts a variant's checkpoint and measures how far the result is from it.

    Args:
        variant: Which.
        models_dir: The data directory's `models` folder.
        thresholds: Where decisions are made now, to count those that would flip.
        engine: What is to run it: `onnx` or `openvino`.
        texts: What to compare on; a built-in sample where none are given.
        calibration: What OpenVINO takes the ranges of values from; another built-in sample where none are given.
        tolerance: Largest difference, in probability, with which a form that isn't exact is used.
        progress: Told how far it is.

    Returns:
        The folder and what is in it. An earlier conversion of the same checkpoint is replaced.

    Raises:
        ScoringError: The checkpoint can't be used, the engine isn't installed, or the export doesn't say what the
            original says.
    """
    tell = progress or _untold
    weights = find_weights(variant, models_dir=models_dir)
    digest = verify(weights)
    tell("loading", 0.0)
    converter = _converter(engine)
    model = DetoxifyModel(weights.checkpoint, weights.config_dir, "cpu")
    target = conversion_dir(weights, digest, engine)
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".", dir=target.parent) as unfinished:
        folder = Path(unfinished) / digest[:12]
        folder.mkdir()
        readable = [encodable(text) for text in texts or comparison_texts()]
        ranges = [encodable(text) for text in calibration or calibration_texts()]
        blank = _manifest_of(variant, digest, model, converter)
        work = _Work(model, converter, folder, blank, readable, ranges, thresholds, tolerance)
        manifest = _converted(work, tell)
        (folder / MANIFEST).write_bytes(msgspec.json.format(msgspec.json.encode(manifest)))
        shutil.rmtree(target, ignore_errors=True)
        folder.rename(target)
    tell("starting", 0.95)
    converter.network(target, manifest, manifest.precision)  # OpenVINO keeps what it compiles now
    tell("done", 1.0)
    return target, manifest


def _manifest_of(variant: str, digest: str, model: DetoxifyModel, converter: Converter) -> Manifest:
    """What is known before anything was converted."""
    shape = (model.shape.window, model.shape.pad, model.shape.first, model.shape.last)
    packages = ("torch", "transformers", "onnx", *converter.packages)
    versions = {name: importlib.metadata.version(name) for name in packages}
    return Manifest(variant, digest, list(model.classes), *shape, FP32, {}, {}, versions, engine=converter.engine)


def _untold(_stage: str, _share: float) -> None:
    """Nobody watches."""


def _converter(engine: str) -> Converter:
    module, _, name = _CONVERTERS[engine].partition(":")
    try:
        made: Converter = getattr(importlib.import_module(module), name)()
        for package in ("onnx", *ENGINES[engine]):
            importlib.import_module(package)
    except ImportError as error:
        raise ScoringError(
            f"converting for {engine} needs the package {error.name}",
            code="scoring.packages",
            hint=f"{install_line(engine)} brings it.",
        ) from error
    return made


def _converted(work: _Work, tell: Progress) -> Manifest:
    """Writes every form and settles on one.

    Raises:
        ScoringError: Even the exact form differs.
    """
    from moderator.scoring.onnx_convert import export  # noqa: PLC0415 - after it's known that all packages are there

    tell("exporting", 0.1)
    work.model.save_tokenizer(work.folder / TOKENIZER)
    nodes = export(*work.model.exportable(), work.exported)
    work.converter.write_exact(work.exported, work.folder)
    tell("comparing", 0.25)
    parity = _parity(work, work.converter.exact)
    if not parity[FP32].largest <= FP32_TOLERANCE:
        raise ScoringError(
            f"the exported model differs from the original by {parity[FP32].largest:.2g}; nothing was kept",
            code="scoring.conversion",
            hint="Other versions of torch, transformers or onnx may export it rightly. The checkpoint still works.",
        )
    parity = _quantised(work, nodes, tell) | parity
    near = [form for form, each in parity.items() if form == FP32 or each.largest <= work.tolerance]
    return msgspec.structs.replace(work.manifest, parity=parity, precision=near[0], layers=len(nodes))


def _quantised(work: _Work, nodes: Sequence[str], tell: Progress) -> dict[str, Parity]:
    """Writes the quantised form with as few layers left exact as will do; all that may be, where nothing will."""
    calibration = _inputs(work, work.calibration[:_CALIBRATED_ON])
    ranked: list[str] = []
    parity: dict[str, Parity] = {}
    for step, share in enumerate(SPARED_SHARES):
        done = 0.3 + 0.6 * step / len(SPARED_SHARES)
        if share and not ranked:
            tell("looking for sensitive layers", done)
            ranked = _ranked(work, nodes)
        spared = ranked[: math.ceil(share * len(nodes))]
        tell(f"quantising, {len(spared)} of {len(nodes)} layers left exact" if spared else "quantising", done)
        work.converter.write_quantised(work.exported, work.folder, calibration, spared)
        work.manifest = msgspec.structs.replace(work.manifest, spared=spared)
        parity = _parity(work, work.converter.quantised)
        if any(each.largest <= work.tolerance for each in parity.values()):
            break
    return parity


def _parity(work: _Work, forms: Sequence[str]) -> dict[str, Parity]:
    sums = {path.name: file_hash(path) for path in sorted(work.folder.iterdir()) if path.is_file()}
    work.manifest = msgspec.structs.replace(work.manifest, sha256=sums)
    return {
        form: compare(
            work.expected,
            work.converter.network(work.folder, work.manifest, form).probabilities(work.texts),
            work.manifest.classes,
            work.thresholds,
        )
        for form in forms
    }


def _inputs(work: _Work, texts: Sequence[str]) -> list[tuple[Ids, Ids]]:
    """Token ids and mask of each text, the first window of it."""
    shape = work.manifest
    return [
        padded([[shape.first, *ids[: shape.window - 2], shape.last]], shape.pad) for ids in work.model.token_ids(texts)
    ]


def _ranked(work: _Work, nodes: Sequence[str]) -> list[str]:
    """Nodes whose layer suffers most from being quantised, first."""
    import torch  # noqa: PLC0415 - as above

    from moderator.scoring.sensitivity import most_sensitive, node_belongs  # noqa: PLC0415 - as above

    network, _ = work.model.exportable()
    batches = [
        (torch.tensor(ids), torch.tensor(mask))
        for ids, mask in _inputs(work, work.calibration[:: max(1, len(work.calibration) // _RANKED_ON)])
    ]
    layers = most_sensitive(network, batches)
    return [node for layer in layers for node in nodes if node_belongs(node, layer)]
