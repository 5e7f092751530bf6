"""`moderator stats` on the command line."""

import json

import pytest
from cli_runs import InProcess


@pytest.fixture
def cli(tmp_path, monkeypatch):
    runs = InProcess(tmp_path, monkeypatch)
    rows = [
        {
            "id": f"c{at}",
            "text": f"Comment number {at}.",
            "article": {"url": "https://news.example/1", "section": "\x1b[2Jlocal"},
            "posted_at": "2 hours ago",
        }
        for at in range(3)
    ]
    file = tmp_path / "comments.jsonl"
    file.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    assert runs("intake", file).status == 0
    assert runs("decide", "1", "approve").status == 0
    assert runs("decide", "2", "reject", "--reason", "spam").status == 0
    yield runs
    runs.close()


def test_people_get_sentences_and_tables_and_programs_the_same_as_json(cli):
    told = cli("stats")
    assert told.status == 0
    assert "1 wait, 1 of them unscored" in told.out
    assert "2 decisions by people" in told.out
    assert "spam" in told.out
    assert "\x1b" not in told.out
    (report,) = cli("stats", "--json").json
    assert report["queue"]["waiting"] == 1
    assert report["decisions"]["by_action"] == {"approve": 1, "reject": 1}
    assert report["decisions"]["by_reason"] == {"spam": 1}
    assert report["decisions"]["agreement"] == {"pairs": 0, "same": 0, "kappa": None}
    assert report["decisions"]["override"]["of"] == 0
    assert report["decisions"]["override"]["share"] is None


def test_the_page_says_the_same_needs_nothing_else_and_is_inert(cli):
    (report,) = cli("stats", "--json").json
    assert cli("stats", "--html", "figures.html").out == ""
    page = (cli.path / "figures.html").read_text(encoding="utf-8")
    for inert in ("<script", "\x1b", "://", "src=", "href="):
        assert inert not in page
    assert page.count("<svg role") >= 8
    assert f'<td class="n">{report["queue"]["waiting"]}</td>' in page
    assert f'decisions by people</th><td class="n">{report["decisions"]["decided"]}</td>' in page
    for chart in ("how long they wait", "waiting by section", "by action", "rejected by reason", "by language"):
        assert f'aria-label="{chart}"' in page
    assert "marta" not in page


def test_a_window_may_begin_with_the_log_and_must_end_after_it_begins(cli):
    (report,) = cli("stats", "--since", "start", "--json").json
    assert report["decisions"]["decided"] == 2
    before = cli("stats", "--since", "3 days ago", "--until", "2 days ago", "--json").json
    assert before[0]["decisions"]["decided"] == 0
    wrong = cli("stats", "--since", "2 days ago", "--until", "3 days ago")
    assert wrong.status == 2
    assert "--until is no later than --since" in wrong.err
