"""What WordPress holds for moderation, as a source."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from moderator.connectors.base import BadRecord, Finding, SiteSettings
from moderator.connectors.markup import text_of_html
from moderator.connectors.site import READING, SiteReader, accepted, entries, table
from moderator.connectors.walking import walk
from moderator.connectors.wordpress.items import post_of, to_comment
from moderator.connectors.wordpress.rest import Rest
from moderator.domain.comment import IncomingComment
from moderator.errors import ConnectorError

if TYPE_CHECKING:
    import httpx

_PAGE_SIZE = 100
_SWEEP_S = 900.0
"""Between two looks at everything that waits: only they see an old comment that was put back or edited."""

_FIELDS = "id,post,parent,author,author_name,date_gmt,content,link,status,_links"
_HELD: Mapping[str, Any] = {"status": "hold", "context": "edit"}


class WordPressSource(SiteReader):
    """Comments that WordPress holds for moderation.

    Args:
        site: `url`, `username`, and an application password as `password`.
        transport: In place of the network.
        now_s: In place of the clock.

    Raises:
        ConfigError: Something is missing.
    """

    gives_only_held = True

    def __init__(
        self,
        site: SiteSettings,
        *,
        transport: httpx.BaseTransport | None = None,
        now_s: Callable[[], float] = time.time,
    ) -> None:
        super().__init__(site)
        self._rest = Rest(site, transport, READING)
        self._titles: dict[int, str] = {}
        self._now_s = now_s

    def waiting(self) -> Iterator[IncomingComment | BadRecord]:
        """What waits: the newest first down to what was seen last time, and now and then all of it.

        Raises:
            ConnectorError: The site can't be reached or refuses us.
        """
        newest, swept_s = self._cursor()
        now_s = self._now_s()
        sweep = now_s - swept_s >= _SWEEP_S
        highest = newest
        for item in self._held(descending=not sweep):
            number = _number(item)
            if not sweep and number is not None and number <= newest:
                break
            highest = max(highest, number or 0)
            yield self._read(item)
        self.cursor = json.dumps({"newest": highest, "swept_s": now_s if sweep else swept_s})

    def parents(self, remote_ids: Sequence[str]) -> Iterator[IncomingComment]:
        """Comments that others answer, a hundred in one request; spam and trash are left out.

        Raises:
            ConnectorError: The site can't be reached or refuses us.
        """
        numbers = [each for each in remote_ids if each.isdecimal()]
        for start in range(0, len(numbers), _PAGE_SIZE):
            include = ",".join(numbers[start : start + _PAGE_SIZE])
            params = {"include": include, "status": "all", "context": "edit", "per_page": _PAGE_SIZE}
            reply = self._rest.call("GET", "wp/v2/comments", {**params, "_fields": _FIELDS})
            page = entries(accepted(reply, self.site, "reading what is answered").json())
            self._learn_titles(page)
            yield from (each for each in map(self._read, page) if isinstance(each, IncomingComment))

    def held_count(self) -> int | None:
        """How many comments wait."""
        reply = self._rest.call("GET", "wp/v2/comments", {**_HELD, "per_page": 1, "_fields": "id"})
        total = accepted(reply, self.site, "reading what waits").headers.get("x-wp-total", "")
        return int(total) if total.isdigit() else None

    def check(self) -> Sequence[Finding]:
        """Address, encryption, login, rights."""
        found: list[Finding] = []
        reply = self._rest.fetcher.get(self._rest.base)
        index: Mapping[str, Any] = {}
        with suppress(ConnectorError):  # a page where an interface should be
            index = table(reply.json())
        if "namespaces" not in index:
            what = f"This address has no WordPress REST API (status {reply.status})."
            return [Finding(False, what, "Is it the site's front page? A plug-in may have turned the API off.")]
        version = self._rest.version
        found.append(Finding(True, f"WordPress {version} answers." if version else "WordPress answers."))
        if not index.get("authentication"):
            found.append(
                Finding(
                    False,
                    "The site takes no application passwords here.",
                    "WordPress takes them over https alone, from version 5.6 on; a plug-in may turn them off.",
                )
            )
        return [*found, *self._check_login()]

    def _check_login(self) -> Sequence[Finding]:
        # A wrong password passes as a guest elsewhere, so only a call that guests can't make tells.
        me = self._rest.call("GET", "wp/v2/users/me", {"context": "edit", "_fields": "id,name,capabilities"})
        if not me.ok:
            hint = "Use an application password (Users, Profile), not the one for logging in; it may be revoked."
            return [Finding(False, "The login is refused: user name or application password is wrong.", hint)]
        may = me.json().get("capabilities", {})
        found = [Finding(True, "The login is right.")]
        if not may.get("moderate_comments"):
            return [*found, Finding(False, "This user may not moderate comments.", "Use an editor or administrator.")]
        waiting = self.held_count()
        return [*found, Finding(True, "The user may moderate comments."), Finding(True, f"{waiting} comments wait.")]

    def close(self) -> None:
        """Ends the connections."""
        self._rest.fetcher.close()

    def _cursor(self) -> tuple[int, float]:
        try:
            saved = json.loads(self.cursor or "{}")
            return int(saved.get("newest", 0)), float(saved.get("swept_s", 0.0))
        except (ValueError, TypeError, AttributeError):
            return 0, 0.0

    def _held(self, *, descending: bool) -> Iterator[Any]:
        order = {"orderby": "id", "order": "desc" if descending else "asc"}

        def fetch(offset: int) -> Sequence[Any]:
            params = {**_HELD, **order, "per_page": _PAGE_SIZE, "offset": offset, "_fields": _FIELDS}
            page = accepted(self._rest.call("GET", "wp/v2/comments", params), self.site, "reading what waits").json()
            if not isinstance(page, list):
                raise ConnectorError("the site's list of comments isn't one", code="connector.shape")
            held = entries(page)
            self._learn_titles(held)
            return held

        def rising(item: Any) -> int:
            number = _number(item) or 0
            return -number if descending else number

        return walk(fetch, key=rising, identity=_number, page_size=_PAGE_SIZE)

    def _learn_titles(self, page: Sequence[Any]) -> None:
        """Titles of articles that weren't met before, all of a page in one request per kind."""
        wanted: dict[str, set[int]] = {}
        for item in page:
            place = post_of(table(item))
            if place and place[1] not in self._titles:
                wanted.setdefault(place[0], set()).add(place[1])
        for collection, numbers in wanted.items():
            # A post that isn't public may be kept from us: then it has no title here, and isn't asked for again.
            self._titles.update(dict.fromkeys(numbers, ""))
            params = {"include": ",".join(map(str, sorted(numbers))), "per_page": _PAGE_SIZE, "_fields": "id,title"}
            reply = self._rest.call("GET", f"wp/v2/{collection}", params)
            for post in entries(reply.json() if reply.ok else None):
                self._titles[int(post["id"])] = _title(post)

    def _read(self, item: Any) -> IncomingComment | BadRecord:
        try:
            return to_comment(item, self.name, self._titles)
        except (KeyError, TypeError, ValueError) as error:
            number = _number(item)
            return BadRecord(self.site.url, None, f"comment {number}: {type(error).__name__}", "record.shape")


def _number(item: Any) -> int | None:
    number = table(item).get("id")
    return number if isinstance(number, int) else None


def _title(post: Mapping[str, Any]) -> str:
    return text_of_html(str(post.get("title", {}).get("rendered", "")))
