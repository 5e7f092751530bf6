"""Does a real WordPress end up as the moderators decided? Pulls, scores, decides, delivers, and asks its own database.

    python benchmarks/wordpress.py SCRIPTS [--held 250] [--decided 100]

SCRIPTS is the folder of `wordpress.sh`, which starts a WordPress on loopback (see `services.py`). Five runs, each on
fresh comments that wait there, with the services that the desk itself uses, and with the scorer that comes with the
program:

- plain;
- the web server killed with SIGKILL while a pull reads its pages, and while decisions are delivered, and started again;
- a second moderator approving in wp-admin meanwhile, also what was rejected here;
- a password that is wrong or was revoked, and users who may not moderate.

After each, WordPress's database must show every status as decided, and every commenter's address and browser as they
were. Ends with 1 where anything differs.
"""

from __future__ import annotations

import argparse
import html
import os
import re
import sys
import tempfile
import threading
import time
from collections.abc import Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
from services import Service

from moderator.bootstrap import Services, open_services
from moderator.config import load
from moderator.domain.comment import Status
from moderator.domain.decision import Action, Intent
from moderator.domain.queue import QueueQuery
from moderator.errors import ConnectorError

STATE = """echo json_encode($wpdb->get_results("SELECT comment_ID id, comment_approved status, comment_author_IP ip,
    comment_agent agent FROM $wpdb->comments ORDER BY comment_ID"));"""
"""What WordPress's own database says of every comment."""

DECISIONS = ((Action.APPROVE, None, "1"), (Action.REJECT, "spam", "spam"), (Action.REJECT, "insult", "trash"))
"""What is decided in turn, and what WordPress calls it."""

_PAGE = 100
_MOMENT_S = 0.5

CONFIG = """
[review]
undo_window_s = 0
[scoring]
scorer = "{scorer}"
[sources.blog]
system = "wordpress"
url = "{url}"
username = "{user}"
plain_http = true
allow_addresses = ["127.0.0.0/8"]
"""


@dataclass(slots=True)
class Report:
    """What a run did.

    Attributes:
        wrong: What isn't as decided, in words.
    """

    name: str
    figures: dict[str, Any] = field(default_factory=dict[str, Any])
    wrong: list[str] = field(default_factory=list[str])

    @contextmanager
    def timed(self, what: str):  # noqa: ANN201 - a generator
        """Notes how long a part took, in seconds."""
        began = time.perf_counter()
        yield
        self.figures[f"{what}_s"] = round(time.perf_counter() - began, 2)

    def expect(self, what: str, found: object, wanted: object) -> None:
        """Notes a difference."""
        if found != wanted:
            self.wrong.append(f"{what}: {found!r} instead of {wanted!r}")


class Blog:
    """One WordPress, and a desk over it.

    Args:
        service: The running site.
        folder: For configuration and database, empty.
        scorer: Its name among the plug-ins.
    """

    def __init__(self, service: Service, folder: Path, scorer: str = "embedded") -> None:
        self.service = service
        self._folder = folder
        self._scorer = scorer

    @contextmanager
    def desk(self, name: str, user: str = "editor", password: str | None = None):  # noqa: ANN201 - a generator
        """The services of a desk with a database of its own."""
        facts = self.service.facts
        config = self._folder / f"{name}.toml"
        config.write_text(CONFIG.format(url=facts["url"], user=user, scorer=self._scorer))
        secret = password or facts["users"][user]["app_password"]
        env = {"HOME": str(self._folder), "MODERATOR_SOURCES__BLOG__PASSWORD": secret, "LOGNAME": "anna"}
        settings = load({"data_dir": str(self._folder / name)}, env, config)
        with open_services(settings) as services:
            yield services

    def seed(self, count: int) -> list[str]:
        """Fresh comments of guests that wait; their numbers there."""
        made = self.service.run("seed", str(count))
        return [str(number) for number in range(made["first"], made["last"] + 1)]

    def inside(self) -> dict[str, dict[str, str]]:
        """Every comment as WordPress's database has it, by number."""
        return {row["id"]: row for row in self.service.php(STATE)}

    def kill_after(self, requests: int) -> threading.Thread:
        """Kills the web server once it has answered so many requests more."""
        log, answered = self.service.data / "web.log", " Closing\n"
        before = log.read_text(errors="replace").count(answered)

        def watch() -> None:
            end = time.monotonic() + 300
            while log.read_text(errors="replace").count(answered) - before < requests:
                if time.monotonic() > end:
                    return
                time.sleep(0.005)
            self.service.kill("web")

        thread = threading.Thread(target=watch, daemon=True)
        thread.start()
        return thread

    def forget(self) -> None:
        """Deletes every comment, so that the next run begins with an empty queue."""
        self.service.php('$wpdb->query("DELETE FROM $wpdb->comments"); wp_cache_flush();')


def decide(
    services: Services, ids: Sequence[str], count: int, decisions: Sequence[tuple[Action, str | None, str]] = DECISIONS
) -> dict[str, str]:
    """Decides on the first `count` of these in the desk's services; number there -> what the site should call it."""
    review, wanted = services.review, {}
    cards = {card.remote_id: card for card in (review.card(row.id) for row in review.first_rows(QueueQuery(), 1000))}
    for at, number in enumerate(ids[:count]):
        action, reason, status = decisions[at % len(decisions)]
        card = cards[number]
        review.decide(Intent(comment_id=card.row.id, revision=card.revision, action=action, reason_code=reason))
        wanted[number] = status
    return wanted


def compare(report: Report, blog: Blog, ids: Sequence[str], wanted: dict[str, str], before: dict[str, Any]) -> None:
    """Holds WordPress's database to what was decided, and to what it said of the commenters."""
    after = blog.inside()
    for number in ids:
        report.expect(f"status of {number}", after[number]["status"], wanted.get(number, "0"))
        for what in ("ip", "agent"):
            report.expect(f"{what} of {number}", after[number][what], before[number][what])


def plain(blog: Blog, held: int, decided: int) -> Report:
    """Nothing goes wrong."""
    report, ids = Report("plain"), blog.seed(held)
    before = blog.inside()
    with blog.desk("plain") as services:
        with report.timed("pull"):
            added = services.sources.pull("blog").added
        report.expect("pulled", added, held)
        report.expect("pulled again", services.sources.pull("blog").added, 0)
        with report.timed("score"):
            report.expect("scored", services.scoring.run().scored, held)
        with report.timed("decide"):
            wanted = decide(services, ids, decided)
        with report.timed("deliver"):
            done = services.delivery.run()
        report.expect("sent", (done.sent, done.waiting, done.errors), (decided, 0, {}))
        report.expect("sent again", services.delivery.run().moved, 0)
    compare(report, blog, ids, wanted, before)
    return report


def killed(blog: Blog, held: int, decided: int) -> Report:
    """The web server dies in the middle of a pull, and of a delivery, and is started again."""
    report, ids = Report("server killed"), blog.seed(held)
    before = blog.inside()

    with blog.desk("killed") as services:
        # The front page, the count, and the first page with its titles have been given; the second page hasn't.
        watch = blog.kill_after(4 if held > _PAGE else 2)
        with report.timed("pull_broken"):
            try:
                services.sources.pull("blog")
                report.wrong.append("the pull ended well although its server was killed")
            except ConnectorError as error:
                report.figures["said"] = error.message
        watch.join()
        blog.service.run("up")
        summary = services.sources.pull("blog")
        report.expect("pulled at last", summary.added + summary.unchanged, held)
        wanted = decide(services, ids, decided)
        # Each decision takes three: a look, the decision, and a look at what came of it.
        watch = blog.kill_after(1 + 3 * max(decided * 2 // 5, 1))
        sent = services.delivery.run().sent
        watch.join()
        report.expect("broke off", 0 < sent < decided, True)
        report.figures["sent_before"] = sent
        blog.service.run("up")
        services.delivery.retry()
        done = services.delivery.run()
        report.expect("sent in all", (sent + done.sent, done.conflicts, done.waiting), (decided, 0, 0))
    compare(report, blog, ids, wanted, before)
    return report


class Admin:
    """A second moderator, in wp-admin with a browser's means."""

    def __init__(self, facts: dict[str, Any]) -> None:
        self._web = httpx.Client(base_url=facts["url"], follow_redirects=True, timeout=30)
        user = {"log": "editor", "pwd": facts["users"]["editor"]["password"], "testcookie": "1"}
        self._web.get("/wp-login.php")
        self._web.post("/wp-login.php", data=user)

    def links(self) -> dict[str, str]:
        """Addresses of "Approve" by comment, for all that waits."""
        text = self._web.get("/wp-admin/edit-comments.php", params={"comment_status": "moderated"}).text
        links = [html.unescape(link) for link in re.findall(r'href="([^"]*action=approvecomment[^"]*)"', text)]
        return {match[1]: link for link in links if (match := re.search(r"[?&]c=(\d+)", link))}

    def approve(self, link: str) -> float:
        """Clicks it. Returns when that was done, in seconds since 1970."""
        self._web.get(f"/wp-admin/{link}")
        return time.time()

    def close(self) -> None:
        """Ends the connections."""
        self._web.close()


def settled(services: Services) -> dict[str, float]:
    """When each decision arrived, by its comment's number, in seconds since 1970."""
    sql = "SELECT d.remote_id, o.settled_at_ms / 1000.0 FROM outbox o JOIN decision d ON d.seq = o.decision_seq"
    with services.db.read() as conn:
        return {number: at_s for number, at_s in conn.exec_driver_sql(sql) if at_s is not None}


def second_moderator(blog: Blog, held: int, decided: int) -> Report:
    """Somebody approves in wp-admin while decisions are delivered: neither overwrites what the other did first."""
    report, ids = Report("second moderator in wp-admin"), blog.seed(held)
    before = blog.inside()
    blog.service.php("update_user_option(2, 'edit_comments_per_page', 999);")
    admin = Admin(blog.service.facts)
    with blog.desk("second") as services:
        services.sources.pull("blog")
        wanted = decide(services, ids, decided)
        links = admin.links()
        report.expect("waiting in wp-admin", set(ids) <= set(links), True)
        # Every fourth of what was decided here, from the end, so that both meet; and some that nobody decided here.
        theirs = [*ids[:decided:4][::-1], *ids[decided : decided + max(decided // 10, 1)]]
        approved_s: dict[str, float] = {}
        at_work = threading.Thread(
            target=lambda: [approved_s.update({number: admin.approve(links[number])}) for number in theirs]
        )
        at_work.start()
        with report.timed("deliver"):
            done = services.delivery.run()
        at_work.join()
        report.figures |= {"approved_there": len(theirs), "sent": done.sent, "conflicts": done.conflicts}
        report.expect("every decision settled", (done.sent + done.conflicts, done.waiting), (decided, 0))
        after = blog.inside()
        back = {row.remote_id: row.note for row in services.review.history(limit=1000) if row.action is Action.REOPEN}
        report.expect("conflicts came back", len(back), done.conflicts)
        report.expect("with the reason", all("approved on the site" in str(note) for note in back.values()), True)
        waiting = {services.review.card(row.id).remote_id for row in services.review.first_rows(QueueQuery(), 1000)}
        report.expect("as rows of the queue", set(back) <= waiting, True)
        settled_s = settled(services)
    # Whoever came first, an approval in wp-admin is the last word there: before ours it's a conflict, after it theirs.
    # But between our look and our decision there's a moment, and WordPress lets the last of two writers win.
    at_once = [number for number in theirs if abs(approved_s[number] - settled_s.get(number, 0)) < _MOMENT_S]
    wanted |= {number: "1" for number in theirs if number not in at_once}
    overtaken = {number: after[number]["status"] for number in at_once if after[number]["status"] != "1"}
    wanted |= dict.fromkeys(at_once, "1") | overtaken
    report.figures |= {"at_the_same_moment": len(at_once), "overwritten_then": len(overtaken)}
    report.expect("conflicts stand as approved", {after[number]["status"] for number in back} <= {"1"}, True)
    admin.close()
    compare(report, blog, ids, wanted, before)
    return report


def passwords(blog: Blog) -> Report:
    """Logins that won't do: told in words by the check, and neither pull nor delivery changes anything."""
    report, ids = Report("logins"), blog.seed(1)
    made = blog.service.php(
        "$made = WP_Application_Passwords::create_new_application_password(2, ['name' => 'desk' . microtime()]);"
        "echo json_encode(['password' => $made[0], 'uuid' => $made[1]['uuid']]);"
    )
    with blog.desk("revoked", password=made["password"]) as services:
        services.sources.pull("blog")
        decide(services, ids, 1)
        blog.service.php(
            f"WP_Application_Passwords::delete_application_password(2, '{made['uuid']}'); echo json_encode([1]);"
        )
        _refused(report, "revoked", services, "user name or application password is wrong")
        done = services.delivery.run()
        report.expect("revoked: delivered", (done.sent, done.later), (0, 1))
        report.expect("revoked: said", "the login is wrong, was revoked" in done.errors.get("blog", ""), True)
    for user, password, words in (
        ("editor", "wrong wrong wrong", "user name or application password is wrong"),
        ("author", None, "may not moderate"),
        ("subscriber", None, "may not moderate"),
    ):
        name = "wrong" if password else user
        with blog.desk(name, user, password) as services:
            _refused(report, name, services, words)
    report.expect("still waits there", blog.inside()[ids[0]]["status"], "0")
    return report


def _refused(report: Report, name: str, services: Services, words: str) -> None:
    findings = services.sources.check("blog")
    said = " ".join(found.what + found.hint for found in findings if not found.ok)
    report.expect(f"{name}: check says so", words in said, True)
    report.expect(f"{name}: quotes no password", "wrong wrong" in said, False)
    try:
        services.sources.pull("blog")
        report.wrong.append(f"{name}: the pull ended well")
    except ConnectorError as error:
        report.expect(f"{name}: pull", error.code, "connector.login")
    report.expect(f"{name}: nothing came", services.review.status_counts()[Status.PENDING], 0)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("scripts", type=Path, help="folder of wordpress.sh")
    parser.add_argument("--held", type=int, default=250)
    parser.add_argument("--decided", type=int, default=100)
    given = parser.parse_args()
    service = Service(given.scripts.resolve(), "wordpress", "WP")
    failed = False
    try:
        print(f"WordPress {service.facts['version']}, {given.held} held, {given.decided} decided")
        with tempfile.TemporaryDirectory(prefix="moderator-wordpress-") as folder:
            os.chdir(folder)  # the settings of a checkout are nobody's here
            blog = Blog(service, Path(folder))
            for scenario in (plain, killed, second_moderator):
                report = scenario(blog, given.held, given.decided)
                failed |= show(report)
                blog.forget()
            failed |= show(passwords(blog))
    finally:
        service.down()
    return int(failed)


def show(report: Report) -> bool:
    """Prints a run; whether anything was wrong."""
    figures = ", ".join(f"{name} {value}" for name, value in report.figures.items())
    print(f"{report.name}: {'as decided' if not report.wrong else f'{len(report.wrong)} wrong'}  {figures}", flush=True)
    for words in report.wrong[:20]:
        print(f"  {words}")
    return bool(report.wrong)


if __name__ == "__main__":
    sys.exit(main())
