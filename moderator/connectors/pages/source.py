"""A page, or text copied from one, as a source: what was found becomes checked comments, with remarks on the rest."""

from __future__ import annotations

import dataclasses
import hashlib
from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import PurePath
from typing import Any

from selectolax.lexbor import LexborHTMLParser

from moderator.connectors.base import BadRecord, Position
from moderator.connectors.files.dates import AmbiguousDateError, DateReader, UnknownDateError
from moderator.connectors.files.opened import CountedBytes, Opened
from moderator.connectors.files.record import FieldError, FileOptions, RecordReader
from moderator.connectors.files.relative_dates import Precision, precision_of
from moderator.connectors.links import named_host
from moderator.connectors.markup import NestedTooDeepError, check_nesting, words_of_node
from moderator.connectors.pages.about import About, read_about
from moderator.connectors.pages.copied import read_copied
from moderator.connectors.pages.copied_lines import announced
from moderator.connectors.pages.encoding import decode
from moderator.connectors.pages.found import Found
from moderator.connectors.pages.json_ld import read_json_ld
from moderator.connectors.pages.likely import read_likely
from moderator.connectors.pages.microdata import read_microdata
from moderator.connectors.pages.notices import explain
from moderator.connectors.pages.templates import read_templates
from moderator.domain.comment import IncomingComment
from moderator.errors import ConnectorError
from moderator.text.visible import visible_line

LARGEST_PAGE_BYTES = 64_000_000
_PIECE_BYTES = 1 << 20
_HEADINGS = "h1, h2, h3, h4, .comments-title, .header-title"


class _WholeSource(ABC):
    """A source that is read as a whole before its first record: a page is a tree, and answers are matched in it.

    Args:
        opened: What is read, once.
        options: How.
    """

    def __init__(self, opened: Opened, options: FileOptions) -> None:
        # "1 day ago" counts from when the page was written or fetched, unless somebody asked for another moment.
        known_ms = None if options.now_given else opened.at_ms
        self.options = options if known_ms is None else dataclasses.replace(options, now_ms=known_ms)
        self.opened = opened
        self._bytes = CountedBytes(opened)
        self._dates = DateReader(self.options.now_ms, zone=options.zone, day_first=options.day_first)
        self._reader = RecordReader(self.options, textual=False)
        self._place = ""
        self._undated = self._relative = self._ambiguous = 0
        self._precision = Precision.SECOND
        self._remarks: list[str] = []

    @property
    def name(self) -> str:
        """The source's name; the site's host, once that is known, where the options say so."""
        return self.options.source

    @property
    def position(self) -> Position:
        """Where the stream stands; a page has no lines that its reader would know."""
        at = self._bytes
        where = f"{at.where}: {self._place}" if self._place else at.where
        return Position(where, None, at.bytes_read, at.bytes_total, derived_ids=self._reader.derived_ids)

    @property
    def remarks(self) -> Sequence[str]:
        """What is to be said about what was read, once it was."""
        return tuple(self._remarks)

    def records(self) -> Iterator[IncomingComment | BadRecord]:
        """Reads everything, then gives the comments in the page's order.

        Raises:
            ConnectorError: It can't be read, is too large, or holds no comments.
        """
        try:
            content = self._whole()
        finally:
            self._bytes.close()
        found, about = self.find(content)
        yield from self._checked(found, about)
        self._remark_on_dates()

    @abstractmethod
    def find(self, content: bytes) -> tuple[Sequence[Found], About]:
        """The comments, and what the page says of itself."""

    def remark(self, text: str) -> None:
        """Adds a remark: a sentence about what was read, which doesn't name it."""
        self._remarks.append(text)

    def remark_on_count(self, announced: int | None, found: int) -> None:
        """Says so where the page speaks of more comments than it shows."""
        if announced is not None and announced > found:
            self.remark(f"It speaks of {announced:,} comments and shows {found:,}; the others may be on further pages.")

    def is_date(self, text: str) -> bool:
        """Whether a text is a date and nothing else."""
        try:
            self._dates.read(text)
        except AmbiguousDateError:
            return True
        except UnknownDateError:
            return False
        return not text.isdigit()

    def _whole(self) -> bytes:
        content = bytearray()
        while piece := self._bytes.read(_PIECE_BYTES):
            content += piece
            if len(content) > LARGEST_PAGE_BYTES:
                what = f"is larger than {LARGEST_PAGE_BYTES // 1_000_000} MB, which no page is"
                raise ConnectorError(f"{visible_line(self.opened.where)}: {what}", code="connector.too_large")
        return bytes(content)

    def _checked(self, found: Sequence[Found], about: About) -> Iterator[IncomingComment | BadRecord]:
        site = named_host(self.options.article_url or about.url)
        if site and self.options.name_by_site:
            self.options = dataclasses.replace(self.options, source=site)
            self._reader = RecordReader(self.options, textual=False)
        # Two sites both have a comment 12. Where neither site nor source is named, the file's name tells them apart.
        unnamed = not site and self.options.name_by_site
        scope = _scope(self.opened.where) if unnamed else ""
        for index, comment in enumerate(found, start=1):
            self._place = f"comment {index}" + (f" (#{comment.number})" if comment.number else "")
            if comment.left_out:
                yield self._bad(*comment.left_out)
                continue
            try:
                yield self._reader.read_fields(self._fields(comment, about, scope))
            except FieldError as error:
                yield self._bad(error.code, str(error))

    def _fields(self, comment: Found, about: About, scope: str) -> dict[str, Any]:
        return comment.fields() | {
            "id": f"{scope}{comment.number}" if comment.number else None,
            "parent_id": f"{scope}{comment.parent}" if comment.parent else None,
            "posted_at": self._posted(comment.posted),
            "article_url": self.options.article_url or about.url,
            "article_title": about.title,
            "section": about.section,
        }

    def _posted(self, candidates: Sequence[str]) -> str | None:
        """The first that is a date. A date that can't be read costs the date, not the comment: pages print any form."""
        ambiguous = False
        for text in candidates:
            try:
                moment = self._dates.read(text)
            except UnknownDateError as error:
                ambiguous = ambiguous or isinstance(error, AmbiguousDateError)
                continue
            if not moment.fixed:
                self._relative += 1
                self._precision = max(self._precision, precision_of(text))
            return text
        self._undated += 1
        self._ambiguous += ambiguous
        return None

    def _remark_on_dates(self) -> None:
        if self._relative:
            base = f"{_utc(self.options.now_ms)} UTC"
            some = f"{self._relative:,} dates were" if self._relative > 1 else "One date was"
            self.remark(f"{some} relative, counted back from {base}, so right to within {self._precision.words}.")
        if self._undated:
            some = f"{self._undated:,} comments have" if self._undated > 1 else "One comment has"
            self.remark(f"{some} no date that can be read, so the time of intake counts.")
        if self._ambiguous:
            self.remark("Is 03/04/2026 in March or in April? Set intake.day_first, and take it in again.")

    def _bad(self, code: str, reason: str) -> BadRecord:
        return BadRecord(self.position.where, None, reason, code)


class PageSource(_WholeSource):
    """Comments of an HTML page."""

    def find(self, content: bytes) -> tuple[Sequence[Found], About]:
        """The comments by whichever reading finds most: the known templates, microdata, JSON-LD.

        Raises:
            ConnectorError: There are none, or the page is made to exhaust its reader.
        """
        markup = decode(content, self.opened.content_type)
        where = visible_line(self.opened.where)
        try:
            check_nesting(markup)
        except NestedTooDeepError as error:
            raise ConnectorError(f"{where}: is {error}", code="connector.html_bomb") from None
        tree = LexborHTMLParser(markup)
        about = read_about(tree, markup, self.opened.url)
        readings = (read_templates(tree), read_microdata(tree), read_json_ld(tree))
        best = max(readings, key=lambda found: sum(bool(each.text) for each in found)) or read_likely(tree)
        if best:
            headings = (words_of_node(node) for node in tree.css(_HEADINGS))
            self.remark_on_count(next(filter(None, map(announced, headings)), None), len(best))
            return best, about
        notice = explain(tree, about)
        if not notice.none_yet:
            raise ConnectorError(f"{where}: {notice.what}", code="connector.no_comments", hint=notice.hint)
        self.remark(f"It {notice.what}.")
        return (), about


class CopiedTextSource(_WholeSource):
    """Comments in text that was copied from a page."""

    def find(self, content: bytes) -> tuple[Sequence[Found], About]:
        """The comments by their dates.

        Raises:
            ConnectorError: There are none.
        """
        page = read_copied(decode(content, self.opened.content_type, is_html=False), self.is_date)
        if not page.comments and page.announced != 0:
            raise ConnectorError(
                f"{visible_line(self.opened.where)}: no comments are recognized in this text",
                code="connector.no_comments",
                hint="Copy them with the names and dates that stand above them, or save the page as HTML.",
            )
        self.remark_on_count(page.announced, len(page.comments))
        return page.comments, About()


def _scope(where: str) -> str:
    """What tells the ids of a file's comments from those of another file."""
    return f"{hashlib.sha256(PurePath(where).name.encode('utf-8', 'surrogateescape')).hexdigest()[:12]}-"


def _utc(at_ms: int) -> str:
    return datetime.fromtimestamp(at_ms / 1000, UTC).strftime("%Y-%m-%d %H:%M")
