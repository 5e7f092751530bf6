"""Addresses as others wrote them into pages, feeds and exports. Any of them may be none at all."""

from __future__ import annotations

from urllib.parse import urljoin, urlsplit


def named_host(address: str) -> str:
    """The host that an address names; empty where it names none or can't be read."""
    try:
        return urlsplit(address).hostname or ""
    except ValueError:  # such as "http://[x"
        return ""


def joined(base: str, address: str) -> str:
    """An address as it is meant on a page at `base`; empty where that can't be told."""
    try:
        return urljoin(base, address)
    except ValueError:
        return ""
