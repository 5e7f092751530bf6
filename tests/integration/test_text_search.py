"""Words of texts found through the index, copies of a text, and both kept in step with edits and erasure."""

# ruff: noqa: RUF001 - Cyrillic words are meant to be Cyrillic

import pytest
from builders import START_MS, make_comment, put_comment, put_revision
from sqlalchemy import text

from moderator.domain.comment import AuthorKind, Copies
from moderator.domain.filter import parse_filter
from moderator.errors import ConfigError
from moderator.storage import queue
from moderator.storage.copies import copies
from moderator.storage.rows import Viewpoint
from moderator.storage.text_index import POSTGRESQL_WORDS, index_texts

VIEW = Viewpoint(START_MS)


def put(conn, body, **given):
    columns = given.pop("columns", {})
    number = put_comment(conn, make_comment(body=body, **given), **columns)
    index_texts(conn, [number])
    return number


def found(conn, line):
    return sorted(queue.ids(conn, parse_filter(line), VIEW))


@pytest.fixture
def said(database):
    with database.write() as conn:
        bodies = (
            "The bridge is closed again.",
            "Bridges burn; nobody cares.",
            "МОСТ закрыт, объезд через центр",
            "It's closed:\nthe bridge, I mean!",
            "see news.example/bridge_works-2026",
        )
        return [put(conn, body) for body in bodies]


def test_words_are_found_in_either_case_from_their_beginning(database, said):
    with database.read() as conn:
        assert found(conn, "text:bridge") == [said[0], said[1], said[3], said[4]]
        assert found(conn, "text:BRIDGES") == [said[1]]
        assert found(conn, "text:мост") == [said[2]]
        assert found(conn, "text:works") == [said[4]]
        assert found(conn, "text:ridge") == []


def test_several_words_stand_in_a_row_as_typed(database, said):
    with database.read() as conn:
        assert found(conn, 'text:"closed again"') == [said[0]]
        assert found(conn, 'text:"again closed"') == []
        assert found(conn, "text:closed") == [said[0], said[3]]
        assert queue.count(conn, parse_filter("text:closed"), VIEW) == 2
        assert [row.id for row in queue.first_rows(conn, parse_filter("text:closed"), 1, VIEW)] == [said[0]]


@pytest.mark.parametrize("hostile", ['text:"it\'s"', "text:a*", "text:(zzz)", "text:NOT", "text:AND|or&not!", "text:_"])
def test_signs_of_a_query_language_are_only_text(database, said, hostile):
    with database.read() as conn:
        if hostile == "text:_":
            with pytest.raises(ConfigError, match="a letter or a digit"):
                found(conn, hostile)
        else:
            assert set(found(conn, hostile)) <= {said[0], said[3]}


def test_an_edit_and_an_erasure_take_the_old_words_out(database, said):
    with database.write() as conn:
        put_revision(conn, said[0], 2, "The tunnel is open.")
        conn.execute(text("UPDATE comment SET revision = 2 WHERE id = :id"), {"id": said[0]})
        index_texts(conn, [said[0]])
        assert said[0] not in found(conn, "text:bridge")
        assert found(conn, "text:tunnel") == [said[0]]
        conn.execute(text("UPDATE revision SET body = '' WHERE comment_id = :id"), {"id": said[0]})
        conn.execute(text("DELETE FROM revision WHERE comment_id = :id"), {"id": said[1]})
        assert found(conn, "text:tunnel") == []
        assert found(conn, "text:bridge") == [said[3], said[4]]
        if database.dialect == "sqlite":
            # What the index itself holds, past every join: no word of what is gone.
            conn.exec_driver_sql("CREATE VIRTUAL TABLE temp.held USING fts5vocab(main, comment_text, row)")
            held = set(conn.exec_driver_sql("SELECT term FROM held").scalars())
            assert "мост" in held
            assert not held & {"tunnel", "open", "bridges", "burn", "nobody"}


def test_indexing_again_changes_nothing(database, said):
    with database.write() as conn:
        index_texts(conn, said)
        index_texts(conn, said)
        assert found(conn, "text:closed") == [said[0], said[3]]


def test_an_index_serves_the_search(database, said):
    with database.read() as conn:
        if database.dialect == "postgresql":
            conn.execute(text("SET LOCAL enable_seqscan = off"))
            search = f"SELECT 1 FROM revision WHERE {POSTGRESQL_WORDS} @@ to_tsquery('bridge')"
            plan = conn.execute(text(f"EXPLAIN {search}"))
            assert "ix_revision_text" in "\n".join(plan.scalars())


def test_copies_are_found_though_a_word_was_changed(database):
    wave = "Take the licences away from every driver in this miserable town before another child is hurt"
    with database.write() as conn:
        first = put(conn, wave, posted_at_ms=START_MS - 60_000)
        second = put(conn, wave.replace("miserable", "wretched"), posted_at_ms=START_MS - 120_000)
        decided = put(conn, f"{wave}!!!", posted_at_ms=START_MS - 7_200_000, columns={"status": "rejected"})
        put(conn, "Every driver in this town pays for the licences of another child.")
        put(conn, "Quite another text about nothing of the kind.")
        assert copies(conn, first, START_MS) == Copies((decided, second), waiting=1, last_hour=1)
        assert found(conn, f"like:{second}") == [first, second]
        assert found(conn, f"like:{second} status:all") == [first, second, decided]
        assert copies(conn, 999_999, START_MS) == Copies()


def test_short_texts_and_texts_without_words_have_copies_only_if_they_are_the_same(database):
    with database.write() as conn:
        shame = [put(conn, body) for body in ("Shame!", "SHAME", "shame on you")]
        signs = [put(conn, "!!!"), put(conn, "!!!")]
        assert copies(conn, shame[0], START_MS).ids == (shame[1],)
        assert copies(conn, signs[0], START_MS) == Copies()


def test_age_kind_of_author_number_and_band(database):
    with database.write() as conn:
        young = put(conn, "young", posted_at_ms=START_MS - 60_000, author_kind=AuthorKind.GUEST)
        known = {"author_kind": AuthorKind.REGISTERED, "author_name": "R"}
        old = put(conn, "old", posted_at_ms=START_MS - 3 * 3_600_000, **known)
        assert found(conn, "age<2h") == [young]
        assert found(conn, "age>2h") == [old]
        assert found(conn, "author:registered") == [old]
        assert found(conn, f"id:{old}") == [old]
        assert found(conn, "age>1h age<4h author:registered text:old") == [old]
