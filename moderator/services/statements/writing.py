"""From rejections to statements: letters to authors, and files for the EU Transparency Database. Nothing is sent."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec

from moderator.domain.decision import REASONS
from moderator.domain.decision_log import DecisionFilter
from moderator.domain.policy import AUDIT_RULE
from moderator.services.export import replacing
from moderator.services.statements.letters import Letters
from moderator.services.statements.rules import MOST_AT_ONCE, category, problems, territory
from moderator.services.statements.scrub import scrub
from moderator.storage import statement_rows
from moderator.storage.engine import Database
from moderator.storage.statement_rows import Rejection

_SHIPPED = {reason.code: reason.title for reason in REASONS}


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """What an operator says of the site.

    Attributes:
        site: Its name.
        terms_url: Where its rules stand.
        contact: Where authors complain.
        dispute_body: A certified out-of-court dispute settlement body.
        territory: Countries that decisions are for; empty for all of the European Economic Area.
        visibility: What a rejection does, as the database calls it.
        categories: Reason codes that belong elsewhere than usual, with their category.
        language: What texts for the database are written in.
    """

    site: str = ""
    terms_url: str = ""
    contact: str = ""
    dispute_body: str = ""
    territory: tuple[str, ...] = ()
    visibility: str = "DECISION_VISIBILITY_CONTENT_REMOVED"
    categories: Mapping[str, str] = field(default_factory=dict[str, str])
    language: str = "en"


@dataclass(frozen=True, slots=True)
class Letter:
    """What an author is told.

    Attributes:
        language: That it's written in: the comment's, where there are texts.
    """

    seq: int
    decision_id: str
    source: str
    remote_id: str
    author_ref: str
    language: str
    text: str


@dataclass(slots=True)
class Written:
    """What came of writing statements.

    Attributes:
        statements: Those that the database would take.
        letters: Letters to authors.
        files: What was written.
        refused: Number of a decision to what the database would refuse in its statement.
    """

    statements: int = 0
    letters: int = 0
    files: list[Path] = field(default_factory=list[Path])
    refused: dict[int, list[str]] = field(default_factory=dict[int, list[str]])


class Statements:
    """Writes statements of reasons.

    Args:
        db: The database; closed by who opened it.
        letters: The texts.
        terms: What is said of the site.
    """

    def __init__(self, db: Database, letters: Letters, terms: Terms) -> None:
        self._db = db
        self._letters = letters
        self._terms = terms

    def letter(self, seq: int, language: str | None = None) -> Letter:
        """The letter about one rejection, in the comment's language unless another is asked for.

        Raises:
            ConfigError: A template is broken, or the language that is asked for has no texts.
            NotFoundError: That decision isn't a rejection by a person.
        """
        if language is not None:
            self._letters.check(language)
        with self._db.read() as conn:
            return self._letter(statement_rows.rejection(conn, seq), language)

    def statement(self, seq: int) -> dict[str, Any]:
        """What the EU Transparency Database is told of one rejection.

        Raises:
            ConfigError: A template is broken.
            NotFoundError: That decision isn't a rejection by a person.
        """
        with self._db.read() as conn:
            return self._statement(statement_rows.rejection(conn, seq))

    def write(self, wanted: DecisionFilter, folder: Path, progress: Callable[[int], None] | None = None) -> Written:
        """Writes files for the database, a hundred statements in each, and the letters as lines of JSON.

        Args:
            wanted: Which decisions; rejections by people that stand are taken.
            folder: Where to, there already.
            progress: Called now and then with the number of rejections that were read.

        Raises:
            ConfigError: A template is broken.
            ConnectorError: A file can't be written.
            StorageError: The database failed.
        """
        done = Written()
        batch: list[dict[str, Any]] = []
        letters = folder / "letters.jsonl"
        with self._db.read() as conn, replacing(letters) as out:
            for rejection in statement_rows.rejections(conn, wanted):
                letter = self._letter(rejection, None)
                out.write(json.dumps(asdict(letter), ensure_ascii=False) + "\n")
                done.letters += 1
                statement = self._statement(rejection)
                if refused := problems(statement):
                    done.refused[rejection.seq] = refused
                else:
                    batch.append(statement)
                if len(batch) == MOST_AT_ONCE:
                    self._write_batch(folder, done, batch)
                if progress is not None:
                    progress(done.letters)
        if batch:
            self._write_batch(folder, done, batch)
        done.files.append(letters)
        return done

    def _write_batch(self, folder: Path, done: Written, batch: list[dict[str, Any]]) -> None:
        path = folder / f"statements-{len(done.files) + 1:04}.json"
        with replacing(path) as out:
            out.write(json.dumps({"statements": batch}, ensure_ascii=False, indent=1) + "\n")
        done.statements += len(batch)
        done.files.append(path)
        batch.clear()

    def _letter(self, rejection: Rejection, language: str | None) -> Letter:
        chosen = self._letters.language(language or rejection.language)
        values = self._values(rejection, chosen)
        for name in ("facts", "ground", "explanation"):
            values[name] = self._letters.render(name, chosen, values, rejection.reason_code)
        text = self._letters.render("letter", chosen, values)
        return Letter(
            rejection.seq,
            rejection.decision_id,
            rejection.source,
            rejection.remote_id,
            rejection.author_ref,
            chosen,
            text,
        )

    def _statement(self, rejection: Rejection) -> dict[str, Any]:
        language = self._letters.language(self._terms.language)
        values = self._values(rejection, language)
        names = (rejection.author_name, rejection.moderator)

        def public(name: str) -> str:
            return scrub(self._letters.render(name, language, values, rejection.reason_code), names)

        kind, keywords = category(rejection.reason_code, self._terms.categories)
        statement: dict[str, Any] = {
            "decision_visibility": [self._terms.visibility],
            "decision_ground": "DECISION_GROUND_INCOMPATIBLE_CONTENT",
            "incompatible_content_ground": public("ground"),
            "incompatible_content_explanation": public("explanation"),
            "content_type": ["CONTENT_TYPE_TEXT"],
            "category": kind,
            "territorial_scope": sorted(self._terms.territory or territory()),
            "content_date": values["posted_on"],
            "application_date": values["decided_on"],
            "decision_facts": public("facts"),
            "source_type": "SOURCE_VOLUNTARY",
            "automated_detection": "Yes" if _found_by_machine(rejection) else "No",
            "automated_decision": f"AUTOMATED_DECISION_{'PARTIALLY' if rejection.batch_id else 'NOT_AUTOMATED'}",
            "puid": rejection.decision_id,
        }
        if keywords:
            statement["category_specification"] = list(keywords)
        if rejection.language:
            statement["content_language"] = rejection.language.upper()
        if self._terms.terms_url:
            statement["decision_ground_reference_url"] = self._terms.terms_url
        return statement

    def _values(self, rejection: Rejection, language: str) -> dict[str, Any]:
        terms = self._terms
        values: dict[str, Any] = {
            "site": terms.site,
            "terms_url": terms.terms_url,
            "contact": terms.contact,
            "dispute_body": terms.dispute_body,
            "posted_on": _day(rejection.posted_at_ms),
            "decided_on": _day(rejection.decided_at_ms),
            "thread_url": rejection.article_url,
            "remote_id": rejection.remote_id,
            "reason": self._reason(rejection, language),
        }
        found = "found_by_machine" if _found_by_machine(rejection) else "found_by_person"
        decided = "decided_in_batch" if rejection.batch_id else "decided_by_person"
        values["detection"] = self._letters.render(found, language, values)
        values["decision"] = self._letters.render(decided, language, values)
        return values

    def _reason(self, rejection: Rejection, language: str) -> str:
        """What the reason is called: in the operator's words where they have any, else in those of the language."""
        code, said = rejection.reason_code or "", rejection.reason_title
        own = said is not None and code in _SHIPPED and said != _SHIPPED[code]
        return (None if own else self._letters.title(language, code)) or said or code.replace("_", " ")


def _found_by_machine(rejection: Rejection) -> bool:
    """Whether a score put the comment before a person; what was drawn or couldn't be judged, none did."""
    return bool(rejection.rule) and not rejection.rule.startswith((AUDIT_RULE, "not judged"))


class _Body(msgspec.Struct):
    """The body of one call to the database's API."""

    statements: list[dict[str, Any]]


_decode = msgspec.json.Decoder(_Body).decode


def _day(time_ms: int) -> str:
    return datetime.fromtimestamp(time_ms / 1000, UTC).date().isoformat()


def read_file(path: Path) -> Iterator[tuple[str, list[str]]]:
    """What the database would refuse in a file of statements.

    Args:
        path: As `Statements.write` makes it, or as an operator has changed it.

    Yields:
        The `puid` of each statement, and what would be refused in it, nothing where it would be taken; at last, under
        an empty name, what is wrong with the file as a whole.

    Raises:
        OSError: It can't be read.
        ValueError: It isn't JSON, or has no list of statements.
    """
    try:
        statements = _decode(path.read_bytes()).statements
    except msgspec.DecodeError:
        raise ValueError("it has no list of statements") from None
    for statement in statements:
        yield str(statement.get("puid", "")), problems(statement)
    names = [str(statement.get("puid")) for statement in statements]
    whole = ["a puid stands there twice"] if len(set(names)) < len(names) else []
    whole += [f"more than {MOST_AT_ONCE} statements"] if len(statements) > MOST_AT_ONCE else []
    yield "", whole
