"""Taking personal data out of a text that will be public: names, e-mail addresses, handles, telephone numbers.

What is left could still tell who is meant by what it says: so nothing that a reader wrote is put into such a text.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

_EMAIL = re.compile(r"[^\s@<>()\[\],;:]+@[^\s@<>()\[\],;:]+\.[^\s@<>()\[\],;:.]+")
_PROFILE = re.compile(
    r"\b(?:https?://)?(?:[\w-]+\.)*(?:t\.me|vk\.com|facebook\.com|instagram\.com|x\.com|twitter\.com|"
    r"threads\.net|tiktok\.com|bsky\.app|linkedin\.com)/\S+",
    re.IGNORECASE,
)
_FAR_HANDLE = re.compile(r"(?<![\w.])@[\w.-]+@[\w.-]*\w")
_HANDLE = re.compile(r"(?<![\w.])@[\w.-]*\w")
_PHONE = re.compile(r"(?<![\w-])\+?\(?\d[\d\s().-]{7,}\d(?![\w-])")
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")
_SHORTEST_PART = 3


def scrub(text: str, names: Iterable[str] = ()) -> str:
    """A text without personal data that can be told by their form, and without some names.

    Args:
        text: What will be public.
        names: Whose name may not be in it, whole or in parts of three letters and more, in any case.

    Returns:
        The text with a word in square brackets in each place.
    """
    clean = unicodedata.normalize("NFC", text)
    for pattern, word in (
        (_FAR_HANDLE, "[handle]"),
        (_EMAIL, "[e-mail]"),
        (_PROFILE, "[profile]"),
        (_HANDLE, "[handle]"),
    ):
        clean = pattern.sub(word, clean)
    clean = _PHONE.sub(lambda found: found[0] if _DAY.fullmatch(found[0]) else "[number]", clean)
    for part in sorted(_parts(names), key=len, reverse=True):
        clean = re.sub(rf"(?<!\w){re.escape(part)}(?!\w)", "[name]", clean, flags=re.IGNORECASE)
    return clean


def _parts(names: Iterable[str]) -> set[str]:
    found: set[str] = set()
    for name in names:
        whole = unicodedata.normalize("NFC", name).strip()
        if whole:
            found.add(whole)
        found.update(part for part in re.split(r"[\s._-]+", whole) if len(part) >= _SHORTEST_PART)
    return found
