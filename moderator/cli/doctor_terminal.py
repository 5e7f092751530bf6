"""What `moderator doctor` says of a terminal: whether the desk can be drawn and read in it."""

from __future__ import annotations

import locale
import os
import shutil
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

_LEAST_COLUMNS, _LEAST_LINES = 80, 24
_NO_TERMINALS = frozenset({"", "dumb", "unknown"})
_MULTIPLEXERS = {"TMUX": "tmux-256color", "STY": "screen-256color"}


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at.

    Attributes:
        name: What, in a word or two.
        good: Whether it will do.
        said: What was found, as a sentence.
        next_step: What to do about it, or how to make it better; empty where there's nothing to say.
    """

    name: str
    good: bool
    said: str
    next_step: str = ""


def look_at_terminal(environment: Mapping[str, str] = os.environ, *, is_one: bool | None = None) -> Iterator[Finding]:
    """Kind, size, colours and letters of the terminal that standard output goes to.

    Args:
        environment: Variables that say what it is.
        is_one: Whether there is one at all; found out by default.
    """
    if not (sys.stdout.isatty() if is_one is None else is_one):
        yield Finding("terminal", True, "standard output is none here, so it can't be judged.")
        yield _encoding(environment)
        return
    yield _kind(environment)
    yield _size()
    yield _colours(environment)
    yield _encoding(environment)


def _kind(environment: Mapping[str, str]) -> Finding:
    kind = environment.get("TERM", "")
    if kind in _NO_TERMINALS:
        inside = next((wanted for sign, wanted in _MULTIPLEXERS.items() if environment.get(sign)), "xterm-256color")
        said = f"TERM is {kind!r}, which can draw nothing." if kind else "TERM is not set, so nothing can be drawn."
        return Finding("terminal", False, said, f"Set it to what your terminal is: export TERM={inside}")
    return Finding("terminal", True, f"{kind}.")


def _size() -> Finding:
    size = shutil.get_terminal_size()
    good = size.columns >= _LEAST_COLUMNS and size.lines >= _LEAST_LINES
    step = f"Make it {_LEAST_COLUMNS} x {_LEAST_LINES} or larger: in less, lines are cut."
    return Finding("size", good, f"{size.columns} x {size.lines}.", "" if good else step)


def _colours(environment: Mapping[str, str]) -> Finding:
    if environment.get("NO_COLOR"):
        return Finding("colours", True, "NO_COLOR is set, so the desk is drawn without; nothing is lost by that.")
    if environment.get("COLORTERM", "").lower() in {"truecolor", "24bit"}:
        return Finding("colours", True, "16 million.")
    if "256" in environment.get("TERM", ""):
        step = "If your terminal knows 16 million, say so: export COLORTERM=truecolor"
        return Finding("colours", True, "256, so themes look a little coarser than they are.", step)
    step = "Another terminal shows more; the theme high-contrast reads best with few."
    return Finding("colours", True, "few.", step)


def _encoding(environment: Mapping[str, str]) -> Finding:
    encoding = (sys.stdout.encoding or locale.getpreferredencoding(False)).lower()
    good = encoding.replace("-", "") == "utf8"
    asked = next((name for name in ("LC_ALL", "LC_CTYPE", "LANG") if environment.get(name)), "")
    where = f", from {asked}={environment[asked]}" if asked and not good else ""
    step = "" if good else "Use a UTF-8 locale, such as export LC_ALL=C.UTF-8: other letters are shown as escapes."
    return Finding("encoding", good, f"{encoding}{where}.", step)
