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
_LANGUAGE = re.compile(rb"""<html[^>]{0,400}?\slang\s*=\s*["']?\s*([A-Za-z]{2,3})""", re.IGNORECASE)
_TAG = re.compile(rb"<[^>]{0,2000}>")
_HIGH, _LETTER = re.compile(rb"[\x80-\xff]"), re.compile(rb"[A-Za-z]")
_WESTERN = frozenset({b"en", b"de", b"fr", b"es", b"it", b"nl", b"pt", b"sv", b"da", b"nb", b"no", b"nn", b"fi", b"ca"})
_LEGACY = [
    *("cp1251", "koi8_r", "koi8_u", "cp1252", "cp1250", "iso8859_2", "cp1253", "cp1254", "cp1255", "cp1256"),
    *(
        "cp1257",
        "cp1258",
        "cp874",
        "cp866",
        "mac_cyrillic",
        "shift_jis",
        "euc_jp",
        "iso2022_jp",
        "gb18030",
        "big5",
        "euc_kr",
    ),
]
"""The older encodings that browsers know. Source: WHATWG Encoding, "Legacy single-byte encodings" and after."""

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
    if (wide := _without_mark(content)) is not None:
        return content.decode(wide, "replace")
    said = _HEADER.search(content_type)
    encoding = webencodings.lookup(said[1]) if said else None
    if encoding is None and is_html and (meta := _META.search(content[:_META_WITHIN_BYTES])):
        encoding = webencodings.lookup(meta[1].decode("ascii"))
        if encoding is not None and encoding.name.startswith("utf-16"):
            encoding = webencodings.UTF8  # a <meta> that can be read isn't in UTF-16
    if encoding is not None:
        return encoding.codec_info.decode(content, "replace")[0]
    return content.decode(_guess(content), "replace")


def _without_mark(content: bytes) -> str | None:
    """UTF-16 whose byte-order mark got lost: nothing else has a NUL beside nearly every letter of its markup."""
    begins = content[:_META_WITHIN_BYTES]
    half = len(begins) // 2
    for offset, name in ((1, "utf-16-le"), (0, "utf-16-be")):
        if half and begins[offset::2].count(0) > 0.7 * half > 7 * begins[1 - offset :: 2].count(0):
            return name
    return None


def _guess(content: bytes) -> str:
    try:
        content.decode()
    except UnicodeDecodeError:
        said = _LANGUAGE.search(content[:_META_WITHIN_BYTES])
        words = _TAG.sub(b" ", content[:_LOOKED_AT_BYTES])
        high, low = len(_HIGH.findall(words)), len(_LETTER.findall(words))
        if high < low and (said is None or said[1].lower() in _WESTERN):
            return "windows-1252"  # mostly plain letters, a few with accents: what browsers take in the West
        best = from_bytes(words, cp_isolation=_LEGACY).best()
        # Nothing that fits: browsers then take the encoding that can hold any byte.
        return best.encoding if best else "windows-1252"
    return "utf-8"
