"""A desk on a real database, at a size, without a terminal.

`desk` opens the app under Pilot; `stored` is the database behind it with a few comments in it.
"""

import time
from contextlib import asynccontextmanager
from functools import partial
from types import SimpleNamespace

import builders
import pytest
from effort import PATIENCE_S
from textual.css.query import NoMatches

from moderator.domain.comment import AuthorKind
from moderator.domain.score import Label, ScorerId, ScoreSet
from moderator.services.delivery import Delivery
from moderator.services.figures import Figures
from moderator.services.review import Review
from moderator.services.scoring import ScoringService
from moderator.storage.engine import Database
from moderator.tui.app import DeskApp
from moderator.tui.look import Look
from moderator.tui.widgets.status_line import StatusLine, TopLine


class EchoScorer:
    """Scores a text by the number in it, so that a test can choose."""

    identity = ScorerId("echo", "1", "cafecafecafe")
    labels = frozenset({Label.TOXICITY, Label.INSULT})

    def score(self, requests):
        return [ScoreSet(self.identity, "en", {Label.TOXICITY: 0.95, Label.INSULT: 0.2}) for _ in requests]


class Stored:
    """The database, and hands to change it as somebody else would."""

    def __init__(self, url, clock):
        self.url = url
        self.clock = clock
        self.ids = []
        self.sinks = {}

    def services(self, moderator="anna"):
        db = Database.open(self.url)
        review = self.review(db, moderator)
        scoring = ScoringService(db, (EchoScorer(),), builders.POLICY, clock=self.clock)
        return SimpleNamespace(
            db=db,
            review=review,
            policy=builders.POLICY,
            scoring=scoring,
            figures=Figures(db, builders.POLICY, self.clock),
            delivery=Delivery(db, None, list(self.sinks), self.sinks.__getitem__),
        )

    def review(self, db, moderator):
        return Review(
            db,
            builders.POLICY,
            moderator=moderator,
            app_version="1",
            author_key=b"k" * 32,
            sinks=frozenset(self.sinks),
            clock=self.clock,
        )

    @property
    def colleague(self):
        """Another moderator's review on the same database."""
        return self.review(self.db, "olena")

    def open(self):
        self.db = Database.open(self.url)
        return self

    def colleagues_gone(self):
        """As if everybody had left their desk."""
        with self.db.write() as conn:
            conn.exec_driver_sql("DELETE FROM lease")

    def put(self, body, scores=None, spans=(), **given):
        """Stores a comment, scored unless `scores` is None, and returns its id."""
        from moderator.domain.policy import route
        from moderator.domain.score import Span
        from moderator.storage.tables import ScoreSpanRow

        columns = given.pop("columns", {})
        with self.db.write() as conn:
            if scores is None:
                comment_id = builders.put_comment(conn, builders.make_comment(body=body, **given), **columns)
            else:
                routing = route({Label(label): score for label, score in scores.items()}, builders.POLICY)
                lead = routing.lead
                columns = {
                    "scoring": "scored",
                    "risk": routing.risk,
                    "route": routing.route.value,
                    "lead_label": lead.value if lead else None,
                    "lead_score": scores[lead.value] if lead else None,
                    **columns,
                }
                comment_id = builders.put_comment(conn, builders.make_comment(body=body, **given), **columns)
                number = builders.put_scores(conn, comment_id, scores)
                for word, role, label in spans:
                    start = body.index(word)
                    span = Span(start, start + len(word), role, label)
                    conn.execute(
                        ScoreSpanRow.__table__.insert().values(
                            scoreset_id=number, start_at=span.start, end_at=span.end, role=role.value, label=label.value
                        )
                    )
        self.ids.append(comment_id)
        return comment_id

    def some(self, count=5):
        """Stores `count` comments of falling risk: 'First comment.', 'Second comment.', ..."""
        names = ("First", "Second", "Third", "Fourth", "Fifth", "Sixth", "Seventh", "Eighth", "Ninth", "Tenth")
        for at in range(count):
            self.put(
                f"{names[at]} comment.",
                {"toxicity": 0.95 - at * 0.05, "insult": 0.1},
                author_name=f"reader {at}",
                author_kind=AuthorKind.GUEST if at % 2 else AuthorKind.REGISTERED,
                article_title="The bridge is closed",
                posted_at_ms=builders.START_MS - (at + 1) * 3_600_000,
                language="en",
            )
        return self.ids

    def decisions(self):
        """Action and comment of every row of the log, oldest first."""
        return [(one.action.value, one.comment_id) for one in reversed(self.colleague.history(100))]


@pytest.fixture
def stored(sqlite_url, clock):
    made = Stored(sqlite_url, clock).open()
    yield made
    made.db.close()


class Desk:
    """The app under Pilot, with words for what tests look at."""

    def __init__(self, app, pilot, opened):
        self.app, self.pilot, self._opened = app, pilot, opened

    @property
    def screen(self):
        return self.app.screen

    @property
    def session(self):
        return self.screen.desk.session

    @property
    def body_of_current(self):
        row = self.screen.desk.row
        return None if row is None else row.excerpt

    def text(self, selector):
        """What a widget shows, line by line, without colours."""
        widget = self.screen.query_one(selector)
        if isinstance(widget, StatusLine | TopLine):
            return widget.text
        return "\n".join(widget.render_line(y).text.rstrip() for y in range(widget.size.height))

    @staticmethod
    def _so(condition):
        try:
            return condition()
        except NoMatches:  # the screen is there, and not yet what stands on it
            return False

    async def until(self, condition, what=""):
        """Waits for something to be so; a test never sleeps."""
        end = time.monotonic() + PATIENCE_S
        while not self._so(condition):
            if time.monotonic() > end:
                raise AssertionError(f"never happened: {what or condition}\n{self.text('#status')}")
            await self.pilot.pause(0.01)

    async def press(self, *keys):
        await self.pilot.press(*keys)

    async def settled(self):
        """All decisions answered and the comment under the cursor read."""
        await self.until(lambda: not self.session.pending, "decisions answered")
        await self.until(lambda: self.session.current is None or self.screen.desk.card is not None, "the comment read")
        await self.pilot.pause()


@asynccontextmanager
async def open_desk(stored, size=(100, 30), connect=None, ready=True, open_reading=None, **look):
    made = []

    def connect_here():
        made.append(stored.services())
        return made[-1]

    app = DeskApp(connect or connect_here, Look(moderator="anna", clock=stored.clock, **look), open_reading)
    try:
        async with app.run_test(size=size, notifications=True) as pilot:
            it = Desk(app, pilot, made)
            if ready:
                await it.until(lambda: getattr(it.screen, "desk", None) is not None, "the review screen")
                await it.until(lambda: it.session.complete, "the whole queue")
                await it.settled()
            yield it
    finally:
        app.close_backend(10)
        for services in made:
            services.db.close()


@pytest.fixture
def desk(stored):
    """`async with desk(size=(100, 30), keys={...}) as it:` opens the app on `stored`."""
    return partial(open_desk, stored)


@pytest.fixture
def stored_on_both(database_url, clock):
    """As `stored`, once on SQLite and once on PostgreSQL."""
    made = Stored(database_url, clock).open()
    yield made
    made.db.close()


@pytest.fixture
def desk_on_both(stored_on_both):
    return partial(open_desk, stored_on_both)
