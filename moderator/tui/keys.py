"""The desk's keys as one table: bindings, help, palette, hints and the user's own keys all come from it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from difflib import get_close_matches


@dataclass(frozen=True, slots=True)
class Key:
    """One thing that a key does.

    Attributes:
        id: Stable name: what `[tui.keys]` in the configuration uses, and the action's name on the review screen.
        keys: Keys as shipped, separated by commas.
        title: What it does, in a few words.
        group: Heading it stands under in the help.
    """

    id: str
    keys: str
    title: str
    group: str


DECIDE, MOVE, LOOK, FIND, MARK, MODES, DESK = (
    *("Decide", "Move", "Look closer", "Find", "Several at once", "Modes", "The desk"),
)

KEYS: tuple[Key, ...] = (
    Key("approve", "a", "approve", DECIDE),
    Key("reject", "r", "reject, then one key for the reason", DECIDE),
    Key("escalate", "e", "hand to a senior colleague", DECIDE),
    Key("defer", "d", "put aside for later", DECIDE),
    Key("skip", "s", "leave it undecided, next one", DECIDE),
    Key("undo", "u", "undo the last decision or act, as often as you like", DECIDE),
    Key("repeat", ".", "the last decision and its reason once more", DECIDE),
    Key("band", "b", "decide on a band of scores at once", DECIDE),
    Key("note", "n", "write a note that goes with the next decision", DECIDE),
    Key("next", "j,down", "next comment", MOVE),
    Key("previous", "k,up", "previous comment", MOVE),
    Key("page_down", "pagedown", "a page down", MOVE),
    Key("page_up", "pageup", "a page up", MOVE),
    Key("first", "g,home", "first comment", MOVE),
    Key("last", "G,end", "last comment", MOVE),
    Key("reveal", "v", "show or mask severe words", LOOK),
    Key("thread", "t", "unfold or fold the thread", LOOK),
    Key("author", "i", "unfold or fold the author's latest comments", LOOK),
    Key("copies", "=", "what says nearly the same, all marked", LOOK),
    Key("swap", "w", "the scores if the group had another name", LOOK),
    Key("scroll_down", "J,shift+down", "read on in a long comment", LOOK),
    Key("scroll_up", "K,shift+up", "read back in a long comment", LOOK),
    Key("filter", "/", "filter the queue", FIND),
    Key("order", "o", "order: risk, oldest, newest, best", FIND),
    Key("queues", "f", "a queue of your own by its name", FIND),
    Key("jump", "#", "a comment by its number", FIND),
    Key("mark", "space", "mark or unmark; decisions are then about all marked", MARK),
    Key("mark_range", "V", "mark from the last mark to here", MARK),
    Key("mark_all", "*", "mark everything listed, or nothing", MARK),
    Key("review", "f2", "the queue", MODES),
    Key("history", "h,f3", "decisions made, by whom and when", MODES),
    Key("insights", "f4", "how the queue and the work stand, in charts", MODES),
    Key("tuning", "f5", "what other thresholds would do to the queue", MODES),
    Key("sources", "f6", "where comments come from, and what goes back", MODES),
    Key("sitting", "f7", "your session: time, pace, and a stop of your own", DESK),
    Key("help", "?", "these keys", DESK),
    Key("palette", "ctrl+p", "everything by name", DESK),
    Key("quit", "q,ctrl+q", "leave the desk", DESK),
)

HINTS: Mapping[str, str] = {
    **{name: name for name in ("approve", "reject", "escalate", "defer", "skip", "undo")},
    **{name: name for name in ("filter", "reveal", "thread", "band", "note", "order")},
    "mark": "mark",
    "copies": "copies",
    "author": "author",
    "repeat": "repeat",
    "palette": "all by name",
    "quit": "quit",
    "help": "keys",
}
"""Actions of the bottom line with their word there: the most used first, for a narrow terminal has room for few."""

_NAMED = frozenset(
    [
        "up",
        "down",
        "left",
        "right",
        "home",
        "end",
        "pageup",
        "pagedown",
        "space",
        "enter",
        "tab",
        "backspace",
        "delete",
        "insert",
        "f1",
        "f2",
        "f3",
        "f4",
        "f5",
        "f6",
        "f7",
        "f8",
        "f9",
        "f10",
        "f11",
        "f12",
    ]
)
_PRINTED = {
    "pagedown": "PgDn",
    "pageup": "PgUp",
    "space": "Space",
    "down": "↓",
    "up": "↑",
    "shift+down": "⇧↓",
    "shift+up": "⇧↑",
    "home": "Home",
    "end": "End",
}
_MODIFIERS = ("ctrl+", "shift+", "alt+")
_RESERVED = {"escape": "it always means 'never mind'", "ctrl+c": "it copies"}

# Where each Latin key sits, what a Russian or Ukrainian layout types there: the hand stays where it learnt the keys.
_LATIN = "qwertyuiop[]asdfghjkl;'zxcvbnm,./QWERTYUIOPASDFGHJKLZXCVBNM"
_RUSSIAN = "йцукенгшщзхъфывапролджэячсмитьбю.ЙЦУКЕНГШЩЗФЫВАПРОЛДЯЧСМИТЬ"
_UKRAINIAN = "йцукенгшщзхїфівапролджєячсмитьбю.ЙЦУКЕНГШЩЗФІВАПРОЛДЯЧСМИТЬ"


def twins(key: str) -> tuple[str, ...]:
    """What the same physical key types in a Cyrillic layout, most common first; empty where it types no letter."""
    position = _LATIN.find(key) if len(key) == 1 else -1
    if position < 0:
        return ()
    typed = dict.fromkeys((_RUSSIAN[position], _UKRAINIAN[position]))
    return tuple(char for char in typed if char.isalpha())


def with_twins(keys: str) -> str:
    """A comma-separated list of keys, each followed by its Cyrillic twins."""
    return ",".join(one for key in split_keys(keys) for one in (key, *twins(key)))


def split_keys(keys: str) -> list[str]:
    """The single keys of a comma-separated list, without blanks."""
    return [key.strip() for key in keys.split(",") if key.strip()]


@dataclass(frozen=True, slots=True)
class Keymap:
    """The keys in force.

    Attributes:
        keys: Action's name to its comma-separated keys; every action of `KEYS` is there.
        problem: Why the user's own keys were not taken, as a sentence, or `None`.
        single_keys: Whether a single character may be a command.
    """

    keys: Mapping[str, str]
    problem: str | None = None
    single_keys: bool = True

    def shown(self, action: str) -> str:
        """The one key to print for an action, short enough for a hint line."""
        return next(iter(self.shown_all(action)), self.shown_all("palette")[0])

    def hinted(self) -> list[str]:
        """Actions of the bottom line: in the order of `HINTS`, but what finds all others first where few have a key."""
        return list(HINTS) if self.single_keys else ["palette", *(name for name in HINTS if name != "palette")]

    def hints(self) -> list[tuple[str, str]]:
        """Keys and words for the bottom line, in the order of `hinted`. A word without a key is there to be clicked."""
        return [(next(iter(self.shown_all(action)), ""), HINTS[action]) for action in self.hinted()]

    def shown_all(self, action: str) -> list[str]:
        """All keys of an action as they are printed."""
        return [_PRINTED.get(key, key) for key in split_keys(self.keys[action])]


SHIPPED = Keymap({key.id: key.keys for key in KEYS})
"""Keys as they come, nothing configured."""


def resolve(own: Mapping[str, str], *, single_keys: bool = True) -> Keymap:
    """Lays the user's own keys over the shipped ones.

    Args:
        own: Action's name to one key or several with commas between, from the configuration.
        single_keys: Whether a single character may be a command. Without them there are function keys, keys with
            ctrl, the palette and the mouse: for who dictates, or whose hand hits keys by mistake.

    Returns:
        The keys in force. With a mistake anywhere in `own` it's the shipped ones and `problem` says which: half a
        keymap would put a decision where the hand expects a movement.
    """
    keys = dict(SHIPPED.keys)
    for action, wanted in own.items():
        wrong = _fault(action, wanted, keys)
        if wrong is not None:
            return _refuse(wrong)
        keys[action] = ",".join(split_keys(wanted))
    clash = _clash(keys)
    if clash:
        return _refuse(clash)
    if single_keys:
        return Keymap(keys)
    return Keymap({action: _without_characters(chosen) for action, chosen in keys.items()}, single_keys=False)


def _fault(action: str, wanted: str, keys: Mapping[str, str]) -> str | None:
    """What is wrong with the keys that somebody wants for an action, as a clause; `None` where nothing is."""
    if action not in keys:
        return f"there is no action named '{action}'{_nearest(action, keys)}"
    chosen = split_keys(wanted)
    if not chosen:
        return f"'{action}' has no key"
    for key in chosen:
        if key in _RESERVED:
            return f"'{key}' can't be given to '{action}': {_RESERVED[key]}"
        if not _is_key(key):
            return f"'{key}' for '{action}' isn't a key{_nearest(key, _NAMED)}"
    return None


def _without_characters(keys: str) -> str:
    return ",".join(key for key in split_keys(keys) if len(key) > 1)


def _clash(keys: Mapping[str, str]) -> str | None:
    taken: dict[str, str] = {}
    for action, chosen in keys.items():
        for key in split_keys(chosen):
            if key in taken and taken[key] != action:
                return f"'{key}' is set for both '{taken[key]}' and '{action}'"
            taken[key] = action
    return None


def _refuse(why: str) -> Keymap:
    return Keymap(SHIPPED.keys, f"Keys: {why}, so the shipped keys are used.")


def _is_key(key: str) -> bool:
    bare = key
    while bare.startswith(_MODIFIERS):
        bare = bare.split("+", 1)[1]
    return bare in _NAMED or (len(bare) == 1 and bare.isprintable() and bare not in ", ")


def _nearest(word: str, known: Iterable[str]) -> str:
    near = get_close_matches(word, list(known), n=1)
    return f" (did you mean '{near[0]}'?)" if near else ""
