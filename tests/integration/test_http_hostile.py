"""Servers that mean harm, on loopback: each request has an end, and credentials stay where they belong."""

# ruff: noqa: SIM117  # what is raised where reads better nested

import gzip
import threading
import traceback
import zlib
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import ip_network

import httpx
import pytest
from effort import PATIENCE_S

from moderator.connectors.addresses import AddressGuard
from moderator.connectors.http import USER_AGENT, Credentials, Fetcher, Limits
from moderator.errors import ConnectorError, ConnectorUnavailableError

LOOPBACK = AddressGuard((ip_network("127.0.0.0/8"),))
SECRET = "hunter2-hunter2"  # noqa: S105  # a test's own


@contextmanager
def serving(answer):
    """A server on loopback; `answer(handler)` writes what it likes."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self):
            self.close_connection = True
            with suppress(OSError):  # the client leaves, which is the point
                answer(self)

        def do_POST(self):
            self.do_GET()

        def log_message(self, *_):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()


def reply(handler, body=b"", status=200, **headers):
    handler.send_response(status)
    for name, value in {"Content-Length": str(len(body)), "Connection": "close", **headers}.items():
        handler.send_header(name.replace("_", "-"), value)
    handler.end_headers()
    handler.wfile.write(body)


def fetcher(**given):
    limits = Limits(**{"total_s": PATIENCE_S, "tries": 1, "max_bytes": 100_000, **given.pop("limits", {})})
    return Fetcher(limits=limits, guard=given.pop("guard", LOOPBACK), **given)


def test_a_plain_answer_arrives_and_we_say_who_asks():
    seen = []

    def answer(handler):
        seen.append(handler.headers["User-Agent"])
        reply(handler, gzip.compress(b'{"fine": 1}'), Content_Encoding="gzip")

    with serving(answer) as url, fetcher() as it:
        assert it.get(url).json() == {"fine": 1}
    assert seen == [USER_AGENT]


def test_loopback_is_refused_unless_allowed():
    with serving(reply) as url, fetcher(guard=AddressGuard()) as it, pytest.raises(ConnectorError) as caught:
        it.get(url)
    assert caught.value.code == "connector.address"


def test_a_redirect_into_the_house_is_refused():
    def answer(handler):
        reply(handler, status=302, Location="http://[::1]:9/secret")

    with serving(answer) as url, fetcher() as it, pytest.raises(ConnectorError) as caught:
        it.get(url)
    assert caught.value.code == "connector.address"


def test_redirects_end():
    with serving(lambda handler: reply(handler, status=302, Location="/again")) as url, fetcher() as it:
        with pytest.raises(ConnectorError) as caught:
            it.get(url)
    assert caught.value.code == "connector.redirect"


@pytest.mark.parametrize(
    ("pack", "encoding"),
    [
        (lambda: gzip.compress(bytes(50_000_000)), "gzip"),
        (lambda: zlib.compress(bytes(50_000_000)), "deflate"),
        (lambda: bytes(200_000), "identity"),
    ],
    ids=["gzip", "deflate", "identity"],
)
def test_a_bomb_is_refused_as_it_grows(pack, encoding):
    packed = pack()
    with serving(lambda handler: reply(handler, packed, Content_Encoding=encoding)) as url, fetcher() as it:
        with pytest.raises(ConnectorError) as caught:
            it.get(url)
    assert caught.value.code == "connector.too_large"


@pytest.mark.parametrize("encoding", ["gzip, gzip", "br", "zstd"])
def test_what_was_not_asked_for_is_not_unpacked(encoding):
    with serving(lambda handler: reply(handler, b"x", Content_Encoding=encoding)) as url, fetcher() as it:
        with pytest.raises(ConnectorError) as caught:
            it.get(url)
    assert caught.value.code == "connector.encoding"


@pytest.mark.parametrize("part", ["head", "body"])
def test_bytes_that_trickle_in_end_with_the_requests_time(part):
    given_up = threading.Event()

    def answer(handler):
        handler.wfile.write(
            b"HTTP/1.1 200 OK\r\n" if part == "head" else b"HTTP/1.1 200 OK\r\nContent-Length: 999\r\n\r\n"
        )
        while not given_up.wait(0.05):
            handler.wfile.write(b"X" if part == "body" else b"X-Slow: 1\r\n")

    with serving(answer) as url, fetcher(limits={"total_s": 0.4}) as it:
        with pytest.raises(ConnectorUnavailableError) as caught:
            it.get(url)
        given_up.set()
    assert caught.value.code == "connector.timeout"


def test_a_busy_server_is_asked_again_after_the_pause_it_wants():
    asked, pauses = [], []

    def answer(handler):
        asked.append(1)
        reply(handler, status=429 if len(asked) < 3 else 200, Retry_After="7")

    with serving(answer) as url, fetcher(limits={"tries": 4}, sleep=pauses.append) as it:
        assert it.get(url).status == 200
    assert pauses == [7.0, 7.0]


def test_a_pause_that_is_too_long_is_told_instead_of_waited():
    with (
        serving(lambda handler: reply(handler, status=503, Retry_After="4000")) as url,
        fetcher(limits={"tries": 4}) as it,
    ):
        with pytest.raises(ConnectorUnavailableError) as caught:
            it.get(url)
    assert caught.value.wait_s == 4000


def test_a_write_that_may_have_arrived_is_not_repeated():
    asked = []

    def answer(handler):
        asked.append(1)
        if len(asked) > 1:
            reply(handler)

    with serving(answer) as url, fetcher(limits={"tries": 4}, sleep=lambda _: None) as it:
        with pytest.raises(ConnectorUnavailableError):
            it.send("POST", url, json={})
        assert len(asked) == 1
        asked.clear()
        assert it.send("POST", url, json={}, repeatable=True).status == 200
    assert len(asked) == 2


def test_credentials_stay_with_their_origin_and_off_plain_lines():
    seen = []

    def answer(handler):
        seen.append(handler.headers.get("Authorization"))
        reply(handler)

    with serving(answer) as site, serving(answer) as other:
        proof = Credentials(site, {"Authorization": SECRET}, plain_http=True)
        with fetcher(credentials=proof) as it:
            it.get(site)
            it.get(other)
        with (
            fetcher(credentials=Credentials(site, {"Authorization": SECRET})) as it,
            pytest.raises(ConnectorError) as caught,
        ):
            it.get(site)
    assert seen == [SECRET, None]
    assert caught.value.code == "connector.plain_http"


def test_a_site_that_moved_is_told_and_not_followed_with_a_login():
    with serving(reply) as other:

        def answer(handler):
            reply(handler, status=301, Location=other)

        with serving(answer) as site:
            proof = Credentials(site, {"Authorization": SECRET}, plain_http=True)
            with fetcher(credentials=proof) as it, pytest.raises(ConnectorError) as caught:
                it.get(site)
    assert caught.value.code == "connector.moved"


def failing(kind):
    def answer(request):
        if kind == "status":
            return httpx.Response(503, text="hunter2-hunter2")
        if kind == "json":
            raise httpx.DecodingError("hunter2-hunter2?", request=request)
        raise kind("hunter2-hunter2", request=request)

    return httpx.MockTransport(answer)


@pytest.mark.parametrize("kind", ["status", httpx.ConnectError, httpx.ReadTimeout, httpx.RemoteProtocolError])
def test_no_error_quotes_a_secret(kind, caplog):
    caplog.set_level(0)
    proof = Credentials("https://site.example", {"Authorization": SECRET})
    with fetcher(credentials=proof, transport=failing(kind)) as it, pytest.raises(ConnectorError) as caught:
        it.get(f"https://site.example/id/1/activate/{SECRET}", params={"api_secret": SECRET})
    error = caught.value
    said = f"{error} {error.message} {error.hint} {error!r} {proof!r}"
    assert SECRET not in said + caplog.text
    assert SECRET not in "".join(traceback.format_exception_only(error))
