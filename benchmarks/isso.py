"""Does a real Isso end up as the moderators decided, by its admin page and by its database?

    python benchmarks/isso.py SCRIPTS [--held 250] [--decided 100]

SCRIPTS is the folder of `isso.sh`, which starts an Isso on loopback (see `services.py`). As for WordPress: pulled,
scored, decided and delivered with the desk's own services; then the same with the server killed with SIGKILL while
decisions are delivered, and started again; then with a wrong password. Each way asks Isso's database afterwards: what
was approved is shown, what was rejected is gone, all else waits, and every address is as it was. Ends with 1 otherwise.
"""

from __future__ import annotations

import argparse
import os
import sqlite3
import sys
import tempfile
import threading
import time
from collections.abc import Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from services import Service
from wordpress import Report, decide, show

from moderator.bootstrap import Services, open_services
from moderator.config import load
from moderator.domain.comment import Status
from moderator.domain.decision import Action
from moderator.errors import ConnectorError

WAYS = ("page", "database")
GONE, SHOWN, HELD = "gone", "1", "2"
DECISIONS: Sequence[tuple[Action, str | None, str]] = ((Action.APPROVE, None, SHOWN), (Action.REJECT, "insult", GONE))
CONFIG = """
[review]
undo_window_s = 0
[scoring]
scorer = "embedded"
[sources.site]
system = "isso"
url = "{url}"
plain_http = true
allow_addresses = ["127.0.0.0/8"]
[sources.site.options]
{options}
"""


class Site:
    """One Isso, and a desk over it.

    Args:
        service: The running Isso.
        folder: For configuration and database, empty.
    """

    def __init__(self, service: Service, folder: Path) -> None:
        self.service = service
        self._folder = folder

    @contextmanager
    def desk(self, name: str, way: str, password: str = ""):  # noqa: ANN201 - a generator
        """The services of a desk with a database of its own, by the admin page or by Isso's database."""
        facts, config = self.service.facts, self._folder / f"{name}.toml"
        options = f'database = "{facts["database"]}"' if way == "database" else ""
        config.write_text(CONFIG.format(url=facts["url"], options=options))
        secret = password or facts["admin_password"]
        env = {"HOME": str(self._folder), "MODERATOR_SOURCES__SITE__PASSWORD": secret, "LOGNAME": "anna"}
        with open_services(load({"data_dir": str(self._folder / name)}, env, config)) as services:
            yield services

    def inside(self) -> dict[str, tuple[str, str]]:
        """Mode and address of every comment that Isso has, by number."""
        address = f"file:{self.service.facts['database']}?mode=ro"
        with closing(sqlite3.connect(address, uri=True)) as database:
            rows = database.execute("SELECT id, mode, remote_addr FROM comments").fetchall()
        return {str(number): (str(mode), ip) for number, mode, ip in rows}

    def held(self) -> list[str]:
        """Numbers of what waits."""
        return [number for number, (mode, _) in self.inside().items() if mode == HELD]

    def kill_after(self, decided: int) -> threading.Thread:
        """Kills Isso once so many fewer wait there."""
        left = len(self.held()) - decided

        def watch() -> None:
            end = time.monotonic() + 120
            while len(self.held()) > left and time.monotonic() < end:
                time.sleep(0.005)
            self.service.kill("isso")

        thread = threading.Thread(target=watch, daemon=True)
        thread.start()
        return thread


def run(site: Site, way: str, held: int, decided: int, *, score: bool = True) -> Report:
    """One way in, with the server killed in the middle of delivering."""
    report = Report(f"by {way}")
    waits = site.held()
    site.service.run("seed", str(max(held - len(waits), 0)))
    before, ids = site.inside(), site.held()
    with site.desk(way, way) as services:
        with report.timed("pull"):
            report.expect("pulled", services.sources.pull("site").added, len(ids))
        report.expect("pulled again", services.sources.pull("site").added, 0)
        if score:
            with report.timed("score"):
                report.expect("scored", services.scoring.run().scored, len(ids))
        wanted = decide(services, ids, decided, DECISIONS)
        watch = site.kill_after(max(decided * 2 // 5, 1))
        with report.timed("deliver_until_killed"):
            sent = services.delivery.run().sent
        watch.join()
        site.service.run("up")
        services.delivery.retry()
        done = services.delivery.run()
        report.figures["sent_before"] = sent
        report.expect("sent in all", (sent + done.sent, done.conflicts, done.waiting), (decided, 0, 0))
        report.expect("sent again", services.delivery.run().moved, 0)
    after = site.inside()
    for number in ids:
        mode, ip = after.get(number, (GONE, before[number][1]))
        report.expect(f"comment {number}", (mode, ip), (wanted.get(number, HELD), before[number][1]))
    return report


def wrong_password(site: Site) -> Report:
    """The check says so, and nothing comes in."""
    report = Report("wrong password")
    with site.desk("wrong", "page", "wrong wrong wrong") as services:
        said = [finding.what for finding in services.sources.check("site") if not finding.ok]
        report.expect("check", said, ["Isso refuses the admin password"])
        report.expect("nothing came", _pulled(services), ("connector.login", 0))
    return report


def _pulled(services: Services) -> tuple[Any, int]:
    code = None
    try:
        services.sources.pull("site")
    except ConnectorError as error:
        code = error.code
    return code, services.review.status_counts()[Status.PENDING]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("scripts", type=Path, help="folder of isso.sh")
    parser.add_argument("--held", type=int, default=250)
    parser.add_argument("--decided", type=int, default=100)
    given = parser.parse_args()
    service = Service(given.scripts.resolve(), "isso", "ISSO")
    failed = False
    try:
        print(f"Isso {service.facts['version']}, {given.held} held, {given.decided} decided")
        with tempfile.TemporaryDirectory(prefix="moderator-isso-") as folder:
            os.chdir(folder)  # the settings of a checkout are nobody's here
            site = Site(service, Path(folder))
            for way in WAYS:
                failed |= show(run(site, way, given.held, given.decided))
            failed |= show(wrong_password(site))
    finally:
        service.down()
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
