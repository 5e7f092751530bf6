"""Only addresses of the internet are reached, whatever a name says, and whenever it says it."""

# ruff: noqa: SIM117  # what is raised where reads better nested

from ipaddress import ip_network

import pytest

from moderator.connectors.addresses import AddressGuard, GuardedBackend
from moderator.connectors.http import Fetcher, Limits
from moderator.errors import ConnectorError

INSIDE = [
    "127.0.0.1",
    "0.0.0.0",  # noqa: S104  # an address to refuse
    "10.1.2.3",
    "172.16.0.1",
    "192.168.1.1",
    "169.254.169.254",
    "100.64.0.1",
    "224.0.0.1",
    "255.255.255.255",
    "::1",
    "::",
    "fe80::1",
    "fe80::1%eth0",
    "fc00::1",
    "fec0::1",
    "ff02::1",
    "::ffff:127.0.0.1",
    "::ffff:10.0.0.1",
    "64:ff9b::7f00:1",
    "2002:7f00:1::",
    "2001:db8::1",
    "not an address",
]


@pytest.mark.parametrize("address", INSIDE)
def test_the_houses_own_network_is_refused(address):
    assert not AddressGuard().permits(address)


@pytest.mark.parametrize("address", ["93.184.216.34", "2606:2800:220:1::1"])
def test_the_internet_is_not(address):
    assert AddressGuard().permits(address)


def test_what_the_settings_allow_is_allowed_and_no_more():
    guard = AddressGuard((ip_network("10.1.0.0/16"), ip_network("::1/128")))
    assert guard.permits("10.1.2.3")
    assert guard.permits("::ffff:10.1.2.3")
    assert guard.permits("::1")
    assert not guard.permits("10.2.0.1")
    assert not guard.permits("127.0.0.1")


def test_a_name_that_stands_for_the_house_is_refused_before_a_connection():
    with Fetcher(resolve=lambda host, port: ["127.0.0.1", "10.0.0.1"]) as fetcher:
        with pytest.raises(ConnectorError) as caught:
            fetcher.get("https://innocent.example/")
    assert caught.value.code == "connector.address"
    assert "innocent.example" in caught.value.message


def test_a_name_is_asked_once_and_the_checked_address_is_the_one_connected_to(monkeypatch):
    answers = iter([["93.184.216.34", "127.0.0.1"], ["127.0.0.1"]])
    tried = []

    def connect(self, host, *_):
        tried.append(host)
        raise ConnectionError

    monkeypatch.setattr("httpcore.SyncBackend.connect_tcp", connect)
    backend = GuardedBackend(AddressGuard(), lambda host, port: next(answers))
    with pytest.raises(ConnectionError):
        backend.connect_tcp("rebinding.example", 443, timeout=1)
    assert tried == ["93.184.216.34"]


def test_a_resolver_that_hangs_is_left_alone():
    import threading

    forever = threading.Event()
    limits = Limits(connect_timeout_s=0.1, total_s=0.2, tries=1)
    with Fetcher(limits=limits, resolve=lambda host, port: forever.wait(20) or []) as fetcher:
        with pytest.raises(ConnectorError) as caught:
            fetcher.get("https://slow.example/")
    forever.set()
    assert caught.value.code == "connector.timeout"


@pytest.mark.parametrize(
    "url", ["ftp://x.example/", "file:///etc/passwd", "x", "", "http://", "https://a:b@x.example/"]
)
def test_what_is_no_address_of_a_site_is_refused(url):
    with Fetcher() as fetcher, pytest.raises(ConnectorError) as caught:
        fetcher.get(url)
    assert caught.value.code == "connector.url"
    assert "a:b" not in str(caught.value)
