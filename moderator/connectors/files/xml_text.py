"""The characters of an XML document: from whatever encoding into UTF-8, without what XML forbids."""

from __future__ import annotations

import codecs
import html.entities
import re

import webencodings

_DECLARED = re.compile(rb"""<\?xml[^>]{0,200}?encoding\s*=\s*["']([A-Za-z0-9._:-]{1,40})["']""")
_FORBIDDEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")
_CHARACTER = re.compile("[\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_REFERENCE = re.compile(r"&(?!(?:amp|lt|gt|quot|apos);)(#[xX][0-9a-fA-F]{1,6}|#\d{1,7}|[A-Za-z][A-Za-z0-9]{1,31});")
_UNFINISHED = re.compile(r"&#?[A-Za-z0-9]{0,32}\Z")
_MARKS = {codecs.BOM_UTF8: "utf-8", codecs.BOM_UTF16_LE: "utf-16", codecs.BOM_UTF16_BE: "utf-16"}
_LARGEST = 0x10FFFF
_UNKNOWN = "\N{REPLACEMENT CHARACTER}"


class XmlText:
    """Turns the pieces of a document into UTF-8 that a parser takes.

    Args:
        begins: The first piece, where the encoding is declared.
        charset: What the server says of it; empty where nobody does. A byte-order mark beats it.

    Raises:
        LookupError: It names an encoding that nobody knows; the name is the argument.
    """

    def __init__(self, begins: bytes, charset: str) -> None:
        declared = _DECLARED.search(begins[:1000])
        marked = next((name for mark, name in _MARKS.items() if begins.startswith(mark)), None)
        label = marked or charset or (declared[1].decode("ascii") if declared else "utf-8")
        encoding = webencodings.lookup(label)
        if encoding is None:
            raise LookupError(label)
        name = encoding.codec_info.name
        if encoding.name.startswith("utf-16"):
            # A document whose declaration can be read as bytes isn't in UTF-16, whatever it says.
            name = "utf-16" if marked else "utf-8"
        self._decoder = codecs.getincrementaldecoder(name)(errors="replace")
        self._held = ""
        self._started = False
        self.lines_skipped = 0

    def utf8(self, piece: bytes, *, last: bool = False) -> bytes:
        """The next piece; a reference that it ends within waits for the next."""
        text = self._held + self._decoder.decode(piece, last)
        if not self._started:
            # Blank lines before the declaration, as badly written plug-ins leave them.
            bare = text.lstrip("\ufeff \t\r\n")
            self.lines_skipped += text.count("\n", 0, len(text) - len(bare))
            text, self._started = bare, bool(bare)
        unfinished = None if last else _UNFINISHED.search(text, max(0, len(text) - 40))
        self._held = text[unfinished.start() :] if unfinished else ""
        return _legal(text[: len(text) - len(self._held)]).encode()


def _legal(text: str) -> str:
    if _FORBIDDEN.search(text):
        text = _FORBIDDEN.sub(_UNKNOWN, text)
    return _REFERENCE.sub(_reference, text) if "&" in text else text


def _reference(match: re.Match[str]) -> str:
    """HTML's names, and numbers of characters that XML knows; what nobody knows stands there as it is."""
    said = match[1]
    if said[0] != "#":
        known = html.entities.html5.get(f"{said};")
        return "".join(f"&#{ord(character)};" for character in known) if known else f"&amp;{said};"
    number = int(f"0{said[1:]}", base=0) if said[1] in "xX" else int(said[1:])
    return match[0] if number <= _LARGEST and _CHARACTER.match(chr(number)) else _UNKNOWN
