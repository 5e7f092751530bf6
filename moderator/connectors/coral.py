"""Coral: comments in its moderation queues, and decisions back, over GraphQL.

Source: Coral 9, `server/src/core/server/graph/schema/schema.graphql`: `moderationQueues`, `approveComment`,
`rejectComment`, `COMMENT_STATUS`, `REJECTION_REASON_CODE`; errors carry `extensions {code}`.
"""

from __future__ import annotations

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
from moderator.domain.comment import AuthorKind, IncomingComment, Status
from moderator.errors import ConfigError, ConnectorError, ConnectorUnavailableError
from moderator.text.visible import visible_line

if TYPE_CHECKING:
    import httpx

STATUSES: Mapping[str, Status] = {
    "NONE": Status.PENDING,
    "PREMOD": Status.PENDING,
    "SYSTEM_WITHHELD": Status.PENDING,
    "APPROVED": Status.APPROVED,
    "REJECTED": Status.REJECTED,
}
_REASONS = {
    "collective_blame": "HATE_SPEECH",
    "hate": "HATE_SPEECH",
    "insult": "HARASSMENT_BULLYING",
    "threat": "ABUSIVE",
    "obscene": "OFFENSIVE",
    "spam": "SPAM",
    "off_topic": "IRRELEVANT_CONTENT",
    "misinformation": "MISINFORMATION",
    "*": "OTHER",
}
_MOST_PARENTS = 1000
_QUEUES = frozenset({"pending", "reported", "unmoderated"})
_GONE = frozenset({"COMMENT_NOT_FOUND", "COMMENT_REVISION_NOT_FOUND"})
_LOGIN = frozenset({"TOKEN_INVALID", "TOKEN_NOT_FOUND", "USER_NOT_ENTITLED", "RAW_QUERY_NOT_AUTHORIZED"})
_PAGE = """query Held($after: Cursor) { moderationQueues { %s { count comments(first: 50, after: $after, orderBy:
CREATED_AT_ASC) { nodes { id status createdAt parent { id body createdAt author { id username } } author { id username }
story { url metadata { title } } revision { id body } } pageInfo { hasNextPage endCursor } } } } }"""
_ONE = "query One($id: ID!) { comment(id: $id) { id status revision { id body } } }"
_APPROVE = "mutation A($input: ApproveCommentInput!) { approveComment(input: $input) { comment { status } } }"
_REJECT = "mutation R($input: RejectCommentInput!) { rejectComment(input: $input) { comment { status } } }"


def to_comment(node: Mapping[str, Any], source: str) -> IncomingComment:
    """One comment of a queue.

    Raises:
        KeyError: A field is missing.
        TypeError: A field is of another kind.
        ValueError: The date can't be read.
    """
    story, author = table(node.get("story")), table(node.get("author"))
    return IncomingComment(
        source=source,
        remote_id=str(node["id"]),
        body=text_of_html(node["revision"]["body"], keep_lines=True),
        article_url=str(story.get("url") or ""),
        article_title=str(table(story.get("metadata")).get("title") or ""),
        author_name=str(author.get("username") or ""),
        author_kind=AuthorKind.REGISTERED if author.get("id") else AuthorKind.GUEST,
        author_remote_id=str(author["id"]) if author.get("id") else None,
        parent_remote_id=str(node["parent"]["id"]) if node.get("parent") else None,
        posted_at_ms=round(datetime.fromisoformat(node["createdAt"]).timestamp() * 1000),
    )


class _GraphQLError(ConnectorError):
    """Coral's own error, by its code."""

    def __init__(self, name: str) -> None:
        super().__init__(f"Coral refuses: {visible_line(name, 60)}", code="connector.status")
        self.name = name


class _Api:
    def __init__(self, site: SiteSettings, transport: httpx.BaseTransport | None, limits: Mapping[str, Any]) -> None:
        required(site, "url", "token")
        self._site = site
        headers = {"Authorization": f"Bearer {site.token}"}
        self.fetcher = open_fetcher(site, headers, transport=transport, limits=limits)

    def ask(self, query: str, **variables: Any) -> Mapping[str, Any]:
        """The `data` of an answer.

        Raises:
            ConnectorError: Coral refuses; `_GraphQLError` where it names a reason that isn't about us.
        """
        address = self._site.url.rstrip("/") + "/api/graphql"
        # What is asked twice is answered twice; a decision is a state, so repeating one changes nothing either.
        reply = self.fetcher.send("POST", address, json={"query": query, "variables": variables}, repeatable=True)
        answer = accepted(reply, self._site, "a query").json()
        errors = entries(table(answer).get("errors"))
        if not errors:
            return answer["data"]
        name = str(table(table(errors[0]).get("extensions")).get("code") or "UNKNOWN")
        if name == "RATE_LIMIT_EXCEEDED":
            raise ConnectorUnavailableError("Coral has had too many requests", code="connector.rate_limit")
        if name in _LOGIN:
            hint = "It must be an administrator's, made with coral-cli token:create."
            raise ConnectorError("Coral refuses the token", code="connector.login", hint=hint)
        raise _GraphQLError(name)


class CoralSource(SiteReader):
    """Comments in Coral's moderation queues.

    Args:
        site: `url` and an administrator's `token`. Option `queues`: some of pending, reported, unmoderated, with
            commas between; pending unless said.
        transport: In place of the network.

    Raises:
        ConfigError: Something is missing, or there is no such queue.
    """

    def __init__(self, site: SiteSettings, *, transport: httpx.BaseTransport | None = None) -> None:
        super().__init__(site)
        self._api = _Api(site, transport, READING)
        self._parents: dict[str, IncomingComment] = {}
        self._queues = [each.strip() for each in str(site.options.get("queues", "pending")).split(",")]
        if not _QUEUES.issuperset(self._queues):
            known = ", ".join(sorted(_QUEUES))
            raise ConfigError(f"sources.{site.name}.options.queues: known are {known}", code="config.source")

    def waiting(self) -> Iterator[IncomingComment | BadRecord]:
        """All that waits: Coral's cursors are moments in time, so decided comments shift nothing.

        Raises:
            ConnectorError: Coral can't be reached or refuses us.
        """
        self._parents.clear()
        for queue in self._queues:
            after: str | None = None
            while True:
                page = self._queue(queue, after)["comments"]
                for node in page["nodes"]:
                    try:
                        self._note_parent(node)
                        yield to_comment(node, self.name)
                    except (KeyError, TypeError, ValueError) as error:
                        yield BadRecord(self.site.url, None, f"a comment: {type(error).__name__}", "record.shape")
                place = page["pageInfo"]
                if not place["hasNextPage"] or place["endCursor"] in {None, after}:
                    break
                after = place["endCursor"]

    def parents(self, remote_ids: Sequence[str]) -> Iterator[IncomingComment]:
        """Comments that others answer: they came with their answers, so this asks nobody."""
        yield from (self._parents[each] for each in remote_ids if each in self._parents)
        self._parents.clear()

    def held_count(self) -> int | None:
        """How many comments wait in the queues."""
        counts = [self._queue(queue, None).get("count") for queue in self._queues]
        return None if None in counts else sum(filter(None, counts))

    def check(self) -> Sequence[Finding]:
        """Address, token, rights."""
        return [Finding(True, f"Coral takes the token; {self.held_count()} comments wait.")]

    def close(self) -> None:
        """Ends the connections."""
        self._api.fetcher.close()

    def _note_parent(self, node: Mapping[str, Any]) -> None:
        """Keeps what a comment answers until somebody asks for it."""
        parent = table(node.get("parent"))
        if parent.get("body") and len(self._parents) < _MOST_PARENTS:
            whole = {**parent, "revision": {"body": parent["body"]}, "story": node.get("story")}
            self._parents[str(parent["id"])] = to_comment(whole, self.name)

    def _queue(self, queue: str, after: str | None) -> Mapping[str, Any]:
        return self._api.ask(_PAGE % queue, after=after)["moderationQueues"][queue]


class CoralSink(SiteWriter):
    """Decisions to Coral: approve or reject, and from one to the other. There's no way back to waiting.

    Args:
        site: As for the source; `reasons` maps to Coral's rejection codes.
        transport: In place of the network.

    Raises:
        ConfigError: Something is missing.
    """

    title = "Coral"

    def __init__(self, site: SiteSettings, *, transport: httpx.BaseTransport | None = None) -> None:
        super().__init__(site)
        self._api = _Api(site, transport, WRITING)

    def send(self, parcel: Parcel) -> Answer:
        """Delivers one decision.

        Raises:
            ConnectorError: Coral can't be reached or refuses us.
        """
        number, revision = parcel.decision.remote_id, ""

        def read() -> Found:
            nonlocal revision
            comment = self._api.ask(_ONE, id=number)["comment"]
            if comment is None or not comment.get("revision"):
                return GONE
            revision = comment["revision"]["id"]
            return Found(STATUSES.get(comment["status"]), text_of_html(comment["revision"]["body"], keep_lines=True))

        return exchange(parcel, read, lambda: self._write(parcel, number, revision))

    def close(self) -> None:
        """Ends the connections."""
        self._api.fetcher.close()

    def _write(self, parcel: Parcel, number: str, revision: str) -> Answer | None:
        if (stays := self.stays(parcel)) is not None:
            return stays
        target: dict[str, Any] = {
            "commentID": number,
            "commentRevisionID": revision,
            "clientMutationId": parcel.decision.decision_id,
        }
        try:
            if parcel.wanted is Status.APPROVED:
                self._api.ask(_APPROVE, input=target)
            else:
                code = self.site.word_for(parcel.decision.reason_code, _REASONS)
                self._api.ask(_REJECT, input=target | {"reason": {"code": code}})
        except _GraphQLError as error:
            if error.name in _GONE:
                return Answer(Verdict.CONFLICT, parcel.stood, "The text was edited on the site since it was read.")
            return Answer(Verdict.REFUSED, parcel.stood, error.message)
        return None
