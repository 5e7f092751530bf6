"""Whatever a comment is read from, it comes in the same shape, by the same rules, with a place where it can't."""

import sqlite3

import pytest
from saved_pages import OPTIONS, SAVED

from moderator.connectors.base import BadRecord, Position, Source
from moderator.connectors.files import FileFormat, open_file
from moderator.domain.comment import IncomingComment
from moderator.errors import ConnectorError

RAW = {
    FileFormat.JSONL: '{"id": "1", "text": "Fine.", "author": "Ann"}\n{broken\n',
    FileFormat.CSV: "id,text,author\n1,Fine.,Ann\n2,x\n",
}


@pytest.fixture(params=[*SAVED, *RAW, FileFormat.ISSO], ids=lambda each: getattr(each, "name", str(each)))
def path(request, tmp_path):
    if request.param in RAW:
        made = tmp_path / f"comments.{request.param}"
        made.write_text(RAW[request.param])
        return made
    if request.param is FileFormat.ISSO:
        made = tmp_path / "comments.db"
        with sqlite3.connect(made) as database:
            database.execute("CREATE TABLE threads (id INTEGER PRIMARY KEY, uri TEXT, title TEXT)")
            names = "tid, id INTEGER PRIMARY KEY, parent, created, mode, text, author, likes, dislikes"
            database.execute(f"CREATE TABLE comments ({names})")
            database.execute("INSERT INTO comments VALUES (1, 1, NULL, 1790000000.5, 2, 'Fine.', 'Ann', 0, 0)")
            database.execute("INSERT INTO comments VALUES (1, 2, NULL, 'never', 2, 'Fine.', 'Ann', 0, 0)")
        database.close()
        return made
    return request.param


def test_every_reader_keeps_the_contract(path):
    source = open_file(str(path), OPTIONS)
    assert isinstance(source, Source)
    try:
        records = list(source.records())
    except ConnectorError as refused:
        error = refused
    else:
        error = None
    if error is not None:
        assert error.hint
        assert str(path) in error.message
        return
    for record in records:
        assert isinstance(record, IncomingComment | BadRecord)
        if isinstance(record, BadRecord):
            assert record.where.startswith(str(path))
            assert record.line or ": comment " in record.where
            assert record.reason
            assert "." in record.code
        else:
            assert record.source == source.name
            assert record.remote_id
    position = source.position
    assert isinstance(position, Position)
    assert position.bytes_total in {None, path.stat().st_size}


def test_reading_again_gives_the_same(path):
    def read():
        try:
            return list(open_file(str(path), OPTIONS).records())
        except ConnectorError as error:
            return error.message

    assert read() == read()


def test_a_reader_can_be_left_in_the_middle(path):
    records = open_file(str(path), OPTIONS).records()
    try:
        next(records, None)
    except ConnectorError:
        return
    records.close()
