"""`moderator models bench`: how fast each engine is on this machine."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from moderator.cli.call import Call
from moderator.errors import ScoringError

if TYPE_CHECKING:
    from moderator.scoring.bench import Measured
    from moderator.scoring.detoxify_weights import Weights

_DEFAULT_RANDOM = "original"

NameArgument = Annotated[
    str | None, typer.Argument(metavar="[NAME]", help="A Detoxify variant; else the one that `auto` takes.")
]
RandomOption = Annotated[
    bool,
    typer.Option(
        "--random", help="The variant's architecture with random weights: they needn't be here, and are as quick."
    ),
]


def bench_models(
    call: Call,
    *,
    name: NameArgument = None,
    use_random: RandomOption = False,
    texts: Annotated[int, typer.Option(min=1, help="How many comments, 236 characters on average.")] = 32,
    rounds: Annotated[int, typer.Option(min=1, help="How many times each engine scores them all.")] = 5,
) -> None:
    """Measures comments a second, time to the first score and memory of every engine that can run here.

    Each works in a process of its own; warm rounds are interleaved and figures are medians. What is compared with is
    Detoxify in torch, one comment at a time, as its own `predict` works.
    """
    from moderator.scoring.bench import contenders, machine, measure
    from moderator.scoring.own_texts import comments

    settings = call.settings
    with _weights(call, name, use_random=use_random) as (weights, models_dir):
        entries = contenders(weights, models_dir, settings.values.scoring.threads)
        with call.out.progress("measuring") as report:
            found = measure(entries, comments(texts), rounds, report)
    here = machine()
    if call.out.as_json:
        variant = weights.variant.name if weights else None
        engines = [asdict(one) for one in found]
        told = {"variant": variant, "random": use_random, "texts": texts, "rounds": rounds, "machine": here}
        call.out.emit({**told, "engines": engines})
        return
    able = f", {here['multiplies_with']}" if here["multiplies_with"] else ""
    call.out.say(f"{here['processor']}{able}; {here['cores']} cores. {texts} comments, {rounds} rounds, medians.")
    if weights:
        of = "random weights, as quick as trained ones" if use_random else str(weights.checkpoint)
        call.out.say(f"Detoxify {weights.variant.name}: {of}")
    call.out.say()
    _print(call, found)
    if weights is None:
        call.out.remark(
            "No Detoxify weights are on this machine; the first scorer is the measure. `--random` measures Detoxify's "
            "architecture all the same."
        )


def _print(call: Call, found: list[Measured]) -> None:
    from moderator.cli.output import Column

    columns = [
        Column("engine"),
        Column("a second", 9, right=True),
        Column("times", 6, right=True),
        Column("first s", 8, right=True),
        Column("times", 6, right=True),
        Column("MB", 6, right=True),
    ]
    rows = [
        [
            one.name,
            f"{one.texts_per_s:,.1f}",
            f"{one.times_faster:,.2f}",
            f"{one.first_score_s:.2f}",
            f"{one.times_sooner:.2f}",
            "-" if one.memory_mb is None else f"{one.memory_mb:,.0f}",
        ]
        for one in found
    ]
    call.out.table(columns, rows)


@contextmanager
def _weights(call: Call, name: str | None, *, use_random: bool) -> Generator[tuple[Weights | None, Path]]:
    """The weights to measure, and the `models` folder that they lie in."""
    from moderator.scoring.detoxify_weights import find_weights, variant_named, variants_on_disk

    models_dir = call.settings.models_dir
    variant = name.removeprefix("detoxify-") if name else None
    if variant:
        variant_named(variant)
    if use_random:
        with tempfile.TemporaryDirectory(prefix="moderator-") as scratch:
            _write_random(call, variant or _DEFAULT_RANDOM, Path(scratch))
            yield find_weights(variant or _DEFAULT_RANDOM, models_dir=Path(scratch)), Path(scratch)
        return
    on_disk = variants_on_disk(models_dir)
    if variant is None and not on_disk:
        yield None, models_dir
        return
    try:
        weights = find_weights(variant or on_disk[0], models_dir=models_dir)
    except ScoringError as error:
        error.hint = f"{error.hint or ''} `--random` measures the architecture without its weights.".lstrip()
        raise
    yield weights, models_dir


def _write_random(call: Call, variant: str, models_dir: Path) -> None:
    """A network with random weights, converted for every engine that is installed."""
    from moderator.scoring.conversion import ENGINES, can_run
    from moderator.scoring.detoxify_random import write_random
    from moderator.scoring.detoxify_weights import variant_dir
    from moderator.scoring.own_texts import comments

    texts = comments(64)
    with call.out.progress("writing random weights", 100) as report:
        write_random(variant, variant_dir(models_dir, variant), texts)
        for engine in filter(can_run, ENGINES):
            # The tolerance is wide: what rounding does to a network that knows nothing says nothing.
            try:
                from moderator.scoring.convert import convert

                convert(
                    variant,
                    models_dir,
                    {},
                    engine=engine,
                    texts=texts[:4],
                    tolerance=1.0,
                    progress=_under(engine, report),
                )
            except (ImportError, ScoringError) as error:
                reason = error.message if isinstance(error, ScoringError) else f"it needs the package {error.name}"
                call.out.remark(f"{engine} is left out: {reason}")


def _under(engine: str, report: Callable[[int, int | None, str], None]) -> Callable[[str, float], None]:
    return lambda stage, share: report(round(share * 100), 100, f"{engine}: {stage}")
