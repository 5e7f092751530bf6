"""A past with a known truth for the benchmarks and tests of tuning: seeded, made of arrays, about nobody.

Each comment has a hidden harm. What a person decides and what a scorer says both follow from it, with noise; so how
good a policy is can be counted exactly, also where nobody looked.
"""

from __future__ import annotations

import math
import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from moderator.domain.policy import Policy, Threshold
from moderator.domain.score import Label, ScorerId
from moderator.services.tuning.history import UNKNOWN, History, places_of
from moderator.services.tuning.replay import Replay
from moderator.storage.engine import Database
from moderator.storage.history_rows import PastComments
from moderator.storage.score_matrix import LABELS, ScoredComments

SCORER = ScorerId("synthetic", "1", "0" * 12)
END_MS = 1_793_491_200_000
"""2026-11-01T00:00:00Z."""

POLICY = Policy(
    {
        Label.TOXICITY: Threshold(0.5, 0.85),
        Label.INSULT: Threshold(0.6, 0.9),
        Label.THREAT: Threshold(0.35, 0.65),
        Label.IDENTITY_ATTACK: Threshold(0.4, 0.7),
    }
)
"""What was in force."""

_DAYS = 180
_SECTIONS = ("world", "local", "sport", "politics")
_LANGUAGES = ("en", "ru", "uk", "de")
_STRENGTH = (1.0, 0.4, 0.6, 0.35, 0.9, 0.5, 0.2, 0.4)
"""How much of the harm each label sees."""


@dataclass(frozen=True, slots=True, eq=False)
class Synthetic:
    """A past, and what nobody in it knew.

    Attributes:
        truth: Whether a person would reject each comment, shape `(comments,)`.
    """

    history: History
    truth: NDArray[np.bool_]


def synthetic_history(
    count: int, seed: int = 1, *, reviewed_below: float = 1.0, audit_share: float = 0.0, policy: Policy = POLICY
) -> Synthetic:
    """Makes a past.

    Args:
        count: Comments.
        seed: Same seed and count, same past.
        reviewed_below: Share of what the policy would let through that people looked at all the same, the riskiest of
            it first: that is how queues are worked off.
        audit_share: Share of it that was drawn at random and looked at.
        policy: What was in force.
    """
    dice = np.random.default_rng(seed)
    harm = dice.normal(-2.4, 1.6, count)
    truth = dice.random(count) < 1 / (1 + np.exp(-(1.6 * harm + dice.normal(0, 0.6, count))))
    scores = np.empty((count, len(LABELS)), order="F")
    for at, strength in enumerate(_STRENGTH):
        scores[:, at] = 1 / (1 + np.exp(-(strength * harm * 1.3 + dice.normal(0, 0.9, count) - 1.2 * (1 - strength))))
    scores[dice.random(count) < 0.05, LABELS.index(Label.COLLECTIVE_BLAME)] = np.nan  # noqa: PLR2004 - no such language
    past = _past(count, dice)
    comments = ScoredComments(past.ids, np.round(scores, 4), *places_of(past), past.failed)
    replay = Replay(comments)
    below = replay.nothing(policy)
    seen = ~below
    riskiest = np.flatnonzero(below)[np.argsort(-replay.risks(policy, np.flatnonzero(below)), kind="stable")]
    seen[riskiest[: round(reviewed_below * len(riskiest))]] = True
    past.audited[below & (dice.random(count) < audit_share)] = True
    seen |= past.audited
    past.outcome[:] = np.where(seen, truth, UNKNOWN)
    past.decided_at_ms[seen] = past.posted_at_ms[seen] + 600_000
    past.seconds_open[seen] = dice.gamma(2.0, 6.0, int(seen.sum()))
    return Synthetic(History(comments, past, dict.fromkeys(LABELS, SCORER)), truth)


def _past(count: int, dice: np.random.Generator) -> PastComments:
    ids = np.arange(1, count + 1, dtype=np.int64)
    step_ms = _DAYS * 86_400_000 / max(count, 1)
    return PastComments(
        ids=ids,
        revisions=np.ones(count, dtype=np.int64),
        posted_at_ms=(END_MS - _DAYS * 86_400_000 + ids * step_ms).astype(np.int64),
        failed=dice.random(count) < 0.001,  # noqa: PLR2004 - a scorer's bad days
        outcome=np.full(count, UNKNOWN, dtype=np.int8),
        decided_at_ms=np.zeros(count, dtype=np.int64),
        seconds_open=np.full(count, np.nan),
        audited=np.zeros(count, dtype=np.bool_),
        batch=np.zeros(count, dtype=np.bool_),
        section_of=dice.integers(0, len(_SECTIONS), count).astype(np.int32),
        sections=_SECTIONS,
        source_of=np.zeros(count, dtype=np.int32),
        sources=("site",),
        language_of=dice.choice(len(_LANGUAGES), count, p=(0.7, 0.15, 0.1, 0.05)).astype(np.int32),
        languages=_LANGUAGES,
    )


def write_database(path: Path, made: Synthetic) -> None:
    """Writes a past into a new SQLite file by plain SQL, to time how it is read. Its log's hashes are no hashes.

    Raises:
        FileExistsError: The file is there already.
    """
    if path.exists():
        raise FileExistsError(path)
    Database.open(f"sqlite:///{path}").close()
    past, scores = made.history.past, made.history.comments.scores
    with closing(sqlite3.connect(path, isolation_level=None)) as conn:
        conn.execute("PRAGMA synchronous=OFF")
        conn.execute("BEGIN")
        conn.execute(
            "INSERT INTO author (id, source, key, name, kind, first_seen_ms) VALUES (1, 'site', 'k', 'n', 'guest', 0)"
        )
        _insert(
            conn,
            "article id source url title section first_seen_ms",
            ((at + 1, "site", f"https://example.org/{name}", name, name, 0) for at, name in enumerate(past.sections)),
        )
        ids, posted = past.ids.tolist(), past.posted_at_ms.tolist()
        sections, languages = past.section_of.tolist(), [past.languages[at] for at in past.language_of.tolist()]
        failed = past.failed.tolist()
        speakers = [(number, 1, SCORER.name, SCORER.version, SCORER.weights_hash) for number in ids]
        _insert(
            conn,
            "comment id source remote_id article_id author_id posted_at_ms received_at_ms likes dislikes language"
            " status revision scoring risk route",
            (
                (
                    number,
                    "site",
                    f"c{number}",
                    section + 1,
                    1,
                    at,
                    at,
                    0,
                    0,
                    language,
                    "pending",
                    1,
                    state,
                    0.5,
                    "review",
                )
                for number, at, section, language, state in zip(
                    ids, posted, sections, languages, ("failed" if one else "scored" for one in failed), strict=True
                )
            ),
        )
        _insert(
            conn,
            "revision comment_id number body content_hash salt seen_at_ms",
            ((number, 1, f"What comment {number} says of the bridge.", b"", b"", 0) for number in ids),
        )
        _insert(
            conn,
            "scoreset comment_id revision scorer version weights_hash language scored_at_ms labels " + " ".join(LABELS),
            (
                (*speaker, "en", at, " ".join(LABELS), *(None if math.isnan(score) else score for score in row))
                for speaker, at, row in zip(speakers, posted, scores.tolist(), strict=True)
            ),
        )
        _insert(conn, _DECISION, _decisions(past))
        conn.execute("COMMIT")


_DECISION = (
    "decision seq decision_id decided_at_ms actor_kind moderator comment_id source section remote_id article_url"
    " revision content_digest author_ref posted_at_ms action previous_status new_status scorers thresholds risk route"
    " rule config_hash app_version revealed seconds_open prev_hash row_hash"
)


def _decisions(past: PastComments) -> Iterator[tuple[object, ...]]:
    for seq, row in enumerate(np.flatnonzero(past.outcome != UNKNOWN).tolist(), 1):
        number, rejected = int(past.ids[row]), past.outcome[row] == 1
        action, status = ("reject", "rejected") if rejected else ("approve", "approved")
        rule = "audit 0.02" if past.audited[row] else ""
        at, posted = int(past.decided_at_ms[row]), int(past.posted_at_ms[row])
        where = ("site", "", f"c{number}", "https://example.org/", 1, "", "", posted)
        scored = ("[]", "{}", 0.5, "review", rule, "0" * 12, "0", 0, float(past.seconds_open[row]), "", "")
        yield (seq, str(seq), at, "human", "anna", number, *where, action, "pending", status, *scored)


def _insert(conn: sqlite3.Connection, table: str, rows: Iterable[tuple[object, ...]]) -> None:
    name, *columns = table.split()
    marks = ",".join("?" * len(columns))
    conn.executemany(f"INSERT INTO {name} ({','.join(columns)}) VALUES ({marks})", rows)
