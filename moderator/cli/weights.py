"""`moderator models fetch` and `convert`: the files of a Detoxify variant, and a faster form of them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from moderator.cli.call import Call
from moderator.cli.frame import command
from moderator.errors import ConfigError, ScoringError

if TYPE_CHECKING:
    from moderator.scoring.onnx_files import Manifest

VariantArgument = Annotated[
    str, typer.Argument(metavar="NAME", help="original, unbiased, multilingual, original-small or unbiased-small.")
]


def add_to(models: typer.Typer) -> None:
    """Adds the commands to the group."""
    command(models, "fetch", example="moderator models fetch original")(fetch_model)
    command(models, "convert", example="moderator models convert original")(convert_model)


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
    texts: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Compare on these texts, a line each; else on a built-in sample."),
    ] = None,
) -> None:
    """Converts a Detoxify model to a form that is several times faster on a CPU and starts without torch.

    Reports how far the result is from the original, and how many decisions would flip at the thresholds in force.
    Where the quantised form is too far off, the exact one is used.
    """
    from moderator.scoring.detoxify_weights import variant_named

    variant = variant_named(name.removeprefix("detoxify-"))
    policy = call.settings.policy()
    thresholds = {
        label.value: sorted({threshold.review, threshold.priority}) for label, threshold in policy.thresholds.items()
    }
    given = _lines(texts) if texts else []
    try:
        from moderator.scoring.convert import convert
    except ImportError as error:
        raise ScoringError(
            f"converting needs the package {error.name}",
            code="scoring.packages",
            hint="Install it with `pip install 'moderator[fast,convert]'`.",
        ) from error
    with call.out.progress("loading", 100) as report:

        def progress(stage: str, share: float) -> None:
            report(round(share * 100), 100, stage)

        folder, manifest = convert(variant.name, call.settings.models_dir, thresholds, texts=given, progress=progress)
    _report(call, folder, manifest)


def _report(call: Call, folder: Path, manifest: Manifest) -> None:
    from msgspec import to_builtins

    from moderator.scoring.onnx_files import INT8, INT8_TOLERANCE

    if call.out.as_json:
        parity = {form: to_builtins(each) for form, each in manifest.parity.items()}
        call.out.emit({"folder": str(folder), "precision": manifest.precision, "parity": parity})
        return
    for form, each in manifest.parity.items():
        call.out.say(
            f"{form}: largest difference {each.largest:.2g}, mean {each.mean:.2g} over {each.texts:,} texts; "
            f"{each.flipped:,} of {each.decisions:,} decisions flip."
        )
    why = "" if manifest.precision == INT8 else f" (int8 is off by more than {INT8_TOLERANCE})"
    call.out.say(f"From now on {manifest.precision} is used{why}: {folder}")


def _lines(path: Path) -> list[str]:
    try:
        return [line for line in path.read_text(encoding="utf-8", errors="replace").splitlines() if line.strip()]
    except OSError as error:
        raise ConfigError(f"{path} can't be read: {error.strerror}", code="config.file") from error
