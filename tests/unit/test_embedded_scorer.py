"""The shipped weights and what stands around them."""

import itertools
import json
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from moderator.domain.score import Label, SpanRole
from moderator.errors import ScoringError
from moderator.scoring.base import Scorer, ScoreRequest
from moderator.scoring.embedded import EmbeddedScorer
from moderator.scoring.embedded.scorer import WEIGHTS
from moderator.scoring.embedded.weights import checksum_path, read_weights, write_weights
from moderator.scoring.training.report import as_tables

KIND = [
    "Thank you for this thoughtful article, I learned a lot.",
    "The council meets on Tuesday to vote on the new bus lane.",
    "I agree with most of this, but the second paragraph needs a source.",
    "What a match! The keeper saved three penalties.",
]
VILE = [
    "You are a fucking idiot and everyone hates you.",
    "Shut up you stupid piece of shit.",
    "Go kill yourself, you worthless moron.",
    "What a pathetic loser, you disgusting retard.",
]


@pytest.fixture(scope="module")
def scorer():
    return EmbeddedScorer()


def score(scorer, *texts, language=None):
    return scorer.score([ScoreRequest(text, language) for text in texts])


def test_it_keeps_the_protocol(scorer):
    assert isinstance(scorer, Scorer)
    assert scorer.identity.name == "embedded"
    assert scorer.identity.version.count(".") == 2
    assert scorer.identity.weights_hash == checksum_path(WEIGHTS).read_text()[:12]
    assert scorer.labels == set(Label) - {Label.SEXUAL_EXPLICIT, Label.COLLECTIVE_BLAME}
    assert scorer.score([]) == []


def test_kind_comments_stay_below_and_vile_ones_above_the_middle(scorer):
    for text, result in zip(KIND, score(scorer, *KIND), strict=True):
        assert max(result.scores.values()) < 0.5, text
        assert not result.spans
    for text, result in zip(VILE, score(scorer, *VILE), strict=True):
        assert result.scores[Label.TOXICITY] > 0.8, text


def test_each_label_tells_its_own_cases_from_others(scorer):
    threat, insult, slur = score(
        scorer, "I will kill you tonight", "you are a stupid idiot", "I hate all those filthy Jews"
    )
    assert threat.scores[Label.THREAT] > insult.scores[Label.THREAT]
    assert insult.scores[Label.INSULT] > threat.scores[Label.INSULT]
    assert slur.scores[Label.IDENTITY_ATTACK] > 0.5 > insult.scores[Label.IDENTITY_ATTACK]
    assert slur.extra["hate"] > insult.extra["hate"]


def test_case_and_punctuation_change_nothing(scorer):
    plain, loud = score(scorer, "you are a stupid liar", "You are... a STUPID liar!!!")
    assert plain.scores == loud.scores


def test_a_worse_comment_scores_higher(scorer):
    mild, worse, worst = score(
        scorer, "your idea is bad", "your stupid idea is bad", "your fucking stupid idea is shit"
    )
    assert mild.scores[Label.TOXICITY] < worse.scores[Label.TOXICITY] < worst.scores[Label.TOXICITY]


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("Ты просто идиот, убирайся отсюда и больше не пиши", "ru"),
        ("Слава Україні, ми обов'язково переможемо у цій війні", "uk"),  # noqa: RUF001 - Ukrainian
        ("Das ist wirklich ein sehr dummer Kommentar, und der Autor hat keine Ahnung von der Sache", "de"),
    ],
)
def test_a_language_that_was_not_learned_is_not_scored(scorer, text, code):
    (result,) = score(scorer, text)
    assert result.language == code
    assert result.scores.keys() == scorer.labels
    assert set(result.scores.values()) == {None}
    assert not result.spans


def test_what_the_source_says_of_the_language_counts_unless_the_text_plainly_speaks_another(scorer):
    short, plain = score(scorer, "hallo", "you are all so kind and I thank you for that", language="de")
    assert (short.language, set(short.scores.values())) == ("de", {None})
    assert plain.language == "en"
    assert plain.scores[Label.TOXICITY] is not None
    (untold,) = score(scorer, "hallo", language="und")
    assert untold.scores[Label.TOXICITY] is not None, "`und` says nothing"


def test_short_latin_text_is_scored(scorer):
    assert all(result.scores[Label.TOXICITY] is not None for result in score(scorer, "lol", "ok", "🤮", ""))


def test_a_disguised_word_is_found_and_the_gain_told(scorer):
    disguised, plain = score(scorer, "you are such an 1d10t and a f u c k i n g liar", "you are such an idiot")
    assert disguised.scores[Label.TOXICITY] > 0.5
    assert disguised.extra["folded_delta"] > 0
    assert "folded_delta" not in plain.extra


def test_spans_are_few_inside_the_text_and_name_the_words(scorer):
    text = "🙂 I read the article twice, and you are a fucking idiot. Have a nice day, see you on Monday."
    (result,) = score(scorer, text)
    flagged = {label for label, value in result.scores.items() if value >= 0.5}
    assert {span.label for span in result.spans} == flagged
    for label in flagged:
        spans = [span for span in result.spans if span.label is label]
        assert 1 <= len(spans) <= 4
        assert all(before.end <= after.start for before, after in itertools.pairwise(spans))
    assert all(span.role is SpanRole.TOXIC and span.weight > 0 and span.end <= len(text) for span in result.spans)
    found = " ".join(text[span.start : span.end] for span in result.spans if span.label is Label.TOXICITY)
    assert "idiot" in found
    assert "fucking" in found
    assert "Monday" not in found


def test_spans_of_disguised_words_stand_on_the_raw_text(scorer):
    text = "well, you f\u200bu\u200bc\u200bk\u200bi\u200bng idiot"
    (result,) = score(scorer, text)
    toxic = [text[span.start : span.end] for span in result.spans if span.label is Label.TOXICITY]
    assert toxic
    assert any("f\u200bu" in piece for piece in toxic)


def test_a_long_comment_is_scored_to_its_end(scorer):
    long = "The weather was fine and we went for a walk. " * 400
    calm, angry = score(scorer, long, long + "You are a fucking idiot, you stupid piece of shit.")
    assert calm.scores[Label.TOXICITY] < angry.scores[Label.TOXICITY]
    assert all(span.end <= len(long) + 60 for span in angry.spans)


def test_one_at_a_time_or_together_in_any_thread_is_the_same(scorer):
    texts = KIND + VILE
    together = score(scorer, *texts)
    with ThreadPoolExecutor(4) as pool:
        alone = list(pool.map(lambda text: score(scorer, text)[0], texts * 3))
    for one, other in zip(alone, together * 3, strict=True):
        assert one.spans == other.spans
        assert one.scores == pytest.approx(other.scores, abs=2e-6)


def test_loading_and_scoring_import_numpy_and_little_else():
    code = (
        "import sys; from moderator.scoring.embedded import EmbeddedScorer; "
        "from moderator.scoring.base import ScoreRequest; "
        "EmbeddedScorer().score([ScoreRequest('you are an idiot and the article is about this')]); "
        "import os; print(' '.join({name.split('.')[0] for name in sys.modules}), os.environ['OPENBLAS_NUM_THREADS'])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    loaded = set(done.stdout.split())
    assert "numpy" in loaded
    assert "1" in loaded, "a second BLAS thread makes scoring slower"
    heavy = {
        "torch",
        "sklearn",
        "scipy",
        "onnxruntime",
        "tokenizers",
        "transformers",
        "pyarrow",
        "pandas",
        "sqlalchemy",
    }
    assert not heavy & loaded
    assert not {name for name in loaded if name.startswith("py3langid")}


def test_changed_weights_are_refused(tmp_path):
    copy = tmp_path / "embedded.safetensors"
    content = bytearray(WEIGHTS.read_bytes())
    content[len(content) // 2] ^= 1
    copy.write_bytes(content)
    checksum_path(copy).write_text(checksum_path(WEIGHTS).read_text())
    with pytest.raises(ScoringError, match="SHA-256") as refused:
        EmbeddedScorer(copy)
    assert refused.value.code == "scoring.weights_changed"
    assert refused.value.hint


def test_missing_weights_and_missing_checksum_are_refused(tmp_path):
    with pytest.raises(ScoringError, match="can't be read"):
        EmbeddedScorer(tmp_path / "none.safetensors")
    lonely = tmp_path / "lonely.safetensors"
    lonely.write_bytes(WEIGHTS.read_bytes())
    with pytest.raises(ScoringError, match="can't be read"):
        EmbeddedScorer(lonely)


def test_a_whole_file_that_holds_something_else_is_refused(tmp_path):
    other = tmp_path / "other.safetensors"
    write_weights(other, {}, {"version": "1.0.0"})
    with pytest.raises(ScoringError, match="is missing"):
        EmbeddedScorer(other)


def test_the_shipped_weights_say_where_they_come_from():
    about = read_weights(WEIGHTS).about
    assert {"version", "date", "data", "licence", "script", "seed", "metrics", "languages"} <= about.keys()
    assert WEIGHTS.stat().st_size < 8_000_000


@pytest.mark.parametrize("file", ["embedded.safetensors", "encoder.safetensors"])
def test_the_model_card_shows_the_measures_of_these_very_weights(file):
    metrics = json.loads(read_weights(WEIGHTS.with_name(file)).about["metrics"])
    card = (Path(__file__).parents[2] / "docs" / "model-card-embedded.md").read_text(encoding="utf-8")
    assert as_tables(metrics) in card


def test_company_changes_no_score(scorer):
    """200 comments at once are answered as one at a time, give or take one step of rounding, with the same evidence."""
    golden = [
        *KIND,
        *VILE,
        "",
        "?!",
        "The the the the the end of the end of the road.",
        "y0u are an 1d10t, and f u c k your m@tes",
        "Soooo stuuupid, what a LoSer @someone https://example.org/a_b",
        "Ты дурак, и все это знают",
        "Was für ein dummer Kommentar, du Trottel",
        "I said nobody is an idiot. " * 60,
    ]
    together = [golden[index % len(golden)] + " And so on." * (index // len(golden)) for index in range(200)]
    for text, result in zip(together, score(scorer, *together), strict=True):
        (alone,) = score(scorer, text)
        assert alone.language == result.language
        assert alone.scores == pytest.approx(result.scores, rel=0, abs=1.5e-6)
        assert alone.extra == pytest.approx(result.extra, rel=0, abs=1.5e-6)
        assert [(span.start, span.end, span.label) for span in alone.spans] == [
            (span.start, span.end, span.label) for span in result.spans
        ]
