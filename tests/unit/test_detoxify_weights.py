"""Finding Detoxify's files and vouching for them, without torch."""

import hashlib

import pytest

from moderator.errors import ScoringError
from moderator.scoring.detoxify_weights import VARIANTS, find_weights, variants_on_disk, verify


def fill(models, variant, *, name=None, tokenizer=("tokenizer.json",), content=b"weights", sums=True):
    folder = models / "detoxify" / variant
    folder.mkdir(parents=True, exist_ok=True)
    checkpoint = folder / (name or VARIANTS[variant].file_name)
    checkpoint.write_bytes(content)
    (folder / "config.json").write_text("{}", encoding="utf-8")
    for file in tokenizer:
        (folder / file).touch()
    if sums:
        digest = hashlib.sha256(content).hexdigest()
        (folder / "SHA256SUMS").write_text(f"{digest} *./{checkpoint.name}\n", encoding="utf-8")
    return checkpoint


def test_the_five_published_files_are_known_by_their_hash():
    assert {name: variant.hash_prefix for name, variant in VARIANTS.items()} == {
        "original": "c1212f89",
        "unbiased": "c7548aa0",
        "multilingual": "0b549669",
        "original-small": "0e1d6498",
        "unbiased-small": "c8519128",
    }


@pytest.mark.parametrize(
    "tokenizer",
    [
        ("tokenizer.json",),
        ("vocab.txt",),
        ("vocab.json", "merges.txt"),
        ("sentencepiece.bpe.model",),
        ("spiece.model",),
    ],
)
def test_a_whole_folder_is_found(tmp_path, tokenizer):
    checkpoint = fill(tmp_path, "unbiased", tokenizer=tokenizer)
    weights = find_weights("unbiased", models_dir=tmp_path)
    assert (weights.checkpoint, weights.config_dir) == (checkpoint, checkpoint.parent)
    assert variants_on_disk(tmp_path) == ["unbiased"]


def test_files_may_lie_elsewhere(tmp_path):
    checkpoint = fill(tmp_path / "a", "original", tokenizer=())
    config_dir = fill(tmp_path / "b", "original").parent
    assert find_weights("original", checkpoint=checkpoint, config_dir=config_dir).config_dir == config_dir
    with pytest.raises(ScoringError, match="no tokenizer files"):
        find_weights("original", checkpoint=checkpoint)


def test_what_is_missing_is_told_with_where_it_belongs(tmp_path):
    with pytest.raises(ScoringError, match="aren't on this machine") as caught:
        find_weights("multilingual", models_dir=tmp_path)
    assert caught.value.code == "scoring.weights_missing"
    for part in ("multilingual_debiased-0b549669.ckpt", "xlm-roberta-base", str(tmp_path / "detoxify/multilingual")):
        assert part in caught.value.hint
    checkpoint = fill(tmp_path, "multilingual")
    (checkpoint.parent / "config.json").unlink()
    with pytest.raises(ScoringError, match=r"no config\.json"):
        find_weights("multilingual", models_dir=tmp_path)
    with pytest.raises(ScoringError, match="isn't a file"):
        find_weights("multilingual", checkpoint=tmp_path / "nothing.ckpt")
    with pytest.raises(ScoringError, match="no folder was named"):
        find_weights("original")
    with pytest.raises(ScoringError, match="no variant 'huge'"):
        find_weights("huge", models_dir=tmp_path)


def test_half_a_tokenizer_is_none(tmp_path):
    fill(tmp_path, "unbiased", tokenizer=("vocab.json",))
    assert variants_on_disk(tmp_path) == []


def test_another_variant_s_checkpoint_is_not_taken(tmp_path):
    fill(tmp_path, "original", name=VARIANTS["unbiased"].file_name)
    with pytest.raises(ScoringError, match="is the checkpoint of Detoxify unbiased, not of original"):
        find_weights("original", models_dir=tmp_path)


def test_of_several_checkpoints_the_published_one_is_taken_or_none(tmp_path):
    fill(tmp_path, "original", name="mine.ckpt")
    fill(tmp_path, "original", name="other.ckpt")
    with pytest.raises(ScoringError, match="holds 2 checkpoints"):
        find_weights("original", models_dir=tmp_path)
    published = fill(tmp_path, "original")
    assert find_weights("original", models_dir=tmp_path).checkpoint == published


def test_variants_on_disk_come_in_the_order_of_preference_and_only_if_vouched_for(tmp_path):
    for variant in ("original-small", "original", "multilingual"):
        fill(tmp_path, variant, sums=False)
    fill(tmp_path, "unbiased", name="mine.ckpt", sums=False)
    assert variants_on_disk(tmp_path) == ["multilingual", "original", "original-small"]
    fill(tmp_path, "unbiased", name="mine.ckpt")
    assert variants_on_disk(tmp_path) == ["multilingual", "unbiased", "original", "original-small"]
    assert variants_on_disk(tmp_path / "nowhere") == []


def test_a_hash_must_fit_whoever_gave_it(tmp_path):
    checkpoint = fill(tmp_path, "original")
    weights = find_weights("original", models_dir=tmp_path)
    digest = hashlib.sha256(b"weights").hexdigest()
    assert verify(weights) == digest
    assert verify(weights, sha256=digest.upper()) == digest
    for wrong in ("0" * 64, digest[:8]):
        with pytest.raises(ScoringError, match="isn't the file it should be"):
            verify(weights, sha256=wrong)
    checkpoint.write_bytes(b"changed")
    with pytest.raises(ScoringError, match="isn't the file it should be"):
        verify(weights, trust=True)


def test_an_unknown_file_needs_somebody_s_word(tmp_path):
    fill(tmp_path, "original", name="mine.ckpt", sums=False)
    weights = find_weights("original", models_dir=tmp_path)
    digest = hashlib.sha256(b"weights").hexdigest()
    with pytest.raises(ScoringError, match="nothing vouches") as caught:
        verify(weights)
    assert digest in caught.value.hint
    assert verify(weights, trust=True) == verify(weights, sha256=digest) == digest


def test_a_file_that_cannot_be_read_is_told(tmp_path):
    weights = find_weights("original", checkpoint=fill(tmp_path, "original"))
    weights.checkpoint.unlink()
    with pytest.raises(ScoringError, match="can't be read"):
        verify(weights)
