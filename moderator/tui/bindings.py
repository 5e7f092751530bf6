"""Textual bindings from the keys in force.

They have priority: such a binding runs in the order in which keys come in, while others run when the key has wandered
through the widgets, and may then be overtaken by the next key. A reason typed right after `r` must find that the
rejection was asked for. While somebody types into a line, `check_action` turns them all off.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from textual.binding import Binding, BindingsMap

from moderator.domain.decision import Reason
from moderator.tui.keys import Keymap, split_keys, twins, with_twins

_DIGITS = "0123456789"


def bind_actions(keymap: Keymap, actions: Mapping[str, str]) -> BindingsMap:
    """Bindings for some of the keymap's actions.

    Args:
        keymap: The keys in force.
        actions: Name in the keymap to the action to run.
    """
    keys = [
        Binding(with_twins(keymap.keys[name]), action, id=name, show=False, priority=True)
        for name, action in actions.items()
        if keymap.keys[name]
    ]
    return BindingsMap(keys)


def bind_digits(keymap: Keymap) -> BindingsMap:
    """Bindings for the digits that no action has: a number before a key, or the answer to which queue is meant."""
    if not keymap.single_keys:
        return BindingsMap([Binding(digit, f"pick_queue({digit})", show=False, priority=True) for digit in _DIGITS])
    taken = {key for keys in keymap.keys.values() for key in split_keys(keys)}
    return BindingsMap(
        [
            Binding(digit, action, show=False, priority=True)
            for digit in _DIGITS
            for action in (f"pick_queue({digit})", f"digit({digit})")
            if digit not in taken or action.startswith("pick")
        ]
    )


def bind_reasons(reasons: Iterable[Reason]) -> BindingsMap:
    """Bindings for the keys that answer `r`, one per reason, and escape, which gives up whatever was begun."""
    own = {reason.key: reason.code for reason in reasons}
    typed = {twin: code for key, code in own.items() for twin in twins(key)} | own
    keys = [Binding(key, f"reason({code!r})", show=False, priority=True) for key, code in typed.items()]
    return BindingsMap([*keys, Binding("escape", "never_mind", show=False, priority=True)])
