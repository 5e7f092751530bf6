"""What the lines around the queue say, put together from the desk's state."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

from moderator.domain.comment import Status
from moderator.domain.decision import Action, Intent, Outcome, Reason
from moderator.domain.filter import format_filter
from moderator.text.visible import Visible, literal, visible_line
from moderator.tui.desk import Desk
from moderator.tui.keys import Keymap
from moderator.tui.messages import ScoringMoved
from moderator.tui.widgets.status_line import Parts
from moderator.tui.wording import ACTION_GLYPHS, DONE, ORDERS, joined, number, plural

_QUOTE = 32
_HOLD_CELLS = 6
_USUAL = frozenset({Status.PENDING})


def top(desk: Desk, moderator: Visible) -> tuple[Parts, Parts]:
    """What is open, in which order, and who sits here."""
    session = desk.session
    listed = session.query.statuses
    if session.ids:
        more = "" if session.complete else "+"
        waiting = (
            f"{number(session.open_count)}{more} waiting"
            if listed == _USUAL
            else f"{number(session.open_count)}{more} listed"
        )
        place = f"{number(session.cursor + 1)} of {number(len(session.ids))}{more}"
    else:
        waiting, place = "nothing waits", ""
    others = [
        f"{number(desk.known.counts.get(status, 0))} {status.value}"
        for status in (Status.ESCALATED, Status.DEFERRED)
        if desk.known.counts.get(status) and status not in listed
    ]
    left = [(" moderator  ", "strong"), (visible_line(waiting), "text")]
    left.append((f"  {joined(place, *others)}", "muted"))
    if session.marks:
        left.append((f"  * {number(len(session.marks))} marked", "strong"))
    if session.note:
        left.append(("  with a note", "strong"))
    shown = format_filter(session.query)
    right: list[tuple[str, str]] = []
    if shown:
        right.append((f"/{visible_line(shown, 60)}", "strong"))
        right.append(("  ", "muted"))
    right += [(ORDERS[session.query.order], "muted"), (f"  {moderator} ", "text")]
    return tuple(left), tuple(right)


def banner(desk: Desk) -> Visible | None:
    """What must be said above the comment under the cursor: why it came back, who holds it, that it changed."""
    current = desk.session.current
    if current is None:
        return None
    if current in desk.session.failures:
        return visible_line(f"! {desk.session.failures[current]}")
    holder = desk.known.held.get(current)
    if holder is not None:
        return visible_line(f"◆ {holder} has this comment open. It can't be decided here until they leave it.")
    if current in desk.known.edited:
        return visible_line("± The text was edited while you had it open. This is the new one.")
    return None


def final(desk: Desk) -> Visible | None:
    """What the site of the comment under the cursor won't take back; `None` where it takes back all."""
    card = desk.card
    warnings: Mapping[Action, Visible] = {} if card is None else desk.known.final.get(card.source, {})
    said: dict[Visible, list[str]] = {}
    for action, words in warnings.items():
        said.setdefault(words, []).append(action.value)
    if card is None or not said:
        return None
    each = (f"{' or '.join(who)}: {card.source} {words}" for words, who in said.items())
    return joined("! once sent", *each)


def unopened(_: Desk, moderator: Visible) -> tuple[Parts, Parts]:
    """The line above where the database can't be opened: nobody knows whether anything waits."""
    return ((" moderator  ", "strong"), ("no database", "problem")), ((f"{moderator} ", "text"),)


def opening(moderator: Visible) -> tuple[Parts, Parts]:
    """The line above before anything is read."""
    return ((" moderator", "strong"),), ((f"{moderator} ", "text"),)


def decided(intent: Intent, desk: Desk, reason: Reason | None) -> Parts:
    """A decision on its way."""
    said = f"{ACTION_GLYPHS[intent.action]} {DONE[intent.action]}"
    why = f" · {visible_line(reason.title)}" if reason is not None else ""
    return ((f" {said}{why}", "good"), (f"  {_quote(desk, intent.comment_id)}  saving…", "muted"))


def saved(outcome: Outcome, desk: Desk, keymap: Keymap, reason: Reason | None, held: Held | None = None) -> Parts:
    """A decision that is durable, how to take it back, and for how long its site doesn't know of it."""
    decision = outcome.decision
    said = f"{ACTION_GLYPHS[decision.action]} {DONE[decision.action]}"
    why = f" · {visible_line(reason.title)}" if reason is not None else ""
    return (
        (f" {said}{why}", "good"),
        (f"  {_quote(desk, decision.comment_id)}", "muted"),
        (f"  {keymap.shown('undo')}", "strong"),
        (" undoes", "muted"),
        *hold(held),
    )


@dataclass(frozen=True, slots=True)
class Held:
    """A decision that is held back from its site for a while.

    Attributes:
        left_s: How much longer, in seconds; 0 or less: it's on its way.
        whole_s: How long in all.
        final: The site won't take it back afterwards.
    """

    left_s: float
    whole_s: float
    final: bool = False


def hold(held: Held | None) -> Parts:
    """The hold-back window as it runs down."""
    if held is None:
        return ()
    if held.left_s <= 0:
        said = "with the site, which can't take it back" if held.final else "on its way to the site"
        return ((f"  · {said}", "muted"),)
    full = math.ceil(_HOLD_CELLS * min(held.left_s / max(held.whole_s, 0.001), 1.0))
    bar = "▰" * full + "▱" * (_HOLD_CELLS - full)
    end = (("  then for good", "strong"),) if held.final else ()
    return (("  before the site hears of it  ", "muted"), (f"{bar} {math.ceil(held.left_s)} s", "strong"), *end)


def times(typed: int) -> Parts:
    """A number that waits for the key it belongs to."""
    return ((f" {number(typed)}", "strong"), ("  times the next key · esc: never mind", "muted"))


def marked(desk: Desk, keymap: Keymap) -> Parts:
    """How many are marked, and what that means."""
    count = len(desk.session.marks)
    if not count:
        return ((" Nothing is marked.", "muted"),)
    keys = " ".join(keymap.shown(name) for name in ("approve", "reject", "escalate", "defer"))
    return (
        (f" * {plural(count, 'comment')} marked", "strong"),
        ("  the next decision is about all of them: ", "muted"),
        (keys, "strong"),
        ("  esc unmarks", "muted"),
    )


def reject_because(desk: Desk) -> Visible:
    """What is asked before a rejection, and what the site makes of one that it can't take back."""
    marked_count = len(desk.session.marks)
    if marked_count:
        return visible_line(f"Reject {marked_count:,} marked because …")
    card = desk.card
    final = None if card is None else desk.known.final.get(card.source, {}).get(Action.REJECT)
    known = "" if card is None or final is None else f" ({card.source} {final})"
    return visible_line(f"Reject{known} because …")


def deciding_many(action: Action, count: int) -> Parts:
    """One act on many comments on its way."""
    if not count:
        return ((" None of the marked comments waits any more.", "muted"),)
    return ((f" {ACTION_GLYPHS[action]} {plural(count, 'comment')} {DONE[action]}", "good"), ("  saving…", "muted"))


def many_decided(action: Action | None, done: int, refused: int, left: int, keymap: Keymap) -> Parts:
    """What became of an act on many comments."""
    verb = DONE[action] if action is not None else "decided"
    parts = [(f" {ACTION_GLYPHS[action] if action else '·'} {plural(done, 'comment')} {verb}", "good")]
    if left:
        parts.append((f"  saving, {number(left)} left…", "muted"))
    if refused:
        parts.append((f"  ! {number(refused)} came back: their rows say why", "problem"))
    if not left:
        parts += [(f"  {keymap.shown('undo')}", "strong"), (" undoes all of it", "muted")]
    return tuple(parts)


def undoing() -> Parts:
    """An undo on its way."""
    return ((" ↶ undoing…", "muted"),)


def many_undone(done: int, refused: int, left: int) -> Parts:
    """What became of taking an act back."""
    parts = [(f" ↶ undone: {plural(done, 'comment')} as before", "good")]
    if left:
        parts.append((f"  {number(left)} left…", "muted"))
    if refused:
        parts.append((f"  ! {number(refused)} stay: their rows say why", "problem"))
    return tuple(parts)


def copies(desk: Desk, keymap: Keymap) -> Visible | None:
    """How many say nearly the same as the comment under the cursor; `None` where none does or nobody has looked."""
    found = desk.known.copies(desk.session.current)
    if found is None or not found.ids:
        return None
    said = f"≈ {plural(len(found.ids), 'other')} like this"
    recent = f"{number(found.last_hour)} in the last hour" if found.last_hour else ""
    waiting = f"{number(found.waiting)} waiting" if found.waiting else "none waits"
    return joined(said, recent, waiting, f"{keymap.shown('copies')} shows them")


def undone(outcome: Outcome, desk: Desk, keymap: Keymap) -> Parts:
    """A decision taken back."""
    parts = [
        (
            " ↶ undone: it waits again" if outcome.status is Status.PENDING else f" ↶ undone: {outcome.status.value}",
            "good",
        )
    ]
    parts.append((f"  {_quote(desk, outcome.decision.comment_id)}", "muted"))
    parts += [(f"  {keymap.shown('undo')}", "strong"), (" undoes one more", "muted")]
    return tuple(parts)


def scoring(message: ScoringMoved) -> Parts:
    """What the scoring in the background does."""
    failed = f", {number(message.failed)} failed" if message.failed else ""
    if message.left:
        return ((f"scoring, {number(message.left)} left ", "muted"),)
    return ((f"{plural(message.done, 'comment')} scored{failed} ", "muted"),)


def note(text: str) -> Parts:
    """A note that waits for the next decision."""
    return ((" note for the next decision: ", "muted"), (visible_line(text, 60), "text"))


def problem(text: Visible, hint: Visible) -> Parts:
    """Something that didn't work."""
    return ((f" ! {text}", "problem"), (f" {hint}", "muted"))


def empty(desk: Desk, keymap: Keymap) -> tuple[Visible, ...]:
    """What to do next where nothing is listed."""
    key = keymap.shown("filter")
    if format_filter(desk.session.query):
        return (
            literal("Nothing matches this filter."),
            visible_line(f"Press {key} to change it; an empty filter shows everything that waits."),
        )
    new = bool(desk.known.counts) and not any(desk.known.counts.values())
    lines = [literal("No comment has come in yet.") if new else literal("Nothing waits for a decision.")]
    elsewhere = [status for status in (Status.ESCALATED, Status.DEFERRED) if desk.known.counts.get(status)]
    lines += [
        visible_line(f"{number(desk.known.counts[status])} {status.value}: press {key} and type status:{status.value}")
        for status in elsewhere
    ]
    lines.append(literal("Take comments in from another terminal; they appear here by themselves:"))
    lines.append(literal("moderator intake FILE"))
    if new:
        lines.append(literal("Or look around first, with comments that come with the program: moderator demo"))
        lines.append(literal("Something doesn't work? moderator doctor"))
    return tuple(lines)


def nothing_to_decide(desk: Desk, keymap: Keymap, action: Action) -> Parts:
    """Why a decision key did nothing."""
    row = desk.row
    if row is None:
        text = "There's nothing to decide here." if desk.session.current is None else "Still reading this comment."
        return ((f" {text}", "muted"),)
    if row.id in desk.session.pending:
        return ((" This decision is being saved.", "muted"),)
    said = f" It's {row.status.value} already, so nothing was {DONE[action]}."
    return ((said, "text"), (f"  {keymap.shown('undo')}", "strong"), (" undoes the last decision", "muted"))


def _quote(desk: Desk, comment_id: int) -> Visible:
    row = desk.known.row(comment_id)
    if row is None:
        return visible_line(f"comment {comment_id}")
    text = row.masked if len(row.masked) <= _QUOTE else f"{row.masked[:_QUOTE].rstrip()}…"
    return visible_line(f"“{text}”")
