"""The desk in a real browser, and who is turned away at its door."""

import contextlib
import http.client
import json
import shutil
import signal
import socket
import sqlite3
import subprocess
import time
from urllib.parse import urlsplit

import httpx
import pytest
from cli_runs import Program

pytest.importorskip("textual_serve", reason="the extra 'serve' isn't installed")

PATIENCE_S = 120.0
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
DRIVER = shutil.which("chromedriver")

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("browser")]


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


def until(condition, what):
    end = time.monotonic() + PATIENCE_S
    while not (found := condition()):
        assert time.monotonic() < end, f"never {what}"
        time.sleep(0.1)
    return found


class Served:
    """`moderator review --serve` on two comments."""

    def __init__(self, program, port):
        self.program, self.port = program, port
        self.process = program.start("review", "--serve", "--port", port, stderr=subprocess.DEVNULL)
        self.url = self.process.stdout.readline().decode().strip()
        self.place = f"127.0.0.1:{port}"
        until(self.answers, "listened")

    def answers(self):
        with socket.socket() as one:
            return one.connect_ex(("127.0.0.1", self.port)) == 0

    def ask(self, path="/", **headers):
        """Status and headers of a request made by hand, so that nothing adds to what it says."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)
        connection.request("GET", path, headers=headers)
        answer = connection.getresponse()
        body = answer.read()
        connection.close()
        return answer.status, dict(answer.getheaders()), body

    def rows(self, statement):
        file = self.program.path / "home/share/moderator/moderator.sqlite3"
        with contextlib.closing(sqlite3.connect(f"file:{file}?mode=ro", uri=True)) as raw:
            return raw.execute(statement).fetchall()


@pytest.fixture(scope="module")
def served(tmp_path_factory):
    program = Program(tmp_path_factory.mktemp("browser"))
    rows = [
        {"id": f"c{at}", "text": f"Comment number {at}.", "article": {"url": "https://news.example/1"}} for at in (1, 2)
    ]
    file = program.path / "comments.jsonl"
    file.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    with program.start("intake", file) as intake:
        intake.communicate(timeout=PATIENCE_S)
    assert intake.returncode == 0
    made = Served(program, free_port())
    yield made
    made.process.send_signal(signal.SIGINT)
    with made.process:
        assert made.process.wait(60) in {0, 130}


def token(served):
    return served.url.partition("token=")[2]


@pytest.mark.parametrize(
    "path", ["/", "/ws", "/static/js/textual.js", "/download/x", "/?token=", "/?token=wrong", "/nowhere"]
)
def test_without_the_token_nothing_is_answered(served, path):
    status, headers, body = served.ask(path)
    assert status == 403
    assert "Set-Cookie" not in headers
    assert token(served).encode() not in body


def test_another_address_or_another_sites_page_is_turned_away_even_with_the_token(served):
    path = f"/?token={token(served)}"
    assert served.ask(path, Host=f"desk.example:{served.port}")[0] == 403
    assert served.ask(path, Origin="https://evil.example")[0] == 403
    assert served.ask(path, Origin="null")[0] == 403
    status, headers, _ = served.ask(path)
    cookie = headers["Set-Cookie"].split(";")[0]
    assert status == 303
    assert served.ask("/ws", Cookie=cookie, Origin="https://evil.example")[0] == 403


def test_the_token_gives_a_cookie_that_no_script_reads_and_leaves_the_address(served):
    status, headers, _ = served.ask(f"/?token={token(served)}")
    assert (status, headers["Location"]) == (303, "/")
    cookie = headers["Set-Cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=Strict" in cookie
    assert token(served) not in cookie
    status, headers, body = served.ask("/", Cookie=cookie.split(";")[0])
    assert status == 200
    assert b"textual" in body
    policy = headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "googleapis" not in policy
    assert headers["Cache-Control"] == "no-store"


def test_it_listens_on_the_loopback_address_alone(served):
    others = {info[4][0] for info in socket.getaddrinfo(socket.gethostname(), None, socket.AF_INET)} - {"127.0.0.1"}
    for address in others:
        with socket.socket() as one:
            one.settimeout(2)
            assert one.connect_ex((address, served.port)) != 0
    assert urlsplit(served.url).hostname == "127.0.0.1"


def test_a_port_that_is_taken_is_a_sentence(served):
    run = served.program("review", "--serve", "--port", served.port)
    assert run.status == 2
    assert "Choose another with --port." in run.err


class Browser:
    """Chromium without a window, driven by its own driver over WebDriver."""

    def __init__(self, folder):
        self.port = free_port()
        self.driver = subprocess.Popen(
            [DRIVER, f"--port={self.port}"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        self.client = httpx.Client(base_url=f"http://127.0.0.1:{self.port}", timeout=60, trust_env=False)
        until(self._ready, "a driver")
        arguments = [
            "--headless=new",
            "--no-sandbox",
            "--disable-gpu",
            "--disable-dev-shm-usage",
            f"--user-data-dir={folder}",
        ]
        wanted = {"goog:chromeOptions": {"binary": CHROMIUM, "args": [*arguments, "--window-size=1200,800"]}}
        made = self.client.post("/session", json={"capabilities": {"alwaysMatch": wanted}}).raise_for_status().json()
        self.session = f"/session/{made['value']['sessionId']}"

    def _ready(self):
        with contextlib.suppress(httpx.HTTPError):
            return self.client.get("/status").json()["value"]["ready"]
        return False

    def open(self, url):
        self.client.post(f"{self.session}/url", json={"url": url}).raise_for_status()

    def run(self, script):
        asked = self.client.post(f"{self.session}/execute/sync", json={"script": script, "args": []})
        return asked.raise_for_status().json()["value"]

    def refused(self):
        """What the page's policy stops when something of another site is asked for."""
        script = """
            const done = arguments[0], link = document.createElement('link');
            document.addEventListener('securitypolicyviolation', stopped => done(stopped.blockedURI));
            link.rel = 'stylesheet';
            link.href = 'https://fonts.example/css';
            document.head.append(link);
        """
        asked = self.client.post(f"{self.session}/execute/async", json={"script": script, "args": []})
        return asked.raise_for_status().json()["value"]

    def press(self, key):
        strokes = [{"type": kind, "value": key} for kind in ("keyDown", "keyUp")]
        actions = {"actions": [{"type": "key", "id": "keys", "actions": strokes}]}
        self.client.post(f"{self.session}/actions", json=actions).raise_for_status()

    def close(self):
        with contextlib.suppress(httpx.HTTPError):
            self.client.delete(self.session)
        self.client.close()
        self.driver.terminate()
        self.driver.wait(20)


@pytest.fixture
def browser(tmp_path):
    if CHROMIUM is None or DRIVER is None:
        pytest.skip("no Chromium with its driver here (Debian: chromium chromium-driver)")
    made = Browser(tmp_path / "profile")
    yield made
    made.close()


def test_a_comment_is_decided_in_a_browser(served, browser):
    browser.open(served.url)
    assert browser.run("return location.href") == f"http://{served.place}/", "the token isn't in the address any more"
    until(lambda: browser.run("return document.body.classList.contains('-first-byte')"), "drawn")
    until(lambda: served.rows("SELECT 1 FROM lease"), "a comment on the screen")
    browser.run("document.querySelector('.textual-terminal textarea, textarea')?.focus()")
    browser.press("a")
    decided = until(lambda: served.rows("SELECT action, moderator FROM decision"), "decided")
    assert decided == [("approve", "marta")]
    assert browser.refused() == "https://fonts.example/css", "nobody else can be asked for anything"


def test_the_desk_of_a_closed_tab_ends_and_frees_its_comment(served, browser):
    browser.open(served.url)
    until(lambda: served.rows("SELECT 1 FROM lease"), "a comment on the screen")
    browser.open("about:blank")
    until(lambda: not served.rows("SELECT 1 FROM lease"), "freed")
