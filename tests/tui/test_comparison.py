"""The keys that the page of comparison promises, pressed for real: what they do, and how many they are."""

import re
from pathlib import Path

import builders
import pytest

from moderator.domain.comment import AuthorKind, Status
from moderator.storage.text_index import index_texts

PAGE = (Path(__file__).parents[2] / "docs" / "comparison.md").read_text(encoding="utf-8")
KEYS = {"⇧→": "shift+right", "Space": "space", ".": ".", "=": "="}
WAVE = "Take the licences away from every driver in this miserable town before another child is hurt"
HOUR_MS = 3_600_000


def promised(number):
    """The keys of a job, and how many the page says they are."""
    row = next(line for line in PAGE.splitlines() if line.startswith(f"| {number} |"))
    _, _, _, keys, count, *_ = (cell.strip() for cell in row.split("|"))
    return [KEYS.get(key, key) for key in re.findall(r"`([^`]+)`", keys)], int(count)


@pytest.fixture
def queue(stored):
    """Six comments of falling risk: three copies of one text first, the first of them in a thread."""
    given = {"author_name": "Rosa", "author_kind": AuthorKind.GUEST}
    stored.put("The parent.", {"toxicity": 0.01}, remote_id="p", columns={"status": "approved"}, author_name="Piet")
    for at, words in enumerate(("miserable", "wretched", "forlorn")):
        parent = {"parent_remote_id": "p"} if at == 0 else {}
        stored.put(WAVE.replace("miserable", words), {"toxicity": 0.95 - at / 100}, **given, **parent)
    for at in range(3):
        old = {"posted_at_ms": builders.START_MS - 5 * HOUR_MS, "author_kind": AuthorKind.REGISTERED}
        stored.put(f"Another text, number {at}.", {"toxicity": 0.6 - at / 100}, author_name="Quinn", **old)
    with stored.db.write() as conn:
        index_texts(conn, stored.ids)
    return stored.ids[1:]


def decided(stored, action):
    return {one for what, one in stored.decisions() if what == action}


async def test_1_to_4_one_comment_after_the_other(desk, stored, queue):
    async with desk() as it:
        for number in (1, 2, 3, 4):
            keys, count = promised(number)
            assert len(keys) == count
            before = len(stored.decisions())
            await it.press(*keys)
            wanted = before + (2 if number == 4 else 1)
            await it.until(lambda wanted=wanted: len(stored.decisions()) == wanted, f"job {number}")
            await it.settled()
        first, second, third = queue[:3]
        assert stored.decisions() == [
            ("approve", first),
            ("reject", second),
            ("undo", second),
            ("reject", second),
            ("reject", third),
        ]
        assert {one.reason_code for one in stored.colleague.history(2)} == {"spam"}


async def test_5_a_wave(desk, stored, queue):
    keys, count = promised(5)
    assert len(keys) == count
    async with desk() as it:
        await it.press(keys[0])
        await it.until(lambda: len(it.session.marks) == 3, "listed and marked")
        await it.press(*keys[1:])
        await it.until(lambda: decided(stored, "reject") == set(queue[:3]), "rejected")
        await it.press("u")
        await it.until(lambda: decided(stored, "undo") == set(queue[:3]), "undone by one key")


async def test_6_four_in_a_row(desk, stored, queue):
    keys, count = promised(6)
    assert len(keys) == count
    async with desk() as it:
        await it.press(*keys)
        await it.until(lambda: decided(stored, "reject") == set(queue[:4]), "rejected")
        assert len({one.batch_id for one in stored.colleague.history(4)}) == 1


async def test_7_and_8_the_thread_and_the_author(desk, stored, queue):
    async with desk(size=(140, 40)) as it:
        for number, seen in ((7, "└ this comment"), (8, "first seen")):
            keys, count = promised(number)
            assert len(keys) == count
            assert seen not in it.text("#card")
            await it.press(*keys)
            assert seen in it.text("#card")


async def test_9_a_named_queue(desk, stored, queue):
    keys, count = promised(9)
    assert len(keys) == count
    async with desk(queues={"young guests": "author:guest age<2h"}) as it:
        await it.press(*keys)
        await it.until(lambda: list(it.session.ids) == list(queue[:3]), "the guests of the last two hours")


async def test_10_a_band(desk, stored, queue):
    keys, count = promised(10)
    assert len(keys) == count
    async with desk() as it:
        await it.press(keys[0])
        await it.until(lambda: getattr(it.app.screen, "band", None) and it.app.screen.band.scored, "the scores")
        await it.press(*keys[1:])
        await it.until(lambda: decided(stored, "escalate") == set(queue[:3]), "handed over")
        assert [row.status for row in stored.colleague.rows(queue[:3])] == [Status.ESCALATED] * 3
