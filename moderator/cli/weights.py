"""`moderator models fetch`: a Detoxify variant's files from where they are published."""

from __future__ import annotations

from typing import Annotated

import typer

from moderator.cli.call import Call
from moderator.cli.frame import command

VariantArgument = Annotated[
    str, typer.Argument(metavar="NAME", help="original, unbiased, multilingual, original-small or unbiased-small.")
]


def add_to(models: typer.Typer) -> None:
    """Adds the commands to the group."""
    command(models, "fetch", example="moderator models fetch original")(fetch_model)


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
