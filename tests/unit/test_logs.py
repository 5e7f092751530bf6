"""The log holds ids, counts and places in the code; never what a reader wrote."""

import json
import logging

import pytest

from moderator import logs
from moderator.errors import StorageError

WRITTEN = "Nobody may read \x1b[2J this comment"


@pytest.fixture
def lines(tmp_path):
    """A log of our own, and what stands in it."""
    file = tmp_path / "new" / "moderator.log"
    handler = logs.configure(file, "info")
    yield lambda: [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]
    logging.getLogger("moderator").removeHandler(handler)
    handler.close()


def test_a_line_says_when_who_what_and_how_many(lines):
    logging.getLogger("moderator.services.intake").info("intake done", extra={"added": 3, "strict": False})
    logging.getLogger("moderator.services.intake").debug("not at this level")
    (line,) = lines()
    assert (line["from"], line["event"], line["added"], line["strict"]) == ("services.intake", "intake done", 3, False)
    assert line["at"].endswith("Z")
    assert line["level"] == "info"


def test_an_unexpected_error_leaves_its_place_but_neither_its_words_nor_its_locals(lines):
    body = WRITTEN

    def fail():
        local = body
        raise ValueError(f"cannot parse {local!r}")

    try:
        try:
            fail()
        except ValueError as error:
            raise RuntimeError(body) from error
    except RuntimeError:
        logging.getLogger("moderator.cli").exception("unexpected")
    (line,) = lines()
    assert [entry["kind"] for entry in line["error"]] == ["RuntimeError", "ValueError"]
    assert "test_logs.py" in line["error"][1]["frames"][-1]
    assert "fail" in line["error"][1]["frames"][-1]
    assert "Nobody" not in json.dumps(line)


def test_our_own_and_the_machines_words_are_kept(lines):
    for error in (StorageError("desk.sqlite3: disk is full"), FileNotFoundError(2, "No such file", "x.toml")):
        try:
            raise error
        except type(error):
            logging.getLogger("moderator.cli").exception("failed")
    ours, theirs = lines()
    assert ours["error"][0]["words"] == "desk.sqlite3: disk is full"
    assert "x.toml" in theirs["error"][0]["words"]


def test_fields_are_gated_and_short(lines):
    logging.getLogger("moderator.x").warning(
        "scorer \x1b]0;x\x07 said", extra={"stderr": "\x9b31m" + "y" * 1000, "thing": [WRITTEN]}
    )
    (line,) = lines()
    assert "\x1b" not in line["event"]
    assert "\x9b" not in line["stderr"]
    assert len(line["stderr"]) < 300
    assert line["thing"] == "list"


def test_what_cannot_be_written_is_counted_and_nothing_is_printed(tmp_path, capsys):
    (tmp_path / "file").write_text("in the way")
    handler = logs.configure(tmp_path / "file" / "moderator.log")
    logging.getLogger("moderator.x").error("lost")
    assert handler.lost == 1
    assert logs.log_file() == tmp_path / "file" / "moderator.log"
    logging.getLogger("moderator").removeHandler(handler)
    handler.close()
    assert capsys.readouterr() == ("", "")


def test_a_new_file_starts_before_the_old_one_is_big(tmp_path):
    handler = logs.configure(tmp_path / "moderator.log")
    logger = logging.getLogger("moderator.x")
    for number in range(4000):
        logger.info("x" * 200, extra={"number": number})
    files = sorted(tmp_path.iterdir())
    assert [file.name for file in files] == ["moderator.log", "moderator.log.1"]
    assert all(file.stat().st_size <= 1_000_000 for file in files)
    logging.getLogger("moderator").removeHandler(handler)
    handler.close()


def test_configuring_twice_writes_each_line_once(lines, tmp_path):
    handler = logs.configure(tmp_path / "second.log")
    logging.getLogger("moderator.x").info("once")
    assert (tmp_path / "second.log").read_text().count("\n") == 1
    logging.getLogger("moderator").removeHandler(handler)
    handler.close()
