"""Addresses on the command line, against a real server on loopback."""

import http.server
import threading
from pathlib import Path

import pytest
from cli_runs import InProcess
from saved_pages import FIXTURES

PAGES = {
    f"/{path.name}": (path.read_bytes(), "text/html; charset=utf-8") for path in (FIXTURES / "pages").glob("*.html")
} | {
    "/feed/": ((FIXTURES / "exports" / "wordpress_comments.rss.xml").read_bytes(), "application/rss+xml"),
    "/secret/a.html": ((FIXTURES / "pages" / "buzzy.html").read_bytes(), "text/html"),
}


class Site(http.server.BaseHTTPRequestHandler):
    robots = (200, b"User-agent: moderator\nDisallow: /sec*t/\n")

    def do_GET(self):
        status, kind = 200, "text/plain"
        if self.path == "/robots.txt":
            status, body = self.robots
        elif self.path in PAGES:
            body, kind = PAGES[self.path]
        else:
            status, body = 404, b"no"
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


@pytest.fixture
def site(monkeypatch):
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Site)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture
def run(tmp_path, monkeypatch):
    running = InProcess(tmp_path, monkeypatch)
    yield running
    running.close()


ALLOWED = ("--allow-address", "127.0.0.0/8")


def test_a_page_and_a_feed_are_taken_in_once(run, site):
    for added, known in ((3, 0), (0, 3)):
        done = run("--json", "intake", f"{site}/wordpress_classic.html", *ALLOWED)
        assert done.status == 0
        (summary,) = done.json
        assert (summary["added"], summary["unchanged"], summary["rejected"]) == (added, known, 1)
    assert summary["reasons"] == {"left.pingback": 1}
    assert "speaks of 5 comments" in summary["remarks"][0]
    assert Path(summary["rejects"]).name == "127.0.0.1.rejects.jsonl"
    assert run("--json", "intake", f"{site}/feed/", *ALLOWED).json[0]["read"] == 2


def test_an_address_inside_the_house_needs_an_allowance(run, site):
    done = run("intake", f"{site}/buzzy.html")
    assert done.status == 5
    assert "is an address inside a network" in done.err
    assert run("intake", f"{site}/buzzy.html", "--allow-address", "house").status == 2
    (run.path / "config.toml").write_text(
        f'[sources.buzz]\nsystem = "wordpress"\nurl = "{site}"\nallow_addresses = ["127.0.0.0/8"]\n'
    )
    assert run("intake", f"{site}/buzzy.html", "--source", "buzz", "--dry-run").status == 0
    assert run("intake", f"{site}/buzzy.html", "--dry-run").status == 5


def test_robots_txt_is_respected(run, site, monkeypatch):
    assert run("intake", f"{site}/buzzy.html", *ALLOWED, "--dry-run").status == 0
    done = run("intake", f"{site}/secret/a.html", *ALLOWED)
    assert done.status == 5
    assert "robots.txt doesn't allow" in done.err
    monkeypatch.setattr(Site, "robots", (404, b""))
    assert run("intake", f"{site}/secret/a.html", *ALLOWED, "--dry-run").status == 0
    monkeypatch.setattr(Site, "robots", (500, b""))
    done = run("intake", f"{site}/buzzy.html", *ALLOWED)
    assert done.status == 5
    assert "robots.txt answers 500" in done.err


def test_what_is_not_there_or_has_no_comments_is_said_in_words(run, site):
    done = run("intake", f"{site}/gone", *ALLOWED)
    assert done.status == 5
    assert "answers 404" in done.err
    done = run("intake", f"{site}/script_loaded.html", *ALLOWED)
    assert done.status == 5
    assert "Disqus loads them by script" in done.err
    assert f"moderator intake {site}/storm/feed/" in done.err


@pytest.mark.parametrize("address", ["http://[x", "https:///bridge", "http://"])
def test_an_address_that_names_no_site_is_said_in_words(run, address):
    told = run("intake", address)
    assert told.status == 5
    assert "names no site" in told.err
