"""Discourse: posts in its review queue, and decisions by the actions that it offers.

Source: `app/controllers/reviewables_controller.rb` and `app/serializers/reviewable_serializer.rb` in
https://github.com/discourse/discourse: `/review.json` (ten on a page), `/review/{id}.json`,
`PUT /review/{id}/perform/{action}.json?version=N` (409 when the version is another). What a queued post answers:
`reply_to_post_number` of `reviewable_queued_post_serializer.rb`, read by `posts/by_number/:topic_id/:post_number` of
`config/routes.rb`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from moderator.connectors.base import Answer, BadRecord, Finding, Parcel, SiteSettings, Verdict
from moderator.connectors.exchange import GONE, Found, exchange
from moderator.connectors.markup import text_of_html
from moderator.connectors.site import (
    READING,
    WRITING,
    SiteReader,
    SiteWriter,
    accepted,
    entries,
    open_fetcher,
    required,
    table,
)
from moderator.connectors.walking import walk
from moderator.domain.comment import AuthorKind, IncomingComment, Status

if TYPE_CHECKING:
    import httpx

    from moderator.connectors.http import Reply

STATUSES: Mapping[int, Status] = {
    0: Status.PENDING,
    1: Status.APPROVED,
    2: Status.REJECTED,
    3: Status.APPROVED,
    4: Status.REJECTED,
}
"""pending, approved, rejected, ignored, deleted. For a queued post; a flagged one means it the other way round."""

_PAGE_SIZE = 10
_MOST_PARENTS = 25
_POST = re.compile(r"t(\d{1,15})p(\d{1,9})")
_NOT_FOUND, _CONFLICT, _INVALID = 404, 409, 422
_SPACING_S = 1.1
"""An API key is good for sixty requests a minute unless the site says otherwise."""

_QUEUED = "ReviewableQueuedPost"
_APPROVING = {_QUEUED: ("approve_post", "approve"), "": ("disagree", "ignore", "ignore_and_do_nothing", "approve")}
_REJECTING = {
    _QUEUED: ("reject_post", "reject"),
    "": ("agree_and_hide", "delete_and_agree", "delete_and_agree_replies", "agree_and_keep"),
}


def to_comment(item: Mapping[str, Any], source: str, users: Mapping[int, str], site: str) -> IncomingComment:
    """One reviewable.

    A decided one may come back under its number, with another version: so both make the id.

    Args:
        item: As in `reviewables`.
        source: Name of the source.
        users: Names by number, from what is side-loaded.
        site: Address that relative links belong to.

    Raises:
        KeyError: A field is missing.
        ValueError: The date can't be read.
    """
    author = item.get("target_created_by_id") or item.get("created_by_id")
    link = str(item.get("target_url") or item.get("topic_url") or "")
    payload = table(item.get("payload"))
    return IncomingComment(
        source=source,
        remote_id=f"{item['id']}.{item['version']}",
        body=text_of(item),
        article_url=site.rstrip("/") + link if link.startswith("/") else link,
        article_title=str(payload.get("title") or table(item.get("topic")).get("title") or ""),
        author_name=users.get(author or 0, ""),
        author_kind=AuthorKind.REGISTERED if author else AuthorKind.GUEST,
        author_remote_id=str(author) if author else None,
        parent_remote_id=_parent_of(item),
        posted_at_ms=round(datetime.fromisoformat(item["created_at"]).timestamp() * 1000),
    )


def to_parent(post: Mapping[str, Any], source: str, site: str) -> IncomingComment:
    """A published post that another one answers. Its id is its place, which is all that an answer says.

    Raises:
        KeyError: A field is missing.
        ValueError: The date can't be read.
    """
    return IncomingComment(
        source=source,
        remote_id=f"t{post['topic_id']}p{post['post_number']}",
        body=str(post.get("raw") or text_of_html(str(post["cooked"]))),
        article_url=f"{site.rstrip('/')}/t/{post['topic_id']}",
        author_name=str(post.get("username") or ""),
        author_kind=AuthorKind.REGISTERED,
        author_remote_id=str(post["user_id"]) if post.get("user_id") else None,
        posted_at_ms=round(datetime.fromisoformat(post["created_at"]).timestamp() * 1000),
    )


def _parent_of(item: Mapping[str, Any]) -> str | None:
    number = item.get("reply_to_post_number") or table(item.get("payload")).get("reply_to_post_number")
    topic = item.get("topic_id") or table(item.get("topic")).get("id")
    return f"t{topic}p{number}" if number and topic else None


def text_of(item: Mapping[str, Any]) -> str:
    """What the reader wrote.

    Raises:
        KeyError: The item has no text: it's about a user, say.
    """
    payload = table(item.get("payload"))
    return str(payload["raw"] if "raw" in payload else item["raw"])


def status_of(item: Mapping[str, Any]) -> Status | None:
    """Where an item stands: whether the post is published in the end."""
    status = STATUSES.get(item.get("status", -1))
    if item.get("type") == _QUEUED or status in {Status.PENDING, None}:
        return status
    # A flag that was approved took the post away; one that was rejected or ignored left it.
    return Status.REJECTED if item.get("status") in {1, 4} else Status.APPROVED


class _Api:
    def __init__(self, site: SiteSettings, transport: httpx.BaseTransport | None, limits: Mapping[str, Any]) -> None:
        required(site, "url", "username", "api_key")
        self.site = site
        headers = {"Api-Key": site.api_key, "Api-Username": site.username}
        spacing_s = 0.0 if transport else _SPACING_S
        self.fetcher = open_fetcher(site, headers, transport=transport, limits={**limits, "spacing_s": spacing_s})

    def call(self, method: str, path: str, **params: Any) -> Reply:
        """A request to `/review...`."""
        return self.fetcher.send(method, f"{self.site.url.rstrip('/')}/{path}", params=params)


class DiscourseSource(SiteReader):
    """Posts in the review queue.

    Args:
        site: `url`, `username` of a moderator, and an `api_key`. Option `kinds`: types of reviewables with commas
            between; queued posts unless said.
        transport: In place of the network.

    Raises:
        ConfigError: Something is missing.
    """

    def __init__(self, site: SiteSettings, *, transport: httpx.BaseTransport | None = None) -> None:
        super().__init__(site)
        self._api = _Api(site, transport, READING)
        self._kinds = [each.strip() for each in str(site.options.get("kinds", _QUEUED)).split(",")]
        self._users: dict[int, str] = {}

    def waiting(self) -> Iterator[IncomingComment | BadRecord]:
        """All that waits, the oldest first.

        Raises:
            ConnectorError: Discourse can't be reached or refuses us.
        """
        for kind in self._kinds:

            def fetch(offset: int, kind: str = kind) -> Sequence[Mapping[str, Any]]:
                page = self._page(kind, offset)
                self._users.update({user["id"]: user["username"] for user in page.get("users", ())})
                return page["reviewables"]

            items = walk(
                fetch,
                key=lambda item: item["created_at"],
                identity=lambda item: item["id"],
                page_size=_PAGE_SIZE,
                unique=False,
            )
            for item in items:
                try:
                    yield to_comment(item, self.name, self._users, self.site.url)
                except (KeyError, TypeError, ValueError) as error:
                    yield BadRecord(self.site.url, None, f"an item: {type(error).__name__}", "record.shape")

    def parents(self, remote_ids: Sequence[str]) -> Iterator[IncomingComment]:
        """Posts that others answer, a few: each takes a request, and a key is good for sixty a minute.

        Raises:
            ConnectorError: Discourse can't be reached or refuses us.
        """
        places = filter(None, map(_POST.fullmatch, remote_ids[:_MOST_PARENTS]))
        for place in places:
            reply = self._api.call("GET", f"posts/by_number/{place[1]}/{place[2]}.json")
            if reply.status != _NOT_FOUND:
                yield to_parent(accepted(reply, self.site, "reading what is answered").json(), self.name, self.site.url)

    def held_count(self) -> int | None:
        """How many posts wait."""
        counts = [self._page(kind, 0).get("meta", {}).get("total_rows_reviewables") for kind in self._kinds]
        return None if None in counts else sum(filter(None, counts))

    def check(self) -> Sequence[Finding]:
        """Address, key, rights."""
        return [Finding(True, f"Discourse takes the key; {self.held_count()} posts wait.")]

    def close(self) -> None:
        """Ends the connections."""
        self._api.fetcher.close()

    def _page(self, kind: str, offset: int) -> Mapping[str, Any]:
        wanted = {"status": "pending", "type": kind, "sort_order": "created_at_asc", "offset": offset}
        return accepted(self._api.call("GET", "review.json", **wanted), self.site, "reading what waits").json()


class DiscourseSink(SiteWriter):
    """Decisions to Discourse, by whichever action the item offers. There's no way back to waiting.

    Args:
        site: As for the source; `reasons` maps to the names of Discourse's actions.
        transport: In place of the network.

    Raises:
        ConfigError: Something is missing.
    """

    title = "Discourse"

    def __init__(self, site: SiteSettings, *, transport: httpx.BaseTransport | None = None) -> None:
        super().__init__(site)
        self._api = _Api(site, transport, WRITING)

    def send(self, parcel: Parcel) -> Answer:
        """Delivers one decision.

        Raises:
            ConnectorError: Discourse can't be reached or refuses us.
        """
        number = parcel.decision.remote_id.partition(".")[0]
        found: dict[str, Any] = {}

        def read() -> Found:
            reply = self._api.call("GET", f"review/{number}.json")
            if reply.status == _NOT_FOUND:
                return GONE
            found.clear()
            found.update(accepted(reply, self.site, "reading an item").json())
            return Found(status_of(found["reviewable"]), text_of(found["reviewable"]))

        return exchange(parcel, read, lambda: self._write(parcel, number, found))

    def close(self) -> None:
        """Ends the connections."""
        self._api.fetcher.close()

    def _write(self, parcel: Parcel, number: str, found: Mapping[str, Any]) -> Answer | None:
        item: Mapping[str, Any] = found["reviewable"]
        if (stays := self.stays(parcel)) is not None:
            return stays
        action = self._action(parcel, item, _offered(found))
        if action is None:
            return Answer(Verdict.REFUSED, parcel.stood, "Discourse offers no action for that.")
        reply = self._api.call("PUT", f"review/{number}/perform/{action}.json", version=item["version"])
        if reply.status in {_CONFLICT, _INVALID}:
            detail = "Somebody else changed it at the same moment, or has claimed it."
            return Answer(Verdict.CONFLICT, parcel.stood, detail)
        accepted(reply, self.site, "a decision")
        return None

    def _action(self, parcel: Parcel, item: Mapping[str, Any], offered: Sequence[str]) -> str | None:
        """The name of the action to perform, among those that this item offers to this user."""
        kind = _QUEUED if item.get("type") == _QUEUED else ""
        wanted = list((_APPROVING if parcel.wanted is Status.APPROVED else _REJECTING)[kind])
        if parcel.wanted is Status.REJECTED:
            configured = self.site.reasons.get(parcel.decision.reason_code or "*") or self.site.reasons.get("*")
            wanted[:0] = [configured] if configured else []
        return next((action for action in wanted if action in offered), None)


def _offered(found: Mapping[str, Any]) -> list[str]:
    """Actions of an item: side-loaded, or inside its bundles."""
    wanted: set[str] = set(found["reviewable"].get("bundled_action_ids") or [])
    offered: list[str] = []
    for bundle in entries(found.get("bundled_actions") or found["reviewable"].get("bundled_actions")):
        if wanted and bundle.get("id") not in wanted:
            continue
        inside = entries(bundle.get("action_ids")) or [action["id"] for action in entries(bundle.get("actions"))]
        offered += [str(each) for each in inside]
    # Discourse 3.4 and later prefix a name with the item's number.
    return [name.rpartition("-")[2] if name[:1].isdigit() else name for name in offered]
