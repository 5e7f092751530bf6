"""Full-size Detoxify networks with random weights: they say nothing, but take as long as trained ones to say it.

So engines can be compared on a machine that has no weights. Writing one imports torch.
"""

from __future__ import annotations

import hashlib
import re
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from moderator.scoring.detoxify_weights import SUMS_FILE, variant_named

_SIX = ("toxicity", "severe_toxicity", "obscene", "threat", "insult", "identity_attack")
_SEVEN = ("toxicity", "severe_toxicity", "obscene", "identity_attack", "insult", "threat", "sexual_explicit")
_BASE = {
    "bert-base-uncased": ("Bert", {"vocab_size": 30_522}),
    "roberta-base": ("Roberta", {"vocab_size": 50_265, "max_position_embeddings": 514, "type_vocab_size": 1}),
    "xlm-roberta-base": ("XLMRoberta", {"vocab_size": 250_002, "max_position_embeddings": 514, "type_vocab_size": 1}),
    "albert-base-v2": (
        "Albert",
        {"vocab_size": 30_000, "hidden_size": 768, "num_attention_heads": 12, "intermediate_size": 3_072},
    ),
}
"""What each base model's config says that isn't its class's default. Source: their config.json on the hub."""

_SPECIAL = {
    "Bert": ("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"),
    "Roberta": ("<s>", "<pad>", "</s>", "<unk>", "<mask>"),
    "XLMRoberta": ("<s>", "<pad>", "</s>", "<unk>"),
    "Albert": ("<pad>", "<unk>", "[CLS]", "[SEP]", "[MASK]"),
}
_WORD_BEGINS = "\u2581"


def write_random(variant: str, folder: Path, texts: Sequence[str], seed: int = 1) -> Path:
    """Writes a folder as an operator fills it, with a full-size network that nobody trained.

    Args:
        variant: Which architecture.
        folder: Where to; it is made.
        texts: The tokenizer is made to know their words, so that they have about as many tokens as they would have.
        seed: Of the weights.

    Returns:
        The checkpoint. A `SHA256SUMS` beside it vouches for it.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import torch  # noqa: PLC0415 - heavy, and for nobody else
        import transformers  # noqa: PLC0415 - as above
    kind, shape = _BASE[variant_named(variant).base]
    classes = _SIX if variant.startswith("original") else _SEVEN
    logits = len(classes) if classes is _SIX else 16
    folder.mkdir(parents=True, exist_ok=True)
    _write_tokenizer(kind, folder, texts)
    library: Any = transformers
    config = getattr(library, f"{kind}Config")(**shape)
    config.save_pretrained(folder)
    config.num_labels = logits
    randomness: Any = torch.random
    randomness.manual_seed(seed)
    network = getattr(library, f"{kind}ForSequenceClassification")(config)
    arch = {
        "num_classes": logits,
        "model_type": str(folder),
        "model_name": f"{kind}ForSequenceClassification",
        "tokenizer_name": f"{kind}Tokenizer",
    }
    contents = {"arch": {"args": arch}, "dataset": {"args": {"classes": list(classes)}}}
    checkpoint = folder / f"random-{variant}.ckpt"
    torch.save({"config": contents, "state_dict": dict(network.state_dict())}, checkpoint)
    with checkpoint.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    (folder / SUMS_FILE).write_text(f"{digest}  {checkpoint.name}\n", encoding="utf-8")
    return checkpoint


def _write_tokenizer(kind: str, folder: Path, texts: Sequence[str]) -> None:
    """A small vocabulary of the base model's sort, in which each word of the texts is one token or a few."""
    special = _SPECIAL[kind]
    letters = sorted({char for text in texts for char in text.lower() if not char.isspace()})
    words = sorted({word for text in texts for word in re.findall(r"\w+", text.lower())})
    if kind == "Bert":
        known = dict.fromkeys([*special, *letters, *(f"##{char}" for char in letters), *words])
        (folder / "vocab.txt").write_text("\n".join(known), encoding="utf-8")
    elif kind == "Roberta":
        from tokenizers import ByteLevelBPETokenizer  # noqa: PLC0415 - only where a network is written

        learned: Any = ByteLevelBPETokenizer()
        learned.train_from_iterator(
            texts, vocab_size=5_000, min_frequency=1, show_progress=False, special_tokens=list(special)
        )
        learned.save_model(str(folder))
    else:
        import transformers  # noqa: PLC0415 - as above

        pieces = dict.fromkeys([*special, _WORD_BEGINS, *letters, *(_WORD_BEGINS + word for word in words)])
        vocabulary = [(piece, 0.0 if piece in special else -9.0) for piece in pieces]
        vocabulary += [("<mask>", 0.0)] if kind == "XLMRoberta" else []
        library: Any = transformers
        getattr(library, f"{kind}Tokenizer")(vocab=vocabulary).save_pretrained(folder)
        # It would tie the folder to this version of the library.
        (folder / "tokenizer_config.json").unlink()
