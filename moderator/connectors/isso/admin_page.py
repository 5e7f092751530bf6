"""Isso's admin page, read as a person would see it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime, tzinfo
from typing import TYPE_CHECKING

from selectolax.lexbor import LexborHTMLParser, LexborNode

from moderator.connectors.base import SiteSettings
from moderator.connectors.isso.items import IssoItem
from moderator.errors import ConnectorError

if TYPE_CHECKING:
    from moderator.connectors.http import Fetcher

_PAGE_SIZE = 100
_WAITING = 2
_MODES = {"Valid": 1, "Pending": 2, "Staled": 4}
_THREAD = "Thread: "
_KEY = re.compile(r"(?:validate|delete)_com\(\d+, '([^']+)'")
_COUNT = re.compile(r"Pending\s*\(\s*(\d+)\s*\)")


class AdminPage:
    """The admin page behind its password. Logs in when it's first asked, and again when the session is over.

    Args:
        site: `url` and `password`.
        fetcher: The way there; it keeps the session's cookie.
        zone: Of the times that the page shows, which name none.
    """

    def __init__(self, site: SiteSettings, fetcher: Fetcher, zone: tzinfo) -> None:
        self._site = site
        self._fetcher = fetcher
        self._zone = zone
        self._base = site.url.rstrip("/")

    def held(self) -> Iterator[IssoItem]:
        """What waits, from the last page to the first.

        Comments that are decided meanwhile move the others towards the first page: so a walk to the front meets each.
        """
        pages = -(-self.count() // _PAGE_SIZE)
        seen: set[int] = set()
        for page in range(pages - 1, -1, -1):
            params = {"mode": _WAITING, "page": page, "order_by": "id", "asc": 1}
            for item in self._items(self._page(params)):
                if item.id not in seen:
                    seen.add(item.id)
                    yield item

    def count(self) -> int:
        """How many wait."""
        body = self._page({"mode": _WAITING}).body
        found = _COUNT.search(body.text() if body else "")
        if found is None:
            raise _unknown_page()
        return int(found[1])

    def find(self, number: int) -> IssoItem | None:
        """One comment, whatever became of it; `None` where it's gone."""
        page = self._page({"comment_search_url": f"{self._base}/#isso-{number}"})
        return next((item for item in self._items(page) if item.id == number), None)

    def check_login(self) -> None:
        """Logs in.

        Raises:
            ConnectorError: The password is wrong, or the page is off.
        """
        answer = self._fetcher.send(
            "POST", f"{self._base}/login/", form={"password": self._site.password}, follow=False, repeatable=True
        )
        # A right password is answered with a redirect; a wrong one, and a page that's off, with 200.
        if not answer.ok:
            return
        if b'name="password"' in answer.body:
            raise ConnectorError(
                "Isso refuses the admin password", code="connector.login", hint="It's [admin] password in isso.cfg."
            )
        raise _page_off()

    def _page(self, params: dict[str, str | int]) -> LexborHTMLParser:
        tree = LexborHTMLParser("")
        for again in (True, False):
            text = self._fetcher.get(f"{self._base}/admin/", params=params).body.decode("utf-8", "replace")
            tree = LexborHTMLParser(text)
            if tree.css_first("input[name=password]") is None:
                break
            if again:
                self.check_login()
        if tree.css_first("span.label-pending") is None:
            raise _page_off()
        return tree

    def _items(self, tree: LexborHTMLParser) -> Iterator[IssoItem]:
        for node in tree.css("div.isso-comment"):
            yield self._item(node)

    def _item(self, node: LexborNode) -> IssoItem:
        number = int((node.attributes.get("id") or "").removeprefix("isso-"))
        label = _text(node, "span.note span.label")
        link = node.css_first(".isso-comment-header > div > a")
        thread = _text(node, ".isso-comment-header > div")
        uri = (link.attributes.get("href") if link else None) or ""
        key = _KEY.search(node.html or "")
        author = _text(node, "span.isso-author")
        if label not in _MODES:
            raise _unknown_page()
        return IssoItem(
            id=number,
            mode=_MODES[label],
            text=_text(node, "pre"),
            author="" if author == "Anonymous" else author,
            uri=uri,
            title=thread.removeprefix(_THREAD).removesuffix(f" ({uri})"),
            created_ms=self._time(_text(node, "time")),
            key=key[1] if key else "",
        )

    def _time(self, text: str) -> int | None:
        """To the minute: the page shows no more."""
        try:
            at = datetime.strptime(text, "%H:%M / %d-%m-%Y").replace(tzinfo=self._zone)
        except ValueError:
            return None
        return round(at.timestamp() * 1000)


def _text(node: LexborNode, selector: str) -> str:
    found = node.css_first(selector)
    text = found.text() if found else ""
    return text if selector == "pre" else text.strip()


def _unknown_page() -> ConnectorError:
    return ConnectorError(
        "Isso's admin page isn't as we know it",
        code="connector.shape",
        hint="Known is Isso 0.13 and 0.14. On the same machine, name its database in the option `database`.",
    )


def _page_off() -> ConnectorError:
    return ConnectorError(
        "There is no admin page of Isso at this address, or it's off",
        code="connector.isso",
        hint="Set enabled = true under [admin] in isso.cfg, or name its database in the option `database`.",
    )
