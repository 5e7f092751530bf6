"""Where Detoxify's weights lie on disk, and whether a file is the one it claims to be. Imports no torch.

A variant's folder is `<models>/detoxify/<variant>/` and holds three things: the checkpoint, the `config.json` of the
base model, and the base model's tokenizer files. Nothing else is read, and nothing is fetched.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from pathlib import Path

from moderator.errors import ScoringError

_ENGLISH = frozenset({"en"})
_SEVEN = frozenset({"en", "fr", "es", "it", "pt", "tr", "ru"})


@dataclass(frozen=True, slots=True)
class Variant:
    """One published Detoxify model.

    Attributes:
        name: As Detoxify names it.
        url: Where its checkpoint is published.
        base: The base model whose `config.json` and tokenizer files belong beside it.
        languages: ISO 639-1 codes it was trained on. Anything else it isn't asked about.
        size_mb: Size of the checkpoint in megabytes, for people.
    """

    name: str
    url: str
    base: str
    languages: frozenset[str]
    size_mb: int

    @property
    def file_name(self) -> str:
        """Name of the published checkpoint file."""
        return self.url.rsplit("/", 1)[1]

    @property
    def hash_prefix(self) -> str:
        """First 8 hex digits of the published file's SHA-256: the end of its name, by torch.hub's convention."""
        return self.file_name.rsplit("-", 1)[1].removesuffix(".ckpt")


_RELEASES = "https://github.com/unitaryai/detoxify/releases/download/"
VARIANTS: dict[str, Variant] = {
    variant.name: variant
    for variant in (
        Variant(
            "multilingual",
            _RELEASES + "v0.4-alpha/multilingual_debiased-0b549669.ckpt",
            "xlm-roberta-base",
            _SEVEN,
            1112,
        ),
        Variant("unbiased", _RELEASES + "v0.3-alpha/toxic_debiased-c7548aa0.ckpt", "roberta-base", _ENGLISH, 499),
        Variant("original", _RELEASES + "v0.1-alpha/toxic_original-c1212f89.ckpt", "bert-base-uncased", _ENGLISH, 438),
        Variant("unbiased-small", _RELEASES + "v0.1.2/unbiased-albert-c8519128.ckpt", "albert-base-v2", _ENGLISH, 47),
        Variant("original-small", _RELEASES + "v0.1.2/original-albert-0e1d6498.ckpt", "albert-base-v2", _ENGLISH, 47),
    )
}
"""The five published models, in the order `auto` prefers them: most languages first, then most labels, then size.

Source: detoxify 0.5.4, `detoxify/detoxify.py` (files) and https://github.com/unitaryai/detoxify (languages, bases).
"""

TOKENIZER_FILES: tuple[frozenset[str], ...] = (
    frozenset({"tokenizer.json"}),
    frozenset({"vocab.txt"}),
    frozenset({"vocab.json", "merges.txt"}),
    frozenset({"sentencepiece.bpe.model"}),
    frozenset({"spiece.model"}),
)
"""Any one of these sets is a whole tokenizer."""

SUMS_FILE = "SHA256SUMS"
"""Optional file beside a checkpoint, as `sha256sum` writes it: so an operator vouches for a checkpoint of their own."""


@dataclass(frozen=True, slots=True)
class Weights:
    """Everything that one variant needs, found on disk.

    Attributes:
        checkpoint: The `.ckpt` file.
        config_dir: Folder with `config.json` and the tokenizer files.
    """

    variant: Variant
    checkpoint: Path
    config_dir: Path


def variant_named(name: str) -> Variant:
    """The published variant with that name.

    Raises:
        ScoringError: There is none.
    """
    variant = VARIANTS.get(name)
    if variant is None:
        raise ScoringError(
            f"Detoxify has no variant {name!r}",
            code="scoring.variant",
            hint=f"Use one of: {', '.join(sorted(VARIANTS))}.",
        )
    return variant


def variant_dir(models_dir: Path, name: str) -> Path:
    """Folder that a variant's files belong in."""
    return models_dir / "detoxify" / name


def variants_on_disk(models_dir: Path) -> list[str]:
    """Variants whose files are all there and vouched for, the preferred one first. Hashes nothing: that is `verify`."""
    names: list[str] = []
    for name in VARIANTS:
        try:
            weights = find_weights(name, models_dir=models_dir)
        except ScoringError:
            continue  # not there, or not whole: asking for it by name says what is missing
        if weights.checkpoint.name == weights.variant.file_name or listed_hash(weights.checkpoint):
            names.append(name)
    return names


def find_weights(
    name: str, *, checkpoint: Path | None = None, config_dir: Path | None = None, models_dir: Path | None = None
) -> Weights:
    """Finds a variant's files.

    Args:
        name: The variant.
        checkpoint: The checkpoint, where it doesn't lie in the variant's folder.
        config_dir: Folder of `config.json` and tokenizer files; the checkpoint's own folder if not given.
        models_dir: The data directory's `models` folder.

    Returns:
        Paths that exist.

    Raises:
        ScoringError: A file is missing, with where it belongs.
    """
    variant = variant_named(name)
    if checkpoint is None:
        if models_dir is None:
            raise _missing(variant, Path("<data directory>/models"), "no folder was named to look for them")
        folder = variant_dir(models_dir, name)
        checkpoint = _only_checkpoint(variant, folder, models_dir)
    elif not checkpoint.is_file():
        raise ScoringError(
            f"the checkpoint {checkpoint} isn't a file", code="scoring.weights_missing", hint="Check the path."
        )
    for other in VARIANTS.values():
        if checkpoint.name == other.file_name and other is not variant:
            raise ScoringError(
                f"{checkpoint} is the checkpoint of Detoxify {other.name}, not of {name}",
                code="scoring.weights_mixed",
                hint=f"Move it to {checkpoint.parent.parent / other.name}, or ask for detoxify-{other.name}.",
            )
    config_dir = config_dir or checkpoint.parent
    _check_config_dir(variant, config_dir)
    return Weights(variant, checkpoint, config_dir)


def _only_checkpoint(variant: Variant, folder: Path, models_dir: Path) -> Path:
    published = folder / variant.file_name
    if published.is_file():
        return published
    found = sorted(folder.glob("*.ckpt")) if folder.is_dir() else []
    if not found:
        raise _missing(variant, models_dir, "there is no checkpoint")
    if len(found) > 1:
        raise ScoringError(
            f"{folder} holds {len(found)} checkpoints and none is the published {variant.file_name}",
            code="scoring.weights_ambiguous",
            hint="Keep one, or name the file with the scorer's `checkpoint` option.",
        )
    return found[0]


def _missing(variant: Variant, models_dir: Path, why: str) -> ScoringError:
    return ScoringError(
        f"the weights of Detoxify {variant.name} aren't on this machine: {why}",
        code="scoring.weights_missing",
        hint=(
            f"`moderator models fetch {variant.name}` gets them. Or put {variant.file_name} (from {variant.url}) with "
            f"config.json and the tokenizer files of {variant.base} into {variant_dir(models_dir, variant.name)}."
        ),
    )


def _check_config_dir(variant: Variant, config_dir: Path) -> None:
    hint = f"Copy it from {variant.base} on the Hugging Face hub into that folder."
    if not (config_dir / "config.json").is_file():
        raise ScoringError(f"{config_dir} has no config.json", code="scoring.weights_missing", hint=hint)
    if not any(all((config_dir / file).is_file() for file in files) for files in TOKENIZER_FILES):
        raise ScoringError(
            f"{config_dir} has no tokenizer files",
            code="scoring.weights_missing",
            hint=hint.replace("it", "tokenizer.json", 1),
        )


def listed_hash(checkpoint: Path) -> str | None:
    """SHA-256 that a `SHA256SUMS` beside the checkpoint gives for it."""
    sums = checkpoint.parent / SUMS_FILE
    if not sums.is_file():
        return None
    for line in sums.read_text(encoding="utf-8", errors="replace").splitlines():
        match = re.fullmatch(r"([0-9a-fA-F]{64}) [ *](?:\./)?(.+)", line.strip())
        if match and match[2] == checkpoint.name:
            return match[1].lower()
    return None


def verify(weights: Weights, *, sha256: str | None = None, trust: bool = False) -> str:
    """Checks that a checkpoint is the file it claims to be.

    What vouches for it, first found: `sha256`, a `SHA256SUMS` file beside it, the hash in the published name, `trust`.

    Args:
        weights: What was found.
        sha256: All 64 hex digits, from somewhere other than the file's own source.
        trust: Take a file that nothing vouches for. It is still loaded without running code from it.

    Returns:
        The file's SHA-256, 64 hex digits.

    Raises:
        ScoringError: The hash differs, or nothing vouches for the file.
    """
    path = weights.checkpoint
    try:
        with path.open("rb") as file:
            actual = hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise ScoringError(
            f"the checkpoint {path} can't be read: {error.strerror}",
            code="scoring.weights_unreadable",
            hint="Check the file's permissions and the disk.",
        ) from error
    expected = sha256.lower() if sha256 else listed_hash(path)
    if expected is None and path.name == weights.variant.file_name and not trust:
        expected = weights.variant.hash_prefix
    if expected is None and not trust:
        raise ScoringError(
            f"nothing vouches for the checkpoint {path}: it isn't one that Detoxify published",
            code="scoring.weights_unknown",
            hint=f"If it is yours, run `sha256sum *.ckpt > {SUMS_FILE}` in its folder. Its SHA-256 now is {actual}.",
        )
    if expected is not None and (not actual.startswith(expected) or (sha256 and len(expected) != len(actual))):
        raise ScoringError(
            f"the checkpoint {path} isn't the file it should be: SHA-256 {actual[:12]}..., expected {expected[:12]}...",
            code="scoring.weights_hash",
            hint=f"The file is damaged: `moderator models fetch {weights.variant.name}` gets the published one.",
        )
    return actual
