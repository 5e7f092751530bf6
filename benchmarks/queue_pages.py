"""How fast the queue is read: pages at any depth, the whole list, filters, cards. On synthetic comments.

    python benchmarks/queue_pages.py --count 1000000

Each figure is the best of some runs, wall clock and CPU, in milliseconds; a page by OFFSET at the same depth stands
beside the keyset page for comparison.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from sqlalchemy import Connection, text
from synthetic import fill_database

from moderator.domain.comment import Order, Status
from moderator.domain.queue import QueueQuery
from moderator.domain.score import Label
from moderator.storage import queue
from moderator.storage.card import card
from moderator.storage.engine import Database
from moderator.storage.rows import rows

PAGE = 60
_DEEP = 0.9

FILTERS = {
    "section": QueueQuery(section="sport"),
    "language": QueueQuery(language="uk"),
    "article": QueueQuery(article="0001"),
    "author": QueueQuery(author="77"),
    "risk": QueueQuery(min_risk=0.8),
    "score": QueueQuery(label=Label.INSULT, at_least=0.8),
    "every status": QueueQuery(statuses=frozenset(Status)),
}


def best(name: str, ask: Callable[[], object], runs: int = 5) -> None:
    """Prints the best of some runs."""
    walls: list[float] = []
    cpus: list[float] = []
    for _ in range(runs):
        wall, cpu = time.perf_counter(), time.process_time()
        ask()
        walls.append(time.perf_counter() - wall)
        cpus.append(time.process_time() - cpu)
    print(f"{name:<34}{min(walls) * 1000:>10.2f} ms{min(cpus) * 1000:>10.2f} ms CPU")


def measure(conn: Connection) -> None:
    """Prints one line per question."""
    best("counts per status", lambda: queue.status_counts(conn))
    for order in Order:
        query = QueueQuery(order=order)
        numbers = queue.ids(conn, query)
        deep = rows(conn, [numbers[int(len(numbers) * _DEEP)]])[0]
        best(f"{order}: first page", lambda query=query: queue.first_rows(conn, query, PAGE), 20)
        best(f"{order}: page at 90 %", lambda query=query, deep=deep: queue.next_rows(conn, query, deep, PAGE), 20)
        best(f"{order}: all {len(numbers):,} numbers", lambda query=query: queue.ids(conn, query), 3)
    offset = text("SELECT id FROM comment WHERE status = 'pending' ORDER BY risk DESC, id LIMIT :page OFFSET :skip")
    skip = int(queue.count(conn, QueueQuery()) * _DEEP)
    best("risk: page at 90 % by OFFSET", lambda: conn.execute(offset, {"page": PAGE, "skip": skip}).all())
    for name, query in FILTERS.items():
        count = len(queue.ids(conn, query))
        best(f"{name}: first page", lambda query=query: queue.first_rows(conn, query, PAGE), 3)
        best(f"{name}: all {count:,} numbers", lambda query=query: queue.ids(conn, query), 3)
    middle = [row.id for row in queue.first_rows(conn, QueueQuery(order=Order.NEWEST), 20)]
    for number in middle:
        card(conn, number)
    best("20 cards", lambda: [card(conn, number) for number in middle])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, default=1_000_000)
    parser.add_argument("--database", type=Path, help="a file that `synthetic.py database` made; else one is made")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="moderator-queue-") as folder:
        path = given.database or Path(folder) / "desk.sqlite3"
        if given.database is None:
            fill_database(path, given.count)
        with Database.open(f"sqlite:///{path}") as database, database.read() as conn:
            measure(conn)


if __name__ == "__main__":
    main()
