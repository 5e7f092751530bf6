"""Detoxify's model itself: a checkpoint made into a network, and token windows run through it.

Importing this imports torch. Only the scoring process does.
"""

from __future__ import annotations

import pickle
import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from moderator.errors import ScoringError
from moderator.scoring.detoxify_windows import CPU_BUCKET_TOKENS, MAX_TOKENS, TokenShape, WindowedNetwork

with warnings.catch_warnings():
    # What these packages warn of at import is theirs to mend, and stderr belongs to whoever started us.
    warnings.simplefilter("ignore")
    import torch
    import transformers

_MODELS = frozenset(
    {
        "BertForSequenceClassification",
        "RobertaForSequenceClassification",
        "XLMRobertaForSequenceClassification",
        "AlbertForSequenceClassification",
    }
)
_TOKENIZERS = frozenset(
    name + suffix
    for name in ("BertTokenizer", "RobertaTokenizer", "XLMRobertaTokenizer", "AlbertTokenizer")
    for suffix in ("", "Fast")
)
"""The only classes a checkpoint may name: it is data, and data doesn't choose what runs."""

_GPU_BUCKET_TOKENS = 16_384
"""Padded tokens in one forward pass: a GPU wants to be filled."""

_RENAMED = {"toxic": "toxicity", "severe_toxic": "severe_toxicity", "identity_hate": "identity_attack"}
"""Class names of the older checkpoints in today's words. Source: detoxify 0.5.4, `load_checkpoint`."""

_IDENTITY_CLASSES = (
    "male",
    "female",
    "homosexual_gay_or_lesbian",
    "christian",
    "jewish",
    "muslim",
    "black",
    "white",
    "psychiatric_or_mental_illness",
)
"""What logits 7..15 stand for where a checkpoint doesn't say. Source: detoxify, configs/Unintended_bias_*.json."""


@dataclass(frozen=True, slots=True)
class _Contents:
    """What a checkpoint says of itself, checked."""

    model_name: str
    tokenizer_name: str
    classes: tuple[str, ...]
    logit_count: int
    state: dict[str, Any]


class DetoxifyModel(WindowedNetwork):
    """A checkpoint in memory, ready to score.

    Attributes:
        classes: One name per logit, in the checkpoint's own order, in today's words.
        device: Where it runs: `cpu`, `cuda` or `mps`.
    """

    def __init__(self, checkpoint: Path, config_dir: Path, device: str = "auto") -> None:
        where = pick_device(device)
        contents = _read(checkpoint)
        self._model, self._tokenizer = _build(contents, config_dir, checkpoint)
        self._model.to(where).eval()
        config = self._model.config
        # RoBERTa counts positions from behind the padding index: 514 places hold 512 tokens.
        offset = config.pad_token_id + 1 if "Roberta" in contents.model_name else 0
        # Every one of the four puts one token before the text and one behind it.
        first, last = cast("list[int]", self._tokenizer("")["input_ids"])
        shape = TokenShape(
            min(MAX_TOKENS, config.max_position_embeddings - offset), int(config.pad_token_id or 0), first, last
        )
        budget = CPU_BUCKET_TOKENS if where == "cpu" else _GPU_BUCKET_TOKENS
        super().__init__(contents.classes, where, shape, budget)

    def _encode(self, texts: list[str]) -> list[list[int]]:
        return cast(
            "list[list[int]]",
            self._tokenizer(texts, add_special_tokens=False, truncation=False, verbose=False)["input_ids"],
        )

    def save_tokenizer(self, path: Path) -> None:
        """Writes the tokenizer in the form that works without transformers."""
        self._tokenizer.backend_tokenizer.save(str(path))

    def exportable(self) -> tuple[Any, tuple[Any, Any]]:
        """The network for an export, from token ids and mask to probabilities, and an example of its input."""
        self._model.set_attn_implementation("eager")  # the tracer would freeze the other kind to the example's length
        ids = torch.tensor([[self._first, *[self._first] * 5, self._last], [self._first, self._last, *[self._pad] * 5]])
        mask = torch.tensor([[1] * 7, [1, 1, *[0] * 5]])
        return _Probabilities(self._model).eval(), (ids, mask)

    def _forward(self, pieces: list[list[int]]) -> list[tuple[float, ...]]:
        longest = max(map(len, pieces))
        padding = [longest - len(ids) for ids in pieces]
        with torch.inference_mode():
            ids = torch.tensor([ids + [self._pad] * gap for ids, gap in zip(pieces, padding, strict=True)])
            mask = torch.tensor([[1] * (longest - gap) + [0] * gap for gap in padding])
            logits = self._model(input_ids=ids.to(self.device), attention_mask=mask.to(self.device)).logits
            values: Any = torch.sigmoid(logits).cpu()
        return [tuple(row) for row in cast("list[list[float]]", values.tolist())]


class _Probabilities(torch.nn.Module):
    """The network with the logistic function at its end."""

    def __init__(self, model: Any) -> None:
        super().__init__()
        self.model = model

    def forward(self, input_ids: Any, attention_mask: Any) -> Any:
        return torch.sigmoid(self.model(input_ids=input_ids, attention_mask=attention_mask).logits)


def use_threads(count: int | None) -> None:
    """Sets how many CPU threads torch uses for one text; `None` leaves torch's choice (the physical cores)."""
    if count is not None:
        torch.set_num_threads(count)


def pick_device(wanted: str) -> str:
    """The device to run on.

    Args:
        wanted: `auto` takes CUDA, then MPS, then the CPU; or one of `cpu`, `cuda`, `cuda:1`, `mps`.

    Raises:
        ScoringError: That device isn't here.
    """
    cuda, mps = torch.cuda.is_available(), torch.backends.mps.is_available()
    if wanted == "auto":
        return "cuda" if cuda else "mps" if mps else "cpu"
    here = {"cpu": True, "cuda": cuda, "mps": mps}.get(wanted.split(":", maxsplit=1)[0], False)
    if not here:
        raise ScoringError(
            f"the device {wanted!r} isn't available to torch here",
            code="scoring.device",
            hint="Use `auto` or `cpu`, or install a torch build for that device.",
        )
    return wanted


def _read(checkpoint: Path) -> _Contents:
    """Reads a checkpoint without running anything it carries."""
    try:
        loaded = torch.load(checkpoint, map_location="cpu", weights_only=True)
        arch, data = loaded["config"]["arch"]["args"], loaded["config"]["dataset"]["args"]
        named = [_RENAMED.get(str(name), str(name)) for name in data["classes"]]
        named += [str(name) for name in data.get("identity_classes") or ()]
        count = int(arch["num_classes"])
        model_name, tokenizer_name = str(arch["model_name"]), str(arch["tokenizer_name"])
        state = dict(loaded["state_dict"])
    except (pickle.UnpicklingError, RuntimeError, EOFError) as error:
        raise _bad(checkpoint, "it holds more than weights, or breaks off", "scoring.checkpoint_unsafe") from error
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise _bad(checkpoint, "it isn't in Detoxify's format (config and state_dict)") from error
    if model_name not in _MODELS or tokenizer_name not in _TOKENIZERS:
        raise _bad(checkpoint, f"it asks for {model_name} with {tokenizer_name}, which no published Detoxify does")
    named += [name for name in _IDENTITY_CLASSES if name not in named][: max(0, count - len(named))]
    if len(named) < count:
        raise _bad(checkpoint, f"it has {count} outputs and names only {len(named)}")
    return _Contents(model_name, tokenizer_name, tuple(named[:count]), count, state)


def _build(contents: _Contents, config_dir: Path, checkpoint: Path) -> tuple[Any, Any]:
    """Detoxify's own way to a model, but from local files, and refusing a head that isn't in the checkpoint."""
    transformers.utils.logging.set_verbosity_error()
    transformers.utils.logging.disable_progress_bar()
    model_class: Any = getattr(transformers, contents.model_name)
    tokenizer_class: Any = getattr(transformers, contents.tokenizer_name)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            config = model_class.config_class.from_pretrained(
                config_dir, num_labels=contents.logit_count, local_files_only=True
            )
            tokenizer = tokenizer_class.from_pretrained(config_dir, local_files_only=True)
        except (OSError, ValueError, TypeError, KeyError) as error:
            raise ScoringError(
                f"the config or tokenizer in {config_dir} can't be used: {type(error).__name__}",
                code="scoring.config_dir",
                hint="Copy config.json and the tokenizer files of the base model there again, all from one release.",
            ) from error
        try:
            model, report = model_class.from_pretrained(
                None, config=config, state_dict=contents.state, output_loading_info=True
            )
        except (RuntimeError, ValueError) as error:
            raise _bad(checkpoint, f"its weights don't fit the config in {config_dir}") from error
    wrong = sorted(map(str, [*report["missing_keys"], *report.get("mismatched_keys", ())]))
    if wrong:
        raise _bad(checkpoint, f"it lacks {len(wrong)} weights that the model needs, {wrong[0]} among them")
    return model.float(), tokenizer


def _bad(checkpoint: Path, why: str, code: str = "scoring.checkpoint") -> ScoringError:
    return ScoringError(
        f"the checkpoint {checkpoint} can't be used: {why}",
        code=code,
        hint="Fetch the published file again; for one of your own, save {'config', 'state_dict'} as Detoxify does.",
    )
