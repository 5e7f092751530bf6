"""Erasing what people wrote: on somebody's order, or because it's old enough. The decision log stays whole."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from moderator.domain.clock import Clock, system_clock
from moderator.domain.comment import ERASED, Status
from moderator.domain.decision_log import Erasure, ErasureKind, ExportedFile
from moderator.errors import ConfigError, NotFoundError
from moderator.storage import erasure, export_index, sweeping
from moderator.storage.engine import Database

_REF = re.compile(r"[0-9a-f]{32}")
_MOST_ORDER_CHARS = 500
_DAY_MS = 86_400_000


@dataclass(frozen=True, slots=True, kw_only=True)
class ErasurePlan:
    """What an erasure would take.

    Attributes:
        subject: Whose or what, as the proof will say it.
        comment_ids: Comments that would lose their texts and author.
        texts: Texts, earlier ones included.
        notes: Moderators' notes on them.
        exports: Files that texts were exported to since the first of them was taken in, and that are still there.
        backups: Copies beside the database that hold what would be erased.
        guest: Whether they are somebody's who is known by a name alone: several people may have used it.
    """

    kind: ErasureKind
    subject: str
    comment_ids: tuple[int, ...] = field(repr=False)
    texts: int
    notes: int
    exports: tuple[ExportedFile, ...] = ()
    backups: tuple[Path, ...] = ()
    guest: bool = False


@dataclass(frozen=True, slots=True)
class RetentionRule:
    """Comments that have stood in a status for so many days lose their text."""

    status: Status
    days: int

    def __str__(self) -> str:
        return f"{self.status} {self.days} days"


class Erasing:
    """Erases.

    Args:
        db: Open; closed by who opened it.
        moderator: Alias of who runs it.
        app_version: Of this program.
        clock: Gives UTC milliseconds.
    """

    def __init__(self, db: Database, *, moderator: str, app_version: str, clock: Clock = system_clock) -> None:
        self._db = db
        self._moderator = moderator
        self._version = app_version
        self._clock = clock

    def plan_author(self, ref: str, author_key: bytes) -> ErasurePlan:
        """All that an author wrote.

        Args:
            ref: As `author_ref` of exports names them.
            author_key: The operator's key, under which references are made.

        Raises:
            ConfigError: It isn't a reference.
            NotFoundError: Nobody here has it, or nothing of theirs is left.
        """
        with self._db.read() as conn:
            authors = erasure.authors_by_ref(conn, author_key, checked_ref(ref))
            ids, guest = erasure.comments_of(conn, authors), erasure.any_guest(conn, authors)
        if not ids:
            raise nobody()
        return replace(self._plan(ErasureKind.AUTHOR, ref, ids), guest=guest)

    def plan_comment(self, comment_id: int) -> ErasurePlan:
        """One comment with all its texts.

        Raises:
            NotFoundError: There is no such comment, or it was erased.
        """
        with self._db.read() as conn:
            status = erasure.known(conn, comment_id)
        if status is None or status == ERASED:
            why = "there is no comment" if status is None else "nothing is left of comment"
            hint = "`moderator queue status:all` lists comments with numbers."
            raise NotFoundError(f"{why} {comment_id}", hint=hint)
        return self._plan(ErasureKind.COMMENT, str(comment_id), [comment_id])

    def plan_rule(self, rule: RetentionRule) -> ErasurePlan:
        """What has stood in a status for so many days."""
        before_ms = self._clock() - rule.days * _DAY_MS
        found: list[int] = []
        with self._db.read() as conn:
            while page := erasure.due(conn, rule.status.value, before_ms, found[-1] if found else 0, 10_000):
                found += page
        return self._plan(ErasureKind.RETENTION, str(rule), found)

    def carry_out(
        self, plan: ErasurePlan, ordered_by: str, progress: Callable[[int, int | None], None] | None = None
    ) -> tuple[Erasure, ...]:
        """Erases, a few hundred comments in one transaction, each with its proof; then sweeps the files.

        What an interruption leaves undone, the same order does later.

        Args:
            plan: What.
            ordered_by: On whose order, in words that may stay: an office or a number of a file, not a name.
            progress: Called with how many comments are done, of how many.

        Returns:
            The proofs.

        Raises:
            ConfigError: Nobody is named as who ordered it.
            StorageError: The database failed. What was erased until then stays erased.
        """
        order = erasure.Order(
            kind=plan.kind,
            subject=plan.subject,
            ordered_by=_checked_order(ordered_by),
            done_by=self._moderator,
            app_version=self._version,
        )
        proofs: list[Erasure] = []
        ids = plan.comment_ids
        for start in range(0, len(ids), erasure.MOST_AT_ONCE):
            these = ids[start : start + erasure.MOST_AT_ONCE]
            with self._db.write(durable=True) as conn:
                proof = erasure.erase(conn, these, order, now_ms=self._clock())
            proofs += [proof] if proof else []
            if progress is not None:
                progress(min(start + len(these), len(ids)), len(ids))
        return tuple(proofs)

    def sweep(self) -> None:
        """Takes what was erased out of the database's files.

        Authors without a comment go too, and files that are gone leave the index of exports.

        Raises:
            StorageError: Somebody is using the file all the time, or the database failed.
        """
        with self._db.write() as conn:
            gone = [file.path for file in export_index.written_since(conn, 0) if not Path(file.path).exists()]
            export_index.forget(conn, gone)
            erasure.forget_idle_authors(conn)
        sweeping.sweep(self._db)

    def _plan(self, kind: ErasureKind, subject: str, ids: Sequence[int]) -> ErasurePlan:
        texts = notes = 0
        first_ms: int | None = None
        with self._db.read() as conn:
            for start in range(0, len(ids), erasure.MOST_AT_ONCE):
                these = ids[start : start + erasure.MOST_AT_ONCE]
                more_texts, more_notes = erasure.counts(conn, these)
                texts, notes = texts + more_texts, notes + more_notes
                received_ms = erasure.first_received_ms(conn, these)
                if received_ms is not None:
                    first_ms = received_ms if first_ms is None else min(first_ms, received_ms)
            exports = export_index.written_since(conn, first_ms) if first_ms is not None else []
        return ErasurePlan(
            kind=kind,
            subject=subject,
            comment_ids=tuple(ids),
            texts=texts,
            notes=notes,
            exports=tuple(file for file in exports if Path(file.path).exists()),
            backups=tuple(sweeping.copies_beside(self._db.path)) if self._db.path and ids else (),
        )


def retention_rules(days_by_status: Mapping[str, int]) -> tuple[RetentionRule, ...]:
    """The rules that `[retention]` sets. A status with 0 days has none.

    Args:
        days_by_status: Status to days.
    """
    return tuple(RetentionRule(Status(status), days) for status, days in days_by_status.items() if days)


def proofs(db: Database, after: int = 0) -> list[Erasure]:
    """Every proof of erasure after one, in order. `services.audit.verify` says whether they hold.

    Raises:
        StorageError: The database failed.
    """
    with db.read() as conn:
        return erasure.proofs(conn, after)


def nothing_kept(db: Database) -> bool:
    """Whether no comment was ever taken in, and so nothing is kept of anybody.

    Raises:
        StorageError: The database failed.
    """
    with db.read() as conn:
        return not erasure.any_comment(conn)


def checked_ref(ref: str) -> str:
    """An author's reference, if it can be one.

    Raises:
        ConfigError: It can't.
    """
    if not _REF.fullmatch(ref):
        raise ConfigError(
            "an author's reference has 32 hexadecimal digits",
            code="config.author_ref",
            hint="Find it: moderator export comments author:NAME --with-text --columns author_ref,author_name",
        )
    return ref


def nobody() -> NotFoundError:
    """The error for a reference that no author here has."""
    return NotFoundError(
        "no author here has that reference",
        hint="It's made with this installation's author key: take it from an export of this database.",
    )


def _checked_order(ordered_by: str) -> str:
    words = " ".join(ordered_by.split())
    if not words or len(words) > _MOST_ORDER_CHARS or not words.isprintable():
        raise ConfigError(
            f"an order needs words, at most {_MOST_ORDER_CHARS} characters of them",
            code="config.order",
            hint="For example --order 'data protection officer, request 2026-114'.",
        )
    return words
