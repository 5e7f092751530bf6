"""The text of a page, decoded as browsers do: byte-order mark, server, `<meta>`, then by what it looks like.

Source: WHATWG HTML, "determining the character encoding"; names of encodings by the WHATWG Encoding standard.
"""

from __future__ import annotations

import codecs
import re

import webencodings
from charset_normalizer import from_bytes

_META = re.compile(rb"""<meta[^>]{0,400}?charset\s*=\s*["']?\s*([A-Za-z0-9._:-]{1,40})""", re.IGNORECASE)
_HEADER = re.compile(r"""charset\s*=\s*["']?([^"';\s]{1,40})""", re.IGNORECASE)
_MARKS = {codecs.BOM_UTF8: "utf-8", codecs.BOM_UTF16_LE: "utf-16le", codecs.BOM_UTF16_BE: "utf-16be"}
_LOOKED_AT_BYTES = 65_536
_META_WITHIN_BYTES = 4096


def decode(content: bytes, content_type: str = "", *, is_html: bool = True) -> str:
    """The text of a page or a text file. What can't be decoded becomes U+FFFD, as in a browser.

    Args:
        content: The bytes.
        content_type: What the server said, `text/html; charset=utf-8`; empty where nobody did.
        is_html: Look for a `<meta>` that names the encoding.
    """
    for mark, name in _MARKS.items():
        if content.startswith(mark):
            return content[len(mark) :].decode(name, "replace")
    said = _HEADER.search(content_type)
    encoding = webencodings.lookup(said[1]) if said else None
    if encoding is None and is_html and (meta := _META.search(content[:_META_WITHIN_BYTES])):
        encoding = webencodings.lookup(meta[1].decode("ascii"))
        if encoding is not None and encoding.name.startswith("utf-16"):
            encoding = webencodings.UTF8  # a <meta> that can be read isn't in UTF-16
    if encoding is not None:
        return encoding.codec_info.decode(content, "replace")[0]
    return content.decode(_guess(content), "replace")


def _guess(content: bytes) -> str:
    try:
        content.decode()
    except UnicodeDecodeError:
        best = from_bytes(content[:_LOOKED_AT_BYTES]).best()
        # Nothing that fits: browsers then take the encoding that can hold any byte.
        return best.encoding if best else "windows-1252"
    return "utf-8"
