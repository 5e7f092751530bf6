"""Comments of a page in no known layout, by what its elements are called: `comment-item`, `author`, `date`, `text`.

The last reading, asked where every other one found nothing. What repeats, holds a text, and says who wrote it or when,
is taken for a comment.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from selectolax.lexbor import LexborHTMLParser, LexborNode

from moderator.connectors.pages.found import Found
from moderator.connectors.pages.templates import Template, read_layout

_ITEM = re.compile(
    r"(?:[a-z0-9]+[-_]{1,2})*(?:user|reader)?comments?(?:[-_]{0,2}"
    r"(?:item|card|box|block|entry|row|single|one|node|wrap|wrapper|container|thread|inner|main|post|li|view|root))?"
    r"|(?:[a-z0-9]+[-_]{1,2})*(?:feedback|reply|komment?ar\w*|comentario|commentaire)(?:[-_]{1,2}(?:item|card|block))?",
    re.IGNORECASE,
)
_NOT_HERE = re.compile(r"recent|latest|sidebar|widget|form|respond|count|teaser|related|popular", re.IGNORECASE)
_NAMED = "[class*=comment i], [class*=feedback i], [class*=reply i], [class*=kommentar i], [class*=comentario i]"
_MOST_NODES, _MOST_KINDS = 20_000, 24
_FEW_COMMENTS = 2

_AUTHOR = (
    *("[itemprop=author]", "[rel=author]", "[class*=username i]", "[class*=user-name i]", "[class*=user_name i]"),
    *("[class*=author-name i]", "[class*=author i]", "[class*=nick i]", "[class*=commenter i]", "[class*=name i]"),
    *("cite", "[class*=user i]", "header strong", "header b", "strong", "b", "h4", "h5"),
)
_POSTED = (
    *("time", "[class*=date i]", "[class*=time i]", "[class*=ago i]", "[class*=posted i]", "[class*=created i]"),
    *("[data-time]", "[data-timestamp]", "[class*=meta i]", "small"),
)
_TEXT = (
    *("[itemprop=text]", "[class*=comment-text i]", "[class*=comment_text i]", "[class*=commenttext i]"),
    *("[class*=comment-content i]", "[class*=comment_content i]", "[class*=comment-body i]", "[class*=comment_body i]"),
    *("[class*=message i]", "[class*=text i]", "[class*=content i]", "[class*=body i]", "[class*=description i]"),
    "",
)
_LEFT_OUT = (
    "[class*=author i], [class*=user i], [class*=name i], [class*=date i], [class*=time i], [class*=meta i], time,"
    " cite, [class*=action i], [class*=reply i], [class*=vote i], [class*=like i], [class*=avatar i], [class*=share i],"
    " [class*=report i], [class*=tool i], [class*=badge i], [class*=rating i], header, footer, button, form"
)


def read_likely(tree: LexborHTMLParser) -> list[Found]:
    """Comments of the kind of element of which most look like comments; none where no kind does."""
    best: list[Found] = []
    for selector in _kinds(tree):
        found = read_layout(tree, _layout(selector))
        complete = [each for each in found if each.text and (each.author or each.posted)]
        sure = len(complete) >= _FEW_COMMENTS or any(each.author and each.posted for each in complete)
        if sure and len(complete) == len(found) and len(complete) > len(best):
            best = found
    return best


def _layout(selector: str) -> Template:
    return Template(
        name="likely",
        needs=selector,
        comment=selector,
        author=_AUTHOR,
        posted=_POSTED,
        text=_TEXT,
        leave_out=_LEFT_OUT,
        likes="[class*=like-count i], [class*=likes i], [class*=upvote i]",
        dislikes="[class*=dislike-count i], [class*=dislikes i], [class*=downvote i]",
    )


def _kinds(tree: LexborHTMLParser) -> Sequence[str]:
    """Kinds of elements that may be comments, those that are met first before the others."""
    kinds: dict[str, None] = {}
    for node in tree.css(_NAMED)[:_MOST_NODES]:
        for name in (node.attributes.get("class") or "").split():
            if _ITEM.fullmatch(name) and name.isascii() and not _is_elsewhere(node):
                kinds.setdefault(f"{node.tag}.{name}")
    return list(kinds)[:_MOST_KINDS]


def _is_elsewhere(node: LexborNode) -> bool:
    """Whether it stands in a list of the newest comments of the whole site, or in a form."""
    above: LexborNode | None = node
    for _ in range(4):
        if above is None or above.tag in {"body", "html"}:
            return False
        if above.tag in {"aside", "form"} or _NOT_HERE.search(
            f"{above.attributes.get('class') or ''} {above.id or ''}"
        ):
            return True
        above = above.parent
    return False
