"""`moderator models fetch` and `convert`: the files of a Detoxify variant, and a faster form of them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from moderator.cli.bench import bench_models
from moderator.cli.call import Call
from moderator.cli.frame import command
from moderator.errors import ConfigError, ScoringError

if TYPE_CHECKING:
    from moderator.scoring.conversion import Manifest, Parity

_SHOWN = 48
"""Characters of a text that tell which one it is."""

VariantArgument = Annotated[
    str, typer.Argument(metavar="NAME", help="original, unbiased, multilingual, original-small or unbiased-small.")
]
EngineOption = Annotated[
    str, typer.Option("--engine", metavar="NAME", help="What is to run it: onnx, or openvino, quicker on Intel CPUs.")
]
TextsOption = Annotated[
    Path | None,
    typer.Option("--texts", metavar="FILE", help="Compare on these texts, a line each; else on a built-in sample."),
]
CalibrateOption = Annotated[
    Path | None,
    typer.Option(
        "--calibrate", metavar="FILE", help="OpenVINO takes ranges from these texts, a line each; else from a sample."
    ),
]


def add_to(models: typer.Typer) -> None:
    """Adds the commands to the group."""
    command(models, "fetch", example="moderator models fetch original")(fetch_model)
    command(models, "convert", example="moderator models convert original --engine openvino")(convert_model)
    command(models, "bench", example="moderator models bench original --random")(bench_models)


def fetch_model(call: Call, *, name: VariantArgument) -> None:
    """Downloads a Detoxify model: checkpoint, config and tokenizer. Checks its hash; goes on where it stopped.

    This is the only command that asks the network for weights.
    """
    from moderator.scoring.detoxify_weights import variant_named
    from moderator.scoring.fetch import LICENCES, WEIGHTS_LICENCE, fetch

    variant = variant_named(name.removeprefix("detoxify-"))
    licence = LICENCES[variant.base]
    call.out.remark(
        f"Detoxify {variant.name}, {variant.size_mb:,} MB, from {variant.url}\n"
        f"Licences: weights {WEIGHTS_LICENCE} (Unitary), config and tokenizer of {variant.base} {licence}."
    )
    with call.out.progress(variant.file_name) as report:
        checkpoint = fetch(variant, call.settings.models_dir, report)
    if call.out.as_json:
        call.out.emit(
            {
                "scorer": f"detoxify-{variant.name}",
                "checkpoint": str(checkpoint),
                "hash": variant.hash_prefix,
                "licences": {"weights": WEIGHTS_LICENCE, variant.base: licence},
            }
        )
        return
    call.out.say(
        f"{checkpoint} is here and is the published file.\n"
        f"`moderator check --scorer detoxify-{variant.name} TEXT` tries it; "
        f"`moderator models convert {variant.name}` makes it several times faster."
    )


def convert_model(
    call: Call,
    *,
    name: VariantArgument,
    engine: EngineOption = "onnx",
    texts: TextsOption = None,
    calibrate: CalibrateOption = None,
) -> None:
    """Converts a Detoxify model to a form that is several times faster on a CPU and starts without torch.

    Reports how far the result is from the original, and which decisions would flip at the thresholds in force.
    Where the quantised form is too far off, the layers that suffer most are left exact; where that doesn't help, a
    form that isn't quantised is used.
    """
    from moderator.scoring.conversion import install_line
    from moderator.scoring.detoxify_weights import variant_named

    _check_engine(engine, calibrate)

    variant = variant_named(name.removeprefix("detoxify-"))
    given, ranges = (_lines(path) if path else [] for path in (texts, calibrate))
    try:
        from moderator.scoring.convert import convert
    except ImportError as error:
        raise ScoringError(
            f"converting needs the package {error.name}",
            code="scoring.packages",
            hint=f"{install_line(engine)} brings it.",
        ) from error
    with call.out.progress("loading", 100) as report:

        def progress(stage: str, share: float) -> None:
            report(round(share * 100), 100, stage)

        folder, manifest = convert(
            variant.name,
            call.settings.models_dir,
            _thresholds(call),
            engine=engine,
            texts=given,
            calibration=ranges,
            progress=progress,
        )
    _report(call, folder, manifest, given)


def _thresholds(call: Call) -> dict[str, list[float]]:
    thresholds = call.settings.policy().thresholds
    return {label.value: sorted({each.review, each.priority}) for label, each in thresholds.items()}


def _check_engine(engine: str, calibrate: Path | None) -> None:
    from moderator.scoring.conversion import ENGINES, OPENVINO

    if engine not in ENGINES:
        raise ConfigError(
            f"there is no engine called {engine!r}", code="config.usage", hint=f"Use one of: {', '.join(ENGINES)}."
        )
    if calibrate is not None and engine != OPENVINO:
        raise ConfigError("--calibrate is for --engine openvino: onnx needs none", code="config.usage")


def _report(call: Call, folder: Path, manifest: Manifest, given: Sequence[str]) -> None:
    from msgspec import to_builtins

    from moderator.scoring.conversion import INT8, TOLERANCE
    from moderator.scoring.own_texts import comparison_texts

    if call.out.as_json:
        parity = {form: to_builtins(each) for form, each in manifest.parity.items()}
        call.out.emit(
            {
                "folder": str(folder),
                "engine": manifest.engine,
                "precision": manifest.precision,
                "tolerance": TOLERANCE,
                "layers": manifest.layers,
                "left_exact": manifest.spared,
                "parity": parity,
            }
        )
        return
    for form, each in manifest.parity.items():
        call.out.say(
            f"{form}: largest difference {each.largest:.2g} (text {each.furthest + 1}), "
            f"mean {each.mean:.2g} over {each.texts:,} texts; "
            f"{each.flipped:,} of {each.decisions:,} decisions flip."
        )
    _say_flips(call, manifest.parity[manifest.precision], given or comparison_texts())
    if manifest.spared:
        call.out.say(
            f"Of {manifest.layers} layers, {len(manifest.spared)} were left exact in the quantised form: rounding them "
            "moved the scores most."
        )
    quantised = manifest.precision.startswith(INT8)
    why = "" if quantised else f" (every quantised form is off by more than {TOLERANCE})"
    call.out.say(f"From now on {manifest.engine} {manifest.precision} is used{why}: {folder}")


def _say_flips(call: Call, parity: Parity, texts: Sequence[str]) -> None:
    """Names the decisions that the form in use would make otherwise, and the texts."""
    from moderator.text.visible import visible_line

    for flip in parity.flips:
        call.out.say(
            f"  {flip.label} at {flip.threshold:g}: {flip.before:.3f} becomes {flip.after:.3f} "
            f'in text {flip.text + 1}, "{visible_line(texts[flip.text], _SHOWN)}"'
        )
    if parity.flipped > len(parity.flips):
        call.out.say(f"  and {parity.flipped - len(parity.flips):,} more")


def _lines(path: Path) -> list[str]:
    try:
        return [line for line in path.read_text(encoding="utf-8", errors="replace").splitlines() if line.strip()]
    except OSError as error:
        raise ConfigError(f"{path} can't be read: {error.strerror}", code="config.file") from error
