"""Disqus: posts that wait for approval, and decisions back.

Source: https://disqus.com/api/docs/posts/list/, .../details/, .../approve/, .../spam/, .../remove/ and
https://disqus.com/api/docs/errors/.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from moderator.connectors.base import Answer, BadRecord, Finding, Parcel, SiteSettings
from moderator.connectors.exchange import GONE, Found, exchange
from moderator.connectors.site import READING, WRITING, SiteReader, SiteWriter, open_fetcher, option, required, table
from moderator.domain.comment import AuthorKind, IncomingComment, Status
from moderator.errors import ConnectorError, ConnectorUnavailableError
from moderator.text.visible import visible_line

if TYPE_CHECKING:
    import httpx

_BASE = "https://disqus.com/api/3.0/"
_PAGE_SIZE = 100
_MOST_PARENTS = 25
_NO_SUCH_OBJECT = 8
_LOGIN = frozenset({4, 5, 9, 11, 12, 17, 18})
_LATER = frozenset({13, 14, 15, 16})
_REASONS = {"spam": "spam", "*": "remove"}


def to_comment(post: Mapping[str, Any], source: str) -> IncomingComment:
    """One post of `posts/list` with `related=thread`.

    Raises:
        KeyError: A field is missing.
        ValueError: The date can't be read.
    """
    author = table(post.get("author"))
    thread: Any = post.get("thread")
    place = table(thread) or {"link": f"disqus:thread/{thread}"}
    known = author.get("id") if not author.get("isAnonymous") else None
    return IncomingComment(
        source=source,
        remote_id=str(post["id"]),
        body=str(post["raw_message"]),
        article_url=str(place.get("link") or ""),
        article_title=str(place.get("clean_title") or place.get("title") or ""),
        author_name=str(author.get("name") or ""),
        author_kind=AuthorKind.REGISTERED if known else AuthorKind.GUEST,
        author_remote_id=str(known) if known else None,
        parent_remote_id=str(post["parent"]) if post.get("parent") else None,
        # UTC, without saying so.
        posted_at_ms=round(datetime.fromisoformat(post["createdAt"]).replace(tzinfo=UTC).timestamp() * 1000),
        likes=int(post.get("likes") or 0),
        dislikes=int(post.get("dislikes") or 0),
    )


def status_of(post: Mapping[str, Any]) -> Status:
    """Where a post stands."""
    if post.get("isDeleted") or post.get("isSpam"):
        return Status.REJECTED
    return Status.APPROVED if post.get("isApproved") else Status.PENDING


class _Api:
    def __init__(self, site: SiteSettings, transport: httpx.BaseTransport | None, limits: Mapping[str, Any]) -> None:
        required(site, "api_key", "token")
        self.forum = option(site, "forum")
        self._site = site
        self.fetcher = open_fetcher(site, {}, transport=transport, limits=limits)

    def call(self, method: str, what: str, **fields: Any) -> dict[str, Any] | None:
        """The whole answer; `None` where there is no such post.

        Raises:
            ConnectorError: Disqus refuses, by its own code.
        """
        given = {"api_key": self._site.api_key, "access_token": self._site.token, **fields}
        address, reads = f"{_BASE}{what}.json", method == "GET"
        reply = self.fetcher.send(method, address, params=given if reads else None, form=None if reads else given)
        answer = dict(table(reply.json()))
        code: Any = answer.get("code")
        if code == 0:
            return answer
        if code == _NO_SUCH_OBJECT:
            return None
        if code in _LATER:
            raise ConnectorUnavailableError("Disqus has had too many requests or is busy", code="connector.rate_limit")
        if code in _LOGIN:
            raise ConnectorError(
                f"Disqus refuses the login or the key (its code {code})",
                code="connector.login",
                hint="The token must be a moderator's of that forum, and the key must belong to the same application.",
            )
        raise ConnectorError(f"Disqus fails (its code {visible_line(str(code), 20)})", code="connector.status")


class DisqusSource(SiteReader):
    """Posts that wait for approval.

    Args:
        site: `api_key`, a moderator's `token`, and the option `forum`.
        transport: In place of the network.

    Raises:
        ConfigError: Something is missing.
    """

    def __init__(self, site: SiteSettings, *, transport: httpx.BaseTransport | None = None) -> None:
        super().__init__(site)
        self._api = _Api(site, transport, READING)

    def waiting(self) -> Iterator[IncomingComment | BadRecord]:
        """All that waits, page by page: Disqus' cursors are moments in time, so decided posts shift nothing.

        Raises:
            ConnectorError: Disqus can't be reached or refuses us.
        """
        cursor: str | None = None
        while True:
            page = self._page(_PAGE_SIZE, cursor)
            for post in page["response"]:
                try:
                    yield to_comment(post, self.name)
                except (KeyError, TypeError, ValueError) as error:
                    yield BadRecord(_BASE, None, f"a post: {type(error).__name__}", "record.shape")
            place = table(page.get("cursor"))
            if not place.get("hasNext") or place.get("next") in {None, cursor}:
                return
            cursor = str(place["next"])

    def parents(self, remote_ids: Sequence[str]) -> Iterator[IncomingComment]:
        """Posts that others answer, a few: each takes a request, and Disqus counts a thousand an hour.

        Raises:
            ConnectorError: Disqus can't be reached or refuses us.
        """
        for number in remote_ids[:_MOST_PARENTS]:
            answer = self._api.call("GET", "posts/details", post=number, related="thread")
            post = table((answer or {}).get("response"))
            if "raw_message" in post:
                yield to_comment(post, self.name)

    def held_count(self) -> int | None:
        """Disqus doesn't say how many wait."""
        return None

    def check(self) -> Sequence[Finding]:
        """Key, login, rights, forum."""
        self._page(1, None)
        return [Finding(True, "Disqus takes key and login, and shows what waits.")]

    def close(self) -> None:
        """Ends the connections."""
        self._api.fetcher.close()

    def _page(self, limit: int, cursor: str | None) -> dict[str, Any]:
        wanted = {"forum": self._api.forum, "include": "unapproved", "related": "thread", "order": "asc"}
        place = {"cursor": cursor} if cursor else {}
        page = self._api.call("GET", "posts/list", limit=limit, **wanted, **place)
        if page is None:
            raise ConnectorError(
                "Disqus knows no such forum", code="connector.status", hint="Check the option `forum`."
            )
        return page


class DisqusSink(SiteWriter):
    """Decisions to Disqus: approve, spam, or remove. There's no way back to waiting.

    Args:
        site: As for the source; `reasons` maps to `spam` or `remove`.
        transport: In place of the network.

    Raises:
        ConfigError: Something is missing.
    """

    title = "Disqus"

    def __init__(self, site: SiteSettings, *, transport: httpx.BaseTransport | None = None) -> None:
        super().__init__(site)
        self._api = _Api(site, transport, WRITING)

    def send(self, parcel: Parcel) -> Answer:
        """Delivers one decision.

        Raises:
            ConnectorError: Disqus can't be reached or refuses us.
        """
        number = parcel.decision.remote_id

        def read() -> Found:
            answer = self._api.call("GET", "posts/details", post=number)
            if answer is None:
                return GONE
            return Found(status_of(answer["response"]), str(answer["response"]["raw_message"]))

        def write() -> Answer | None:
            if (stays := self.stays(parcel)) is not None:
                return stays
            word = self.site.word_for(parcel.decision.reason_code, _REASONS)
            self._api.call("POST", f"posts/{'approve' if parcel.wanted is Status.APPROVED else word}", post=number)
            return None

        return exchange(parcel, read, write)

    def close(self) -> None:
        """Ends the connections."""
        self._api.fetcher.close()
