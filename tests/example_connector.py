"""A whole connector, as a package of somebody else's might bring it: to a system whose queue is one JSON document.

    GET  /queue            [{"number": 1, "words": "...", "by": "...", "page": "...", "state": "waiting"}, ...]
    GET  /comment/1        one of them, or 404
    POST /comment/1        {"state": "shown" | "hidden"}

Its package would say in `pyproject.toml`:

    [project.entry-points."moderator.sources"]
    example = "example_connector:ExampleSource"
    [project.entry-points."moderator.sinks"]
    example = "example_connector:ExampleSink"
"""

from moderator.connectors.base import Abilities, Finding, Verdict
from moderator.connectors.exchange import GONE, Answer, Found, exchange
from moderator.connectors.site import SiteReader, accepted, open_fetcher, required
from moderator.domain.comment import IncomingComment, Status

STATES = {"waiting": Status.PENDING, "shown": Status.APPROVED, "hidden": Status.REJECTED}
WORDS = {status: word for word, status in STATES.items()}


def opened(site, transport):
    """The way to the system; the token goes to it alone."""
    required(site, "url", "token")
    return open_fetcher(site, {"Authorization": f"Bearer {site.token}"}, transport=transport)


class ExampleSource(SiteReader):
    """What waits there."""

    def __init__(self, site, *, transport=None):
        super().__init__(site)
        self._fetcher = opened(site, transport)

    def waiting(self):
        """Every entry of the queue, as ours."""
        for item in self._queue():
            yield IncomingComment(
                source=self.name,
                remote_id=str(item["number"]),
                body=item["words"],
                article_url=item["page"],
                author_name=item["by"],
                posted_at_ms=item["at_ms"],
            )

    def held_count(self):
        """How many."""
        return len(self._queue())

    def check(self):
        """Whether it answers."""
        return [Finding(True, f"{self.held_count()} comments wait.")]

    def close(self):
        """Ends the connections."""
        self._fetcher.close()

    def _queue(self):
        return accepted(self._fetcher.get(f"{self.site.url}/queue"), self.site, "reading what waits").json()


class ExampleSink:
    """Decisions back."""

    abilities = Abilities()

    def __init__(self, site, *, transport=None):
        self.name = site.name
        self._site = site
        self._fetcher = opened(site, transport)

    def send(self, parcel):
        """Reads, compares, writes, reads back."""
        address = f"{self._site.url}/comment/{parcel.decision.remote_id}"

        def read():
            reply = self._fetcher.get(address)
            if reply.status == 404:
                return GONE
            item = accepted(reply, self._site, "reading a comment").json()
            return Found(STATES[item["state"]], item["words"])

        def write():
            if parcel.wanted is Status.PENDING:
                return Answer(Verdict.STAYS, parcel.stood, "It knows no way back.")
            accepted(
                self._fetcher.send("POST", address, json={"state": WORDS[parcel.wanted]}), self._site, "a decision"
            )
            return None

        return exchange(parcel, read, write)

    def close(self):
        """Ends the connections."""
        self._fetcher.close()
