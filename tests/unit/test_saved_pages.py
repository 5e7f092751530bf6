import re

import pytest
from saved_pages import FIXTURES, NOW_MS, OPTIONS, SAVED, expected_of, expected_path, read

from moderator.connectors.files import FileFormat, FileOptions, open_file
from moderator.connectors.files.opened import open_path
from moderator.connectors.files.recognition import recognize
from moderator.errors import ConnectorError
from moderator.services.admission import problem

PAGES = FIXTURES / "pages"
FORMATS = {
    "wordpress.wxr.xml": FileFormat.WXR,
    "wordpress_exported.wxr.xml": FileFormat.WXR,
    "disqus.xml": FileFormat.DISQUS,
}


def names(path):
    return path.name


@pytest.mark.parametrize("path", SAVED, ids=names)
def test_what_is_expected_of_each_is_read(path):
    expected = expected_of(path)
    if expected and "error" in expected[0]:
        with pytest.raises(ConnectorError) as caught:
            read(path)
        assert [{"error": caught.value.code, "hint": caught.value.hint}] == expected
    else:
        assert read(path) == expected


@pytest.mark.parametrize("path", SAVED, ids=names)
def test_each_is_known_by_its_content(path):
    usual = {".html": FileFormat.PAGE, ".txt": FileFormat.TEXT, ".xml": FileFormat.FEED}[path.suffix]
    opened = open_path(str(path))
    try:
        assert recognize(opened) is FORMATS.get(path.name, usual)
    finally:
        opened.close()


def test_every_fixture_has_its_expectation_and_its_line_in_the_readme():
    readme = (FIXTURES / "README.md").read_text(encoding="utf-8")
    for path in SAVED:
        assert expected_path(path).exists(), path
        assert f"`{path.parent.name}/{path.name}`" in readme, path
    assert sum(path.suffix in {".html", ".txt"} and bool(expected_of(path)) for path in SAVED) >= 8


def test_what_the_page_adds_is_never_part_of_a_comment():
    chrome = re.compile(
        r"spoilers|click here|awaiting|^reply$|^best$|^guest$|thumb_up|^like$", re.IGNORECASE | re.MULTILINE
    )
    for path in (PAGES / "buzzy.html", PAGES / "buzzy_copied.txt", PAGES / "wordpress_classic.html"):
        bodies = [record["body"] for record in read(path) if "body" in record]
        assert bodies
        assert not [body for body in bodies if chrome.search(body)]


def test_every_comment_of_the_fixtures_is_let_in():
    for path in SAVED:
        if path.name == "script_loaded.html":
            continue
        records = open_file(str(path), OPTIONS).records()
        assert not [record for record in records if hasattr(record, "body") and problem(record)]


def test_a_relative_date_counts_from_when_the_page_was_saved(tmp_path):
    import os

    copy = tmp_path / "buzzy.html"
    copy.write_bytes((PAGES / "buzzy.html").read_bytes())
    saved_ms = 1_790_000_000_000
    os.utime(copy, (saved_ms / 1000, saved_ms / 1000))
    source = open_file(str(copy), FileOptions(now_ms=NOW_MS))
    _, day_old = source.records()
    assert day_old.posted_at_ms == saved_ms - 86_400_000
    assert "2026-09-21 14:13 UTC, so right to within a day" in source.remarks[0]


def test_a_page_that_says_that_there_are_none_is_no_error():
    source = open_file(str(PAGES / "none_yet.html"), OPTIONS)
    assert list(source.records()) == []
    assert source.remarks == ("It has no comments yet.",)
