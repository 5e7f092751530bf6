"""Synthetic comments for the benchmarks: seeded, endless, shaped like a news site's, written by nobody.

Lengths are log-normal (median 35 words, 90th percentile 126, at most 667), the figures that scoring was measured
with. About a third are replies, articles come and go, a few authors write most of it, six languages.

    python benchmarks/synthetic.py jsonl comments.jsonl 1000000
    python benchmarks/synthetic.py database desk.sqlite3 1000000
"""

# ruff: noqa: RUF001 - Cyrillic words are meant to be Cyrillic
# ruff: noqa: PLR2004 - rates and shares of an invented distribution, each used once

from __future__ import annotations

import argparse
import hashlib
import os
import random
import sqlite3
import sys
import time
from collections import defaultdict, deque
from collections.abc import Iterator
from itertools import accumulate, islice
from pathlib import Path
from typing import NamedTuple

import msgspec

from moderator.domain.policy import Threshold, risk

SOURCE = "synthetic"
END_MS = 1_793_491_200_000
"""2026-11-01T00:00:00Z: no synthetic comment is younger, so that two runs make the same file."""

_SPAN_MS = 180 * 86_400_000
_SECTIONS = ("world", "local", "sport", "politics")
_COMMENTS_PER_ARTICLE = 400
_OPEN_ARTICLES = 60
_THREAD_MEMORY = 40
_CORPUS_WORDS = 120_000
_LANGUAGES = ("en", "ru", "uk", "de", "fr", "es")
_LANGUAGE_WEIGHTS = (62, 14, 8, 8, 4, 4)
_LABELS = "toxicity severe_toxicity obscene threat insult identity_attack sexual_explicit collective_blame"

_WORDS = {
    "en": """the to a of and in is that it for was on you they with not this be are have at as we but from all so if
        what there who can about just would one people will more out up when time why only council money article road
        never should bus city because think town year every same know vote work still other nobody library teacher
        hospital match referee minister promise budget winter school bridge train house rent price water garden story
        thank question answer number honest true wrong shame idiot coward liar stupid decent neighbour yesterday
        tomorrow government opposition committee report evidence page written read listen wait again better worse""",
    "ru": """и в не на что я с а как это то по но все он они так за из у же мы вы от бы был только еще когда уже для
        вот до или если есть нет люди город время власть дорога почему никто всегда сейчас потом школа больница автобус
        вопрос ответ статья деньги мэр совет правда зима свет дом цена работа год день вчера завтра спасибо стыдно
        глупость автор читать знать думать сказать понимать ждать сосед врач учитель суд закон мост вода""",
    "uk": """і в не на що я з а як це то по але всі він вони так за із у ж ми ви від би був тільки ще коли вже для ось
        до або якщо є немає люди місто час влада дорога чому ніхто завжди зараз потім школа лікарня автобус питання
        відповідь стаття гроші міський рада правда зима світло дім ціна робота рік день учора завтра дякую соромно
        дурниця автор читати знати думати сказати розуміти чекати сусід лікар учитель суд закон міст вода""",
    "de": """die der und in zu den das nicht von sie ist des sich mit dem dass er es ein ich auf so eine auch als an
        nach wie im für man aber aus durch wenn nur war noch werden bei hat wir was wird sein einen welche sind oder
        Stadt Straße Geld Frage Antwort Artikel Schule Krankenhaus Bus Brücke Wasser Winter Haus Miete Preis Jahr
        gestern morgen warum niemand immer jetzt dumm Schande Minister Haushalt Bericht Seite lesen warten besser""",
    "fr": """de la le et les des en un du une que est pour qui dans a par plus pas au sur ne se ce il sont la avec son
        ils mais comme on tout nous sa fait été aussi leur bien peut ces y route ville argent question réponse article
        école hôpital bus pont eau hiver maison loyer prix année hier demain pourquoi personne toujours maintenant
        honte ministre budget rapport page lire attendre mieux grève""",
    "es": """de la que el en y a los se del las un por con no una su para es al lo como más o pero sus le ha me si sin
        sobre este ya entre cuando todo esta ser son dos también fue había era muy años hasta desde está mi porque qué
        calle ciudad dinero pregunta respuesta artículo escuela hospital autobús puente agua invierno casa alquiler
        precio ayer mañana nadie siempre ahora vergüenza ministro informe página leer esperar mejor""",
}


class Synthetic(NamedTuple):
    """One made-up comment. `number` counts from 0; `author` is 0 for the nameless guest."""

    number: int
    body: str
    article: int
    author: int
    guest: bool
    parent: int | None
    posted_at_ms: int
    likes: int
    dislikes: int
    language: str


class _Corpus:
    """A long text of one language, cut anywhere between two words in constant time."""

    def __init__(self, language: str, rng: random.Random) -> None:
        words = _WORDS[language].split()
        weights = list(accumulate(1.0 / (rank + 2) ** 0.8 for rank in range(len(words))))
        chosen = rng.choices(words, cum_weights=weights, k=_CORPUS_WORDS)
        sentence = 0
        for index, word in enumerate(chosen):
            if sentence == 0:
                chosen[index] = word.capitalize()
                sentence = rng.randint(3, 22)
            sentence -= 1
            if sentence == 0:
                chosen[index] += rng.choice((".", ".", ".", "!", "?", "...", ".\n\n"))
        self._starts = list(accumulate((len(word) + 1 for word in chosen), initial=0))
        self._text = " ".join(chosen) + " "

    def cut(self, start: int, words: int) -> str:
        return self._text[self._starts[start] : self._starts[start + words] - 1].strip() or "?"


def comments(count: int, seed: int = 1) -> Iterator[Synthetic]:
    """Yields `count` comments, oldest first, the same for the same seed and count."""
    rng = random.Random(seed)
    corpora = {language: _Corpus(language, rng) for language in _LANGUAGES}
    threads: defaultdict[int, deque[int]] = defaultdict(lambda: deque(maxlen=_THREAD_MEMORY))
    step_ms = _SPAN_MS // max(count, 1)
    for number in range(count):
        newest = number // _COMMENTS_PER_ARTICLE
        article = max(0, newest - int(rng.expovariate(1.0) * 6) % _OPEN_ARTICLES)
        thread = threads[article]
        parent = rng.choice(thread) if thread and rng.random() < 0.34 else None
        thread.append(number)
        threads.pop(newest - _OPEN_ARTICLES - 1, None)
        language = rng.choices(_LANGUAGES, _LANGUAGE_WEIGHTS)[0]
        words = min(max(int(rng.lognormvariate(3.555, 1.0)), 1), 667)
        guest = rng.random() < 0.45
        author = int(rng.paretovariate(0.6)) % 40_000 if not guest or rng.random() < 0.3 else 0
        yield Synthetic(
            number,
            corpora[language].cut(rng.randrange(_CORPUS_WORDS - 700), words),
            article,
            author,
            guest,
            parent,
            END_MS - _SPAN_MS + number * step_ms,
            int(rng.expovariate(0.12)),
            int(rng.expovariate(0.4)),
            language,
        )


def article_url(article: int) -> str:
    return f"https://example.org/{_SECTIONS[article % 4]}/story-{article}"


def article_title(article: int) -> str:
    return f"Story {article}: what the council, the street and the river said"


def author_name(comment: Synthetic) -> str:
    return f"reader_{comment.author}" if comment.author else "Guest"


def remote_id(number: int) -> str:
    return f"c{number:09d}"


def lines(count: int, seed: int = 1) -> Iterator[bytes]:
    """Yields the comments as JSONL in the shape that `moderator intake` takes, each with its line end."""
    encode = msgspec.json.Encoder().encode
    for comment in comments(count, seed):
        author: dict[str, object] = {"name": author_name(comment), "kind": "guest" if comment.guest else "registered"}
        if not comment.guest:
            author["id"] = str(comment.author)
        record: dict[str, object] = {
            "id": remote_id(comment.number),
            "text": comment.body,
            "article": {
                "url": article_url(comment.article),
                "title": article_title(comment.article),
                "section": _SECTIONS[comment.article % 4],
            },
            "author": author,
            "posted_at": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(comment.posted_at_ms // 1000)),
            "likes": comment.likes,
            "dislikes": comment.dislikes,
            "lang": comment.language,
        }
        if comment.parent is not None:
            record["parent_id"] = remote_id(comment.parent)
        yield encode(record) + b"\n"


def write_jsonl(path: Path, count: int, seed: int = 1) -> int:
    """Writes the lines to a file. Returns its size in bytes."""
    with path.open("wb", buffering=1 << 20) as out:
        out.writelines(lines(count, seed))
    return path.stat().st_size


class _Tables:
    """Fills the tables by plain SQL, a chunk at a time; ids count from 1 in the order of arrival."""

    def __init__(self, conn: sqlite3.Connection, *, scored: bool, seed: int) -> None:
        self._conn = conn
        self._scored = scored
        self._rng = random.Random(seed + 1)
        self._authors: dict[tuple[int, bool], int] = {}
        self._articles: set[int] = set()
        self._threshold = Threshold(review=0.5, priority=0.8)

    def add(self, chunk: tuple[Synthetic, ...]) -> None:
        authors, articles, rows, revisions, scores = [], [], [], [], []
        for comment in chunk:
            key = (comment.author, comment.guest)
            author = self._authors.get(key)
            if author is None:
                author = self._authors[key] = len(self._authors) + 1
                authors.append(self._author_row(author, comment))
            if comment.article not in self._articles:
                self._articles.add(comment.article)
                articles.append(self._article_row(comment))
            body_hash = hashlib.sha256(comment.body.encode()).digest()
            posted = comment.posted_at_ms
            revisions.append((comment.number + 1, 1, comment.body, body_hash, os.urandom(16), posted))
            toxicity = self._rng.betavariate(0.5, 3.5)
            rows.append(self._comment_row(comment, author, toxicity))
            if self._scored:
                scores.append(self._score_row(comment, toxicity))
        self._insert("article", "id source url title section first_seen_ms", articles)
        self._insert("author", "id source key name kind first_seen_ms", authors)
        self._insert(
            "comment",
            "id source remote_id article_id author_id parent_remote_id posted_at_ms received_at_ms likes dislikes"
            " language status revision scoring risk route lead_label lead_score",
            rows,
        )
        self._insert("revision", "comment_id number body content_hash salt seen_at_ms", revisions)
        self._insert(
            "scoreset",
            f"comment_id revision scorer version weights_hash language scored_at_ms labels {_LABELS}",
            scores,
        )

    def _insert(self, table: str, columns: str, rows: list[tuple[object, ...]]) -> None:
        names = columns.split()
        marks = ",".join("?" * len(names))
        self._conn.executemany(f"INSERT INTO {table} ({','.join(names)}) VALUES ({marks})", rows)

    @staticmethod
    def _author_row(author: int, comment: Synthetic) -> tuple[object, ...]:
        name = author_name(comment)
        key = f"guest:{name}" if comment.guest else f"id:{comment.author}"
        return (author, SOURCE, key, name, "guest" if comment.guest else "registered", comment.posted_at_ms)

    @staticmethod
    def _article_row(comment: Synthetic) -> tuple[object, ...]:
        article = comment.article
        section = _SECTIONS[article % 4]
        return (article + 1, SOURCE, article_url(article), article_title(article), section, comment.posted_at_ms)

    def _comment_row(self, comment: Synthetic, author: int, toxicity: float) -> tuple[object, ...]:
        pressure = risk(toxicity, self._threshold) if self._scored else 0.5
        return (
            comment.number + 1,
            SOURCE,
            remote_id(comment.number),
            comment.article + 1,
            author,
            None if comment.parent is None else remote_id(comment.parent),
            comment.posted_at_ms,
            comment.posted_at_ms,
            comment.likes,
            comment.dislikes,
            comment.language,
            "pending",
            1,
            "scored" if self._scored else "waiting",
            pressure,
            "priority" if pressure >= 0.8 else "review" if pressure >= 0.5 else "approve",
            "toxicity" if self._scored else None,
            toxicity if self._scored else None,
        )

    @staticmethod
    def _score_row(comment: Synthetic, toxicity: float) -> tuple[object, ...]:
        shares = (1.0, 0.1, 0.4, 0.05, 0.7, 0.2, 0.05)
        values = [round(toxicity * share, 4) for share in shares]
        scorer = ("synthetic", "1", "000000000000")
        return (comment.number + 1, 1, *scorer, comment.language, comment.posted_at_ms, _LABELS, *values, None)


def fill_database(db_path: Path, count: int, *, scored: bool = True, seed: int = 1) -> None:
    """Builds a database of `count` pending comments as fast as SQLite allows: no journal, indexes last.

    Args:
        db_path: File to create. An existing one is refused.
        count: Number of comments.
        scored: With a made-up score set and risk each; else all wait for a scorer.
        seed: Same seed and count, same comments.

    Raises:
        FileExistsError: `db_path` is there already.
    """
    from moderator.storage.engine import Database  # noqa: PLC0415 - writing JSONL needs no database

    if db_path.exists():
        raise FileExistsError(db_path)
    Database.open(f"sqlite:///{db_path}").close()
    with sqlite3.connect(db_path, isolation_level=None) as conn:
        conn.execute("PRAGMA journal_mode=OFF")
        conn.execute("PRAGMA synchronous=OFF")
        conn.execute("PRAGMA locking_mode=EXCLUSIVE")
        tables = ("article", "author", "comment", "scoreset")
        places = ",".join("?" * len(tables))
        indexes = conn.execute(
            f"SELECT name, sql FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL AND tbl_name IN ({places})",
            tables,
        ).fetchall()
        for name, _ in indexes:
            conn.execute(f'DROP INDEX "{name}"')
        writer = _Tables(conn, scored=scored, seed=seed)
        made = comments(count, seed)
        while chunk := tuple(islice(made, 10_000)):
            conn.execute("BEGIN")
            writer.add(chunk)
            conn.execute("COMMIT")
        for _, sql in indexes:
            conn.execute(sql)
        if scored:
            # As scoring leaves it: the words of every text are in the index.
            conn.execute("INSERT INTO comment_text(rowid, body) SELECT comment_id, body FROM revision")
            conn.execute("UPDATE comment SET indexed_revision = 1")
        conn.execute("PRAGMA optimize")
        conn.execute("PRAGMA locking_mode=NORMAL")
        conn.execute("PRAGMA journal_mode=WAL")
    conn.close()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=("jsonl", "database"))
    parser.add_argument("path", type=Path)
    parser.add_argument("count", type=int)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--unscored", action="store_true", help="leave all comments waiting for a scorer")
    given = parser.parse_args()
    start = time.perf_counter()
    if given.what == "jsonl":
        write_jsonl(given.path, given.count, given.seed)
    else:
        fill_database(given.path, given.count, scored=not given.unscored, seed=given.seed)
    size_mb = given.path.stat().st_size / 1e6
    print(f"{given.count:,} comments, {size_mb:,.0f} MB in {time.perf_counter() - start:.1f} s", file=sys.stderr)


if __name__ == "__main__":
    main()
