"""Fetching weights from a real server on this machine: whole, in pieces, wrong, refused, gone."""

import hashlib
import http.server
import json
import shutil
import threading
from collections import namedtuple

import httpx
import pytest
from cli_runs import InProcess

from moderator.errors import ScoringError
from moderator.scoring import detoxify_weights, fetch
from moderator.scoring.detoxify_weights import Variant, find_weights, verify

BODY = bytes(range(256)) * 4096
DIGEST = hashlib.sha256(BODY).hexdigest()
NAME = f"toxic_original-{DIGEST[:8]}.ckpt"


class Server(http.server.ThreadingHTTPServer):
    """Serves some files, keeps ranges, and cuts connections where told to."""

    daemon_threads = True

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Handler)
        self.files = {
            f"/releases/{NAME}": BODY,
            "/hub/tiny-bert/resolve/main/config.json": b'{"hidden_size": 8}',
            "/hub/tiny-bert/resolve/main/tokenizer.json": b'{"model": {}}',
        }
        self.cuts = []
        self.asked = []
        self.ranges = True
        self.status = None
        self.redirects = {}

    @property
    def address(self):
        return f"http://127.0.0.1:{self.server_port}"


class Handler(http.server.BaseHTTPRequestHandler):
    def log_message(self, *_given):
        pass

    def do_GET(self):
        server = self.server
        server.asked.append((self.path, self.headers.get("Range")))
        if self.path in server.redirects:
            self.send_response(302)
            self.send_header("Location", server.redirects[self.path])
            self.send_header("Content-Length", "0")
            self.end_headers()
            return
        body = server.files.get(self.path)
        if body is None or server.status:
            self.send_error(server.status or 404)
            return
        start = int(self.headers["Range"].removeprefix("bytes=").rstrip("-")) if self.headers.get("Range") else 0
        if not server.ranges:
            start = 0
        if start and start >= len(body):
            self.send_response(416)
            self.send_header("Content-Range", f"bytes */{len(body)}")
            self.send_header("Content-Length", "0")
            self.end_headers()
            return
        self.send_response(206 if start else 200)
        if start:
            self.send_header("Content-Range", f"bytes {start}-{len(body) - 1}/{len(body)}")
        self.send_header("Content-Length", str(len(body) - start))
        self.end_headers()
        end = server.cuts.pop(0) if server.cuts and self.path.endswith(".ckpt") else len(body)
        self.wfile.write(body[start:end])
        self.close_connection = True


@pytest.fixture
def server(monkeypatch):
    monkeypatch.setattr(fetch, "_PAUSE_S", 0.01)
    with Server() as running:
        thread = threading.Thread(target=running.serve_forever, args=(0.02,))
        thread.start()
        yield running
        running.shutdown()
        thread.join()


@pytest.fixture
def variant(server):
    return Variant("original", f"{server.address}/releases/{NAME}", "tiny-bert", frozenset({"en"}), 1)


@pytest.fixture
def get(server, variant, tmp_path):
    def run(progress=None):
        return fetch.fetch(variant, tmp_path, progress, hub=f"{server.address}/hub")

    return run


def checkpoint_ranges(server):
    return [asked for path, asked in server.asked if path.endswith(".ckpt")]


def test_everything_a_variant_needs_is_fetched_once_and_found(get, server, tmp_path, monkeypatch, variant):
    seen = []
    checkpoint = get(lambda *given: seen.append(given))
    assert checkpoint.read_bytes() == BODY
    assert seen[-1] == (len(BODY), len(BODY), NAME)
    assert [done for done, _, name in seen if name == NAME] == sorted(done for done, _, name in seen if name == NAME)
    assert sorted(path.name for path in checkpoint.parent.iterdir()) == ["config.json", "tokenizer.json", NAME]
    monkeypatch.setitem(detoxify_weights.VARIANTS, "original", variant)
    assert verify(find_weights("original", models_dir=tmp_path)) == DIGEST
    server.asked.clear()
    assert get() == checkpoint
    assert server.asked == []


def test_a_cut_connection_is_taken_up_again_where_it_broke(get, server):
    server.cuts = [300_000, 700_000]
    assert get().read_bytes() == BODY
    assert checkpoint_ranges(server) == [None, "bytes=300000-", "bytes=700000-"]


def test_what_was_loaded_before_the_program_ended_is_not_loaded_again(get, server, variant, tmp_path):
    server.cuts = [200_000 + number for number in range(5)]
    with pytest.raises(ScoringError, match=r"broke off 5 times; 0\.2 MB") as caught:
        get()
    assert "goes on where it stopped" in caught.value.hint
    server.asked.clear()
    assert get().read_bytes() == BODY
    assert checkpoint_ranges(server) == ["bytes=200004-"]
    assert not list(tmp_path.rglob("*.part"))


def test_a_server_without_ranges_sends_it_all_again(get, server):
    server.cuts, server.ranges = [300_000], False
    assert get().read_bytes() == BODY
    assert checkpoint_ranges(server) == [None, "bytes=300000-"]


def test_a_whole_part_file_is_only_checked_and_one_that_is_too_long_thrown_away(get, tmp_path):
    folder = tmp_path / "detoxify" / "original"
    for kept in (BODY, BODY + b"more"):
        shutil.rmtree(tmp_path / "detoxify", ignore_errors=True)
        folder.mkdir(parents=True)
        (folder / f"{NAME}.part").write_bytes(kept)
        assert get().read_bytes() == BODY


def test_a_wrong_hash_is_refused_and_nothing_of_it_kept(get, server, tmp_path):
    server.files[f"/releases/{NAME}"] = b"evil" * 1000
    with pytest.raises(ScoringError, match="isn't the published file") as caught:
        get()
    assert caught.value.code == "scoring.weights_hash"
    assert not list(tmp_path.rglob("*.ckpt*"))


def test_a_damaged_file_is_replaced(get):
    checkpoint = get()
    checkpoint.write_bytes(BODY[:-1])
    assert get().read_bytes() == BODY


def test_a_page_instead_of_a_config_is_refused(get, server, tmp_path):
    server.files["/hub/tiny-bert/resolve/main/config.json"] = b"<html>log in to the hotel's network</html>"
    with pytest.raises(ScoringError, match="expected JSON"):
        get()
    assert not list(tmp_path.rglob("config.json*"))


@pytest.mark.parametrize("status", [404, 403])
def test_a_refusal_is_told_with_its_status(get, server, status):
    server.status = status
    with pytest.raises(ScoringError, match=f"status {status}"):
        get()


def test_without_a_network_the_error_says_how_to_do_without(variant, tmp_path, server):
    with httpx.Client() as client:
        client.get(server.address)  # up until now
    server.shutdown()
    server.server_close()
    with pytest.raises(ScoringError, match=r"127\.0\.0\.1 can't be reached") as caught:
        fetch.fetch(variant, tmp_path, hub=f"{server.address}/hub")
    assert caught.value.code == "scoring.offline"
    assert str(tmp_path / "detoxify" / "original") in caught.value.hint


def test_a_redirect_is_followed_but_never_to_a_plain_connection_elsewhere(get, server):
    server.redirects[f"/releases/{NAME}"] = f"{server.address}/moved"
    server.files["/moved"] = BODY
    assert get().read_bytes() == BODY
    server.redirects["/hub/tiny-bert/resolve/main/config.json"] = "http://plain.example/config.json"
    get().parent.joinpath("config.json").unlink()
    with pytest.raises(ScoringError, match="without encryption"):
        get()


def test_a_full_disk_is_told_before_it_is_full(get, monkeypatch):
    usage = namedtuple("usage", "total used free")  # noqa: PYI024 - as shutil's own
    monkeypatch.setattr(shutil, "disk_usage", lambda _folder: usage(10, 9, 1))
    with pytest.raises(ScoringError, match="MB more") as caught:
        get()
    assert caught.value.code == "scoring.disk_full"


def test_every_base_model_has_its_licence_and_every_variant_its_files(tmp_path):
    for variant in detoxify_weights.VARIANTS.values():
        assert variant.base in fetch.LICENCES
        *small, checkpoint = fetch.parts_of(variant, tmp_path)
        assert [part.url for part in small] == [
            f"https://huggingface.co/{variant.base}/resolve/main/{name}" for name in ("config.json", "tokenizer.json")
        ]
        assert checkpoint.url == variant.url
        assert checkpoint.sha256_start == variant.hash_prefix
        assert len(json.dumps(checkpoint.sha256_start)) == 10


def test_the_command_fetches_says_the_licence_and_the_model_is_listed(server, variant, tmp_path, monkeypatch):
    monkeypatch.setitem(detoxify_weights.VARIANTS, "original", variant)
    monkeypatch.setitem(fetch.LICENCES, "tiny-bert", "MIT")
    monkeypatch.setattr(fetch.fetch, "__kwdefaults__", {"hub": f"{server.address}/hub"})
    cli = InProcess(tmp_path, monkeypatch)
    run = cli("models", "fetch", "detoxify-original")
    assert run.status == 0, run.err
    assert "weights Apache-2.0 (Unitary), config and tokenizer of tiny-bert MIT" in run.err
    assert NAME in run.out
    (row,) = [row for row in cli("models", "list", "--json").json if row["scorer"] == "detoxify-original"]
    assert row["usable"]
    assert cli("models", "fetch", "original", "--json").json[0]["hash"] == DIGEST[:8]
    assert cli("models", "fetch", "huge").status == 4
