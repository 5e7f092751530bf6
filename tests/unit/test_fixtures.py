from collections import Counter
from pathlib import Path

from moderator.connectors.base import BadRecord
from moderator.connectors.files import FileOptions, open_file
from moderator.domain.comment import AuthorKind
from moderator.services.admission import problem

FIXTURES = Path(__file__).parents[2] / "fixtures"
NOW_MS = 1_793_534_400_000
DAY_MS = 86_400_000


def demo():
    return list(open_file(str(FIXTURES / "demo.jsonl"), FileOptions(now_ms=NOW_MS, source="demo")).records())


def test_every_demo_comment_is_taken_in():
    comments = demo()
    assert len(comments) >= 60
    assert not [comment for comment in comments if isinstance(comment, BadRecord) or problem(comment)]
    assert len({comment.remote_id for comment in comments}) == len(comments)


def test_the_demo_shows_what_a_queue_holds():
    comments = demo()
    articles = {comment.article_url: comment for comment in comments}
    assert len(articles) >= 6
    assert {comment.section for comment in comments} == {"world", "local", "sport", "politics"}
    assert all(comment.article_title for comment in comments)
    assert {"en", "ru", "uk", "de"} <= {comment.language for comment in comments}
    kinds = Counter(comment.author_kind for comment in comments)
    assert min(kinds[AuthorKind.GUEST], kinds[AuthorKind.REGISTERED]) > 20
    assert all(
        (comment.author_remote_id is None) == (comment.author_kind is AuthorKind.GUEST) and comment.author_name
        for comment in comments
    )
    assert sum(bool(comment.likes) for comment in comments) > 50
    assert sum(bool(comment.dislikes) for comment in comments) > 40


def test_demo_threads_hold_together():
    comments = {comment.remote_id: comment for comment in demo()}
    replies = [comment for comment in comments.values() if comment.parent_remote_id]
    assert len(replies) > 20
    for reply in replies:
        parent = comments[reply.parent_remote_id]
        assert parent.article_url == reply.article_url
        assert parent.posted_at_ms < reply.posted_at_ms


def test_the_demo_is_fresh_whenever_it_starts():
    times = [comment.posted_at_ms for comment in demo()]
    assert times == sorted(times)
    assert times[0] > NOW_MS - 4 * DAY_MS
    assert times[-1] < NOW_MS


def test_the_readme_names_every_file():
    readme = (FIXTURES / "README.md").read_text(encoding="utf-8")
    own = [path.name for path in FIXTURES.glob("*.jsonl") if not path.name.endswith(".rejects.jsonl")]
    assert all(f"`{name}`" in readme for name in own)
    assert f"{len(demo())} comments in threads under {len({each.article_url for each in demo()})} articles" in readme
