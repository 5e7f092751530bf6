"""Does every decision arrive, and none twice? Kills the deliverer at random moments and asks the site.

A small server on loopback speaks WordPress's REST as far as delivering needs it, and writes down every change of a
comment's status: it changes first and answers a moment later, so that a kill falls between the two. A child delivers
with the real service, the real connector and a real SQLite file, and is killed with SIGKILL at seeded random moments.
At the end nobody kills any more. Each comment must then have gone through just the statuses that were decided, in their
order and each once: some are approved, some rejected, some approved, taken back and rejected. Ends with 1 otherwise.

    python benchmarks/deliver_kills.py --kills 100 --decisions 100        at least so many of each
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import os
import random
import signal
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from multiprocessing.connection import Connection
from pathlib import Path
from urllib.parse import urlsplit
from urllib.request import urlopen

import moderator.connectors.http  # noqa: F401 - imported once here and not in each child
from moderator.connectors.base import SiteSettings
from moderator.connectors.wordpress import WordPressSink
from moderator.domain.comment import IncomingComment
from moderator.domain.decision import Action, Intent
from moderator.domain.policy import Policy
from moderator.domain.queue import QueueQuery
from moderator.services.delivery import Delivery
from moderator.services.intake import Intake
from moderator.services.review import Review
from moderator.storage import outbox
from moderator.storage.decisions import DecisionWriter
from moderator.storage.engine import Database
from moderator.storage.outbox import State

LONGEST_LIFE_S = 1.0
"""A child lives up to this long after it was started."""

CLAIM_S = 0.1
"""Nobody delivers beside the child, so what a killed one had claimed may be tried again at once."""

WAITING = 12
"""Comments that are decided whenever fewer decisions than this wait."""

_ANSWER_AFTER_S = 0.004
_WAYS: Sequence[Sequence[tuple[Action, str]]] = (
    ((Action.APPROVE, "approved"),),
    ((Action.REJECT, "trash"),),
    ((Action.APPROVE, "approved"), (Action.UNDO, "hold"), (Action.REJECT, "trash")),
)
_KEY = b"benchmark"
_FORK = multiprocessing.get_context("fork")


@dataclass(frozen=True, slots=True)
class Summary:
    """What came of a run.

    Attributes:
        claimed: Kills that left a decision claimed: it was under way.
    """

    kills: int
    decisions: int
    claimed: int
    elapsed_s: float
    problems: tuple[str, ...]


def serve(told: Connection) -> None:
    """The site, in a process of its own: `/changes` gives every change so far, by comment."""
    stands: defaultdict[str, str] = defaultdict(lambda: "hold")
    changes: defaultdict[str, list[str]] = defaultdict(list)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            path = urlsplit(self.path).path
            self._answer(changes if path == "/changes" else item(path.rpartition("/")[2]))

        def do_POST(self) -> None:
            number = urlsplit(self.path).path.rpartition("/")[2]
            wanted = json.loads(self.rfile.read(int(self.headers["Content-Length"])))["status"]
            if stands[number] != wanted:
                stands[number] = wanted
                changes[number].append(wanted)
            time.sleep(_ANSWER_AFTER_S)
            self._answer(item(number))

        def _answer(self, value: object) -> None:
            body = json.dumps(value).encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    def item(number: str) -> dict[str, object]:
        given = {"author": 0, "author_name": "Ann", "author_ip": "192.0.2.1", "author_user_agent": "b", "parent": 0}
        place = {"post": 1, "link": "https://news.example/bridge", "date_gmt": "2026-11-01T12:00:00"}
        text = {"content": {"raw": f"Comment {number}."}, "status": stands[number]}
        return {"id": int(number) if number.isdigit() else 0, **given, **place, **text}

    class Server(ThreadingHTTPServer):
        daemon_threads = True

        def handle_error(self, *_: object) -> None:
            pass  # whoever asked was killed

    with Server(("127.0.0.1", 0), Handler) as server:
        told.send(server.server_port)
        server.serve_forever()


def writer() -> DecisionWriter:
    policy = Policy({})
    return DecisionWriter(policy=policy, app_version="0", author_key=_KEY, sinks=frozenset({"blog"}), undo_window_ms=0)


def deliver(path: Path, site: SiteSettings) -> None:
    """The child: sends what waits until nothing does, or until it's killed."""
    with Database.open(f"sqlite:///{path}", migrate=False) as db:
        delivery = Delivery(db, writer(), ["blog"], lambda _: WordPressSink(site), claim_s=CLAIM_S)
        while delivery.run().waiting:
            time.sleep(0.01)
        delivery.close()


class Desk:
    """Takes comments in and decides on them, between two kills."""

    def __init__(self, path: Path, seed: int) -> None:
        self._path = path
        self._chance = random.Random(seed)
        self._numbers = 0
        self.wanted: dict[str, list[str]] = {}
        with Database.open(f"sqlite:///{path}"):
            pass

    @property
    def decisions(self) -> int:
        """How many were made so far."""
        return sum(map(len, self.wanted.values()))

    def states(self) -> dict[State, int]:
        """How many decisions are held, claimed, or given up."""
        with Database.open(f"sqlite:///{self._path}", migrate=False) as db, db.read() as conn:
            return {state: count for (_, state), count in outbox.depths(conn).items()}

    def last_claim_ms(self) -> int:
        """Until when the decision that was claimed last is claimed, UTC milliseconds; 0 where none is."""
        with Database.open(f"sqlite:///{self._path}", migrate=False) as db, db.read() as conn:
            return max((entry.not_before_ms for entry in outbox.entries(conn, [State.SENDING])), default=0)

    def decide_some(self) -> None:
        """Decides on a few comments, each in one of the ways."""
        with Database.open(f"sqlite:///{self._path}", migrate=False) as db:
            Intake(db, writer()).run(self)
            review = Review(
                db,
                Policy({}),
                moderator="anna",
                app_version="0",
                author_key=_KEY,
                sinks=frozenset({"blog"}),
                undo_window_s=0,
            )
            for row in review.first_rows(QueueQuery(), WAITING):
                card = review.card(row.id)
                way = self._chance.choice(_WAYS)
                for action, _ in way:
                    if action is Action.UNDO:
                        review.undo()
                    else:
                        review.decide(Intent(comment_id=row.id, revision=card.revision, action=action))
                self.wanted[card.remote_id] = [status for _, status in way]

    # A source of comments, as `Intake` reads one.

    name = "blog"

    @property
    def position(self):  # noqa: ANN201, D102 - a source's
        from moderator.connectors.base import Position  # noqa: PLC0415

        return Position("benchmark", None, 0, None)

    def records(self):  # noqa: ANN201, D102 - a source's
        for _ in range(WAITING):
            self._numbers += 1
            number = str(self._numbers)
            address = "https://news.example/bridge"
            yield IncomingComment(source="blog", remote_id=number, body=f"Comment {number}.", article_url=address)


def run(folder: Path, kills: int, seed: int, decisions: int = 0) -> Summary:
    """Kills deliverers one after the other, then lets one finish, and compares.

    Args:
        folder: For the database.
        kills: How many at least.
        seed: Of the moments and of what is decided.
        decisions: How many are decided at least: on a slow machine that takes more kills.
    """
    start, chance = time.monotonic(), random.Random(seed)
    told, tell = _FORK.Pipe(duplex=False)
    server = _FORK.Process(target=serve, args=(tell,), daemon=True)
    server.start()
    address = f"http://127.0.0.1:{told.recv()}"
    site = SiteSettings(
        name="blog",
        system="wordpress",
        url=address,
        username="anna",
        password="benchmark",  # noqa: S106 - of a server that asks nobody
        allow_addresses=("127.0.0.0/8",),
        plain_http=True,
    )
    path = folder / "outbox.sqlite3"
    desk = Desk(path, seed)
    killed = claimed = 0
    while killed < kills or desk.decisions < decisions:
        if sum(desk.states().values()) < WAITING:
            desk.decide_some()
        claim_ms = desk.last_claim_ms()
        child = _FORK.Process(target=deliver, args=(path, site))
        child.start()
        time.sleep(chance.uniform(0, LONGEST_LIFE_S))
        if child.pid is not None and child.is_alive():
            os.kill(child.pid, signal.SIGKILL)
        child.join()
        # One that had nothing left to do ended by itself: that's no kill.
        killed += child.exitcode == -signal.SIGKILL
        claimed += desk.last_claim_ms() > claim_ms
        if sys.stderr.isatty():
            print(f"\r{killed}/{kills} kills, {len(desk.wanted):,} comments decided", end="", file=sys.stderr)
    last = _FORK.Process(target=deliver, args=(path, site))
    last.start()
    last.join()
    with urlopen(f"{address}/changes") as reply:  # noqa: S310 - ours
        changes = json.load(reply)
    server.kill()
    server.join()
    problems = [
        f"comment {number}: went {changes.get(number, [])} instead of {wanted}"
        for number, wanted in desk.wanted.items()
        if changes.get(number, []) != wanted
    ]
    if left := desk.states():
        problems.append(f"the outbox isn't empty: {left}")
    return Summary(killed, desk.decisions, claimed, time.monotonic() - start, tuple(problems))


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kills", type=int, default=100)
    parser.add_argument("--decisions", type=int, default=100, help="at least")
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="moderator-deliver-") as folder:
        summary = run(Path(folder), given.kills, given.seed, given.decisions)
    for problem in summary.problems[:20]:
        print(problem)
    print(
        f"{summary.kills} kills in {summary.elapsed_s:.0f} s: {summary.decisions:,} decisions,"
        f" {summary.claimed} kills with one under way, {len(summary.problems)} problems"
    )
    return 1 if summary.problems else 0


if __name__ == "__main__":
    sys.exit(main())
