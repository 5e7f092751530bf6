"""What an edit took away and put in, word by word, marked by signs and not by colour alone."""

from __future__ import annotations

import re
from difflib import SequenceMatcher

from textual.content import Content

from moderator.text.visible import Visible

_WORD = re.compile(r"\w+|\s+|[^\w\s]")
_MOST_WORDS = 4_000
"""Comparing takes up to the square of it; beyond, whole texts are shown one after the other."""

GONE, NEW = "strike", "underline"


def difference(before: Visible, after: Visible) -> Content:
    """Two gated texts as one: what went in `[-…-]` and struck out, what came in `{+…+}` and underlined."""
    old, new = _WORD.findall(before), _WORD.findall(after)
    if len(old) + len(new) > _MOST_WORDS:
        return Content.assemble(("[-", GONE), (before, GONE), ("-]\n", GONE), ("{+", NEW), (after, NEW), ("+}", NEW))
    parts: list[str | tuple[str, str]] = []
    for kind, old_from, old_to, new_from, new_to in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        gone, came = "".join(old[old_from:old_to]), "".join(new[new_from:new_to])
        if kind == "equal":
            parts.append(came)
            continue
        if gone:
            parts.append((f"[-{gone}-]", GONE))
        if came:
            parts.append((f"{{+{came}+}}", NEW))
    return Content.assemble(*parts)
