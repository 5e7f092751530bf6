"""Which scorer to use, from its name and what lies on disk. Imports no scorer."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from pathlib import Path

from moderator.errors import ConfigError, ScoringError
from moderator.scoring.base import Option, ScorerSpec
from moderator.scoring.conversion import Found, find_conversion, install_line
from moderator.scoring.detoxify_weights import VARIANTS, find_weights, variants_on_disk
from moderator.scoring.encoder_files import SHIPPED, check_encoder, encoder_is_here

_EMBEDDED = ScorerSpec("embedded", "moderator.scoring.embedded:EmbeddedScorer")
_ENCODER = ScorerSpec("embedded-encoder", "moderator.scoring.embedded.encoder_scorer:EncoderScorer")
_DETOXIFY = "moderator.scoring.detoxify:DetoxifyScorer"
_PREFIX = "detoxify-"
_CONVERTED = {"onnx": "moderator.scoring.onnx:OnnxScorer", "openvino": "moderator.scoring.openvino:OpenVinoScorer"}
_ENGINES = ("auto", "torch", *_CONVERTED)
_CONVERTED_OPTIONS = frozenset({"threads", "explain_s", "precision"})
_ONLY_FOR_CONVERTED = frozenset({"engine", "precision"})
_ONLY_FOR_DETOXIFY = _ONLY_FOR_CONVERTED | {"checkpoint", "config_dir", "sha256", "trust", "explain_s"}


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

    `auto` is Detoxify where a variant's files are complete on disk, else `embedded-encoder` where its files and what
    runs them are installed, else `embedded`. Of several variants it takes the one that stays silent least:
    `multilingual`, then `unbiased` (more labels, less bias), then `original`, then the small forms. `detoxify` alone
    means the same choice, but insists; `detoxify-<variant>` names one.

    Args:
        name: `auto`, `embedded`, `embedded-encoder`, `detoxify`, `detoxify-<variant>`, or a plug-in's name.
        models_dir: The data directory's `models` folder.
        device: Where Detoxify computes: `auto`, `cpu`, `mps`, `cuda` or `cuda:N`.
        threads: CPU threads for Detoxify and the encoder; 0 leaves the choice to them.
        plugins: Plug-in scorers: name to `module:attribute`, as entry points have it. Our own names can't be taken.
        options: Further keyword arguments for the scorer that was chosen: for Detoxify `checkpoint`, `config_dir`,
            `sha256`, `trust`, `explain_s`, and `engine`: `auto` runs the variant's quickest converted form where there
            is one and the device may be the CPU, `torch` the checkpoint itself, `onnx` and `openvino` insist on what
            was converted for them.

    Returns:
        What `ProcessScorer` needs. Nothing was imported or loaded yet.

    Raises:
        ConfigError: No scorer has that name, or `checkpoint` is given without saying which variant it is.
        ScoringError: Detoxify or the encoder was asked for by name and its files aren't there.
    """
    given = dict(options or {})
    for_detoxify: dict[str, Option] = {"device": device, "threads": threads or None, **given}
    if name in ("auto", "detoxify") and given.get("checkpoint"):
        return _detoxify(_variant_of(str(given["checkpoint"])), models_dir, for_detoxify)
    on_disk = variants_on_disk(models_dir) if name in ("auto", "detoxify") else []
    if name == "auto" and not on_disk:
        name = _ENCODER.name if encoder_is_here() else _EMBEDDED.name
    if name in (_EMBEDDED.name, _ENCODER.name):
        return _embedded(name, threads, given)
    if name == "detoxify" or on_disk:
        return _detoxify(on_disk[0] if on_disk else next(iter(VARIANTS)), models_dir, for_detoxify)
    if name.removeprefix(_PREFIX) in VARIANTS and name.startswith(_PREFIX):
        return _detoxify(name.removeprefix(_PREFIX), models_dir, for_detoxify)
    target = (plugins or {}).get(name)
    if target is not None:
        return ScorerSpec(name, target, given)
    variants = (_PREFIX + variant for variant in VARIANTS)
    known: list[str] = list(
        dict.fromkeys(("auto", _EMBEDDED.name, _ENCODER.name, "detoxify", *variants, *(plugins or {})))
    )
    near = difflib.get_close_matches(name, known, n=1)
    raise ConfigError(
        f"there is no scorer called {name!r}",
        code="config.scorer",
        hint=f"Did you mean {near[0]!r}?" if near else f"Use one of: {', '.join(known)}.",
    )


def conversion_spec(variant: str, found: Found, options: Mapping[str, Option]) -> ScorerSpec:
    """The scorer that runs a conversion of a variant; of the options, those that it knows are taken."""
    kept = {name: value for name, value in options.items() if name in _CONVERTED_OPTIONS}
    return ScorerSpec(
        _PREFIX + variant, _CONVERTED[found.engine], {"variant": variant, "folder": str(found.folder), **kept}
    )


def _embedded(name: str, threads: int, given: Mapping[str, Option]) -> ScorerSpec:
    """The spec for a form that ships; what the configuration says for Detoxify alone, it leaves alone."""
    options = {key: value for key, value in given.items() if key not in _ONLY_FOR_DETOXIFY}
    if name == _EMBEDDED.name:
        return ScorerSpec(name, _EMBEDDED.target, options)
    check_encoder(Path(str(options.get("folder", SHIPPED))))
    return ScorerSpec(name, _ENCODER.target, {"threads": threads, **options})


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
    engine = str(options.get("engine", "auto"))
    if engine not in _ENGINES:
        raise ConfigError(
            f"there is no engine called {engine!r}", code="config.scorer", hint=f"Use one of: {', '.join(_ENGINES)}."
        )
    converted = find_conversion(weights, engine if engine in _CONVERTED else None) if engine != "torch" else None
    if converted and (engine in _CONVERTED or options.get("device") in (None, "auto", "cpu")):
        return conversion_spec(variant, converted, options)
    if engine in _CONVERTED:
        raise ScoringError(
            f"there is no form of Detoxify {variant} converted for {engine} that can be run here",
            code="scoring.conversion",
            hint=f"`moderator models convert {variant} --engine {engine}` makes one; it needs {install_line(engine)}.",
        )
    rest = {name: value for name, value in options.items() if name not in _ONLY_FOR_CONVERTED}
    found = {"variant": variant, "checkpoint": str(weights.checkpoint), "config_dir": str(weights.config_dir)}
    return ScorerSpec(_PREFIX + variant, _DETOXIFY, {**rest, **found})
