"""Which scorer to use, from its name and what lies on disk. Imports no scorer."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from pathlib import Path

from moderator.errors import ConfigError, ScoringError
from moderator.scoring.base import Option, ScorerSpec
from moderator.scoring.detoxify_weights import VARIANTS, find_weights, variants_on_disk
from moderator.scoring.onnx_files import find_conversion

_EMBEDDED = ScorerSpec("embedded", "moderator.scoring.embedded:EmbeddedScorer")
_DETOXIFY = "moderator.scoring.detoxify:DetoxifyScorer"
_PREFIX = "detoxify-"
_ONNX = "moderator.scoring.onnx:OnnxScorer"
_ENGINES = ("auto", "torch", "onnx")
_ONNX_OPTIONS = frozenset({"threads", "explain_s", "precision"})
_ONLY_FOR_CONVERTED = frozenset({"engine", "precision"})


def choose(
    name: str,
    models_dir: Path,
    *,
    device: str = "auto",
    threads: int = 0,
    plugins: Mapping[str, str] | None = None,
    options: Mapping[str, Option] | None = None,
) -> ScorerSpec:
    """The scorer that a name stands for here and now.

    `auto` is Detoxify where a variant's files are complete on disk, else `embedded`. Of several variants it takes the
    one that stays silent least: `multilingual`, then `unbiased` (more labels, less bias), then `original`, then the
    small forms. `detoxify` alone means the same choice, but insists; `detoxify-<variant>` names one.

    Args:
        name: `auto`, `embedded`, `detoxify`, `detoxify-<variant>`, or a plug-in's name.
        models_dir: The data directory's `models` folder.
        device: Where Detoxify computes: `auto`, `cpu`, `mps`, `cuda` or `cuda:N`.
        threads: CPU threads for Detoxify; 0 leaves the choice to it.
        plugins: Plug-in scorers: name to `module:attribute`, as entry points have it. Our own names can't be taken.
        options: Further keyword arguments for the scorer that was chosen: for Detoxify `checkpoint`, `config_dir`,
            `sha256`, `trust`, `explain_s`, and `engine`: `auto` runs the variant's converted form where there is one
            and the device may be the CPU, `torch` the checkpoint itself, `onnx` insists on the converted form.

    Returns:
        What `ProcessScorer` needs. Nothing was imported or loaded yet.

    Raises:
        ConfigError: No scorer has that name, or `checkpoint` is given without saying which variant it is.
        ScoringError: Detoxify was asked for by name and its files aren't there.
    """
    given = dict(options or {})
    for_detoxify: dict[str, Option] = {"device": device, "threads": threads or None, **given}
    if name in ("auto", "detoxify") and given.get("checkpoint"):
        return _detoxify(_variant_of(str(given["checkpoint"])), models_dir, for_detoxify)
    if name in ("auto", "detoxify"):
        on_disk = variants_on_disk(models_dir)
        if name == "auto" and not on_disk:
            return _EMBEDDED
        return _detoxify(on_disk[0] if on_disk else next(iter(VARIANTS)), models_dir, for_detoxify)
    if name == _EMBEDDED.name:
        return ScorerSpec(name, _EMBEDDED.target, given)
    if name.removeprefix(_PREFIX) in VARIANTS and name.startswith(_PREFIX):
        return _detoxify(name.removeprefix(_PREFIX), models_dir, for_detoxify)
    target = (plugins or {}).get(name)
    if target is not None:
        return ScorerSpec(name, target, given)
    known = ["auto", "embedded", "detoxify", *(_PREFIX + variant for variant in VARIANTS), *(plugins or {})]
    near = difflib.get_close_matches(name, known, n=1)
    raise ConfigError(
        f"there is no scorer called {name!r}",
        code="config.scorer",
        hint=f"Did you mean {near[0]!r}?" if near else f"Use one of: {', '.join(known)}.",
    )


def _variant_of(checkpoint: str) -> str:
    """The variant that a checkpoint named in the options is: which languages count as learned depends on it."""
    for variant in VARIANTS.values():
        if Path(checkpoint).name == variant.file_name:
            return variant.name
    raise ConfigError(
        "a checkpoint is given, but not which Detoxify variant it is",
        code="config.scorer",
        hint="Set the scorer to the one it was made from: detoxify-original, detoxify-unbiased, detoxify-multilingual.",
    )


def _detoxify(variant: str, models_dir: Path, options: Mapping[str, Option]) -> ScorerSpec:
    """The spec for a variant whose files are there: what is missing is told now, not from another process later."""
    checkpoint, config_dir = options.get("checkpoint"), options.get("config_dir")
    weights = find_weights(
        variant,
        checkpoint=Path(str(checkpoint)) if checkpoint else None,
        config_dir=Path(str(config_dir)) if config_dir else None,
        models_dir=models_dir,
    )
    engine = options.get("engine", "auto")
    if engine not in _ENGINES:
        raise ConfigError(
            f"there is no engine called {engine!r}", code="config.scorer", hint=f"Use one of: {', '.join(_ENGINES)}."
        )
    folder = find_conversion(weights) if engine != "torch" else None
    if folder and (engine == "onnx" or options.get("device") in (None, "auto", "cpu")):
        kept = {name: value for name, value in options.items() if name in _ONNX_OPTIONS}
        return ScorerSpec(_PREFIX + variant, _ONNX, {"variant": variant, "folder": str(folder), **kept})
    if engine == "onnx":
        raise ScoringError(
            f"there is no converted form of Detoxify {variant} that can be run here",
            code="scoring.conversion",
            hint=f"`moderator models convert {variant}` makes one; it needs `pip install 'moderator[fast,convert]'`.",
        )
    rest = {name: value for name, value in options.items() if name not in _ONLY_FOR_CONVERTED}
    found = {"variant": variant, "checkpoint": str(weights.checkpoint), "config_dir": str(weights.config_dir)}
    return ScorerSpec(_PREFIX + variant, _DETOXIFY, {**rest, **found})
