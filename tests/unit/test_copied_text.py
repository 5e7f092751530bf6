"""Text as browsers copy it: each of these came out of a page of the kind that it's named for."""

import pytest

from moderator.connectors.files import FileFormat, FileOptions, open_source
from moderator.connectors.files.opened import open_bytes

NOW_MS = 1_795_348_800_000
HOUR_MS = 3_600_000
DAY_MS = 24 * HOUR_MS


def read(text):
    opened = open_bytes(text.encode(), "-", NOW_MS, "", "")
    found = open_source(opened, FileOptions(now_ms=NOW_MS), FileFormat.TEXT).records()
    return [(one.author_name, one.body, NOW_MS - one.posted_at_ms, one.likes, one.dislikes) for one in found]


WIDGETS = {
    "with tabs": (
        (
            "Comments (2)\tBest\tOldest\tNewest\r\nGuest\t1 day ago\r\nThis comment contains spoilers. Click here"
            " if you want to read.\r\nFirst.\r\nReply\t•\t3\t|\t0\r\nAnna\t2 days ago\tEdited\r\nTwo.\r\nReply\t•\t1\t|"
        ),
        [("Guest", "First.", DAY_MS, 3, 0), ("Anna", "Two.", 2 * DAY_MS, 0, 0)],
    ),
    "rank and votes on the lines of date and button": (
        (
            "Comments (3)\nBestOldestNewest\nGuest\nGuest • 1 day ago\nThis comment contains spoilers...\nOne\n"
            "Reply•0|0\nmara_k\nAdmin • 3 hours ago • Edited\nTwo\nReply•21|4\nKai\nGuest • 1h • Awaiting approval\n"
            "3.\nReply•0|0\nLoad more\n"
        ),
        [("Guest", "One", DAY_MS, 0, 0), ("mara_k", "Two", 3 * HOUR_MS, 21, 4), ("Kai", "3.", HOUR_MS, 0, 0)],
    ),
    "orders on one line, icons by name": (
        (
            "Loading comments...\nComments (1)\nBest Oldest Newest\nflag Guest Guest • 1 day ago\nThis comment contains"
            " spoilers. Click here if you want to read. Fine.\nReply • 0 thumb_up_alt | 2 thumb_down_alt\nPost Comment"
        ),
        [("Guest", "Fine.", DAY_MS, 0, 2)],
    ),
    "lines noted down with slashes": (
        "Comments (1) / Best Oldest Newest / Guest / 1 day ago / This comment contains spoilers... / It ends. / Reply",
        [("Guest", "It ends.", DAY_MS, 0, 0)],
    ),
    "names of emoji, with an initial, and answers that are folded": (
        "😀😎\n2 hours ago\nHi\nReply\nView replies (3)\nJohn D.\na day ago\nTop\nReply\n1 reply\nLoad more",
        [("😀😎", "Hi", 2 * HOUR_MS, 0, 0), ("John D.", "Top", DAY_MS, 0, 0)],
    ),
    "Disqus": (
        (
            "Sort by Best\nJoin the discussion…\n\nAnn Lee • 5 hours ago\nNice.\n\n4 △ ▽ • Reply • Share\nAvatar\n"
            "Bob > Ann Lee • 4 hours ago\nNot > nice.\n\n△ 1 ▽ • Reply • Share\n"
        ),
        [("Ann Lee", "Nice.", 5 * HOUR_MS, 0, 0), ("Bob", "Not > nice.", 4 * HOUR_MS, 0, 0)],
    ),
    "German": (
        (
            "2 Kommentare\nBeste\nGast\nvor 1 Tag\nDieser Kommentar enthält Spoiler. Klicken Sie hier, dann.\n"
            "Eins\nAntworten\nUwe\nvor 3 Stunden\nZwei\nAntworten\n"
        ),
        [("Gast", "Eins", DAY_MS, 0, 0), ("Uwe", "Zwei", 3 * HOUR_MS, 0, 0)],
    ),
    "Turkish": ("Yorumlar\nAyşe\n3 saat önce\nGüzel.\nCevapla\n", [("Ayşe", "Güzel.", 3 * HOUR_MS, 0, 0)]),
    "a whole page": (
        (
            "The bridge\nBy Ann\n2 days ago\nIt opens.\nComments (1)\nGuest\n1 day ago\nAt last.\nReply\n"
            "0\n0\nRelated posts\n10 best cats\n2 days ago\nTop 5 dogs\n3 days ago\n"
        ),
        [("Guest", "At last.", DAY_MS, 0, 0)],
    ),
    "a comment that begins with the word of a button": (
        "Guest\n1 day ago\nReply\nis what I did.\nReply\nBo\n2 hours ago\nWe left 3 days ago.\nOh.\nReply\n",
        [
            ("Guest", "Reply\nis what I did.", DAY_MS, 0, 0),
            ("Bo", "We left 3 days ago.\nOh.", 2 * HOUR_MS, 0, 0),
        ],
    ),
}


@pytest.mark.parametrize("name", WIDGETS)
def test_each_kind_gives_its_comments(name):
    text, expected = WIDGETS[name]
    assert read(text) == expected


def test_a_heading_that_counts_none_is_no_error():
    assert read("Comments (0)\nBest\nOldest\nNewest\nWrite the first comment\n") == []
