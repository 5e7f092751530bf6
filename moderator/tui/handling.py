"""What the moderator has in hand beside the list: marks, a number typed before a key, what is unfolded or unmasked."""

from __future__ import annotations

from moderator.tui.listing import Listing
from moderator.tui.marks import Marks

_MOST_TIMES = 9_999_999


class Handling(Listing):
    """A list of comments in somebody's hands.

    Attributes:
        marks: Comments marked: while there are any, a decision is about all of them.
        times: A number typed before a key, 0 where none was.
        revealed: Comments whose masked words were shown at least once.
        showing: Whether the masked words of the comment under the cursor are shown now.
        thread_open: Whether the thread is unfolded.
        author_open: Whether the author's latest comments are unfolded.
    """

    def __init__(self) -> None:
        super().__init__()
        self.marks = Marks()
        self.times = 0
        self.revealed: set[int] = set()
        self.showing = False
        self.thread_open = False
        self.author_open = False

    # Care --------------------------------------------------------------------------------------------------------

    def toggle_reveal(self) -> bool:
        """Shows or masks the severe words of the comment under the cursor. Returns whether they're shown now."""
        self.showing = not self.showing
        if self.showing and self.current is not None:
            self.revealed.add(self.current)
        return self.showing

    # Marks and counts --------------------------------------------------------------------------------------------

    def toggle_mark(self) -> None:
        """Marks or unmarks the comment under the cursor."""
        if self.current is not None:
            self.marks.toggle(self.current)

    def mark_stretch(self, first: int, last: int) -> None:
        """Marks what still waits from one row to another, both included, in either direction."""
        low, high = max(min(first, last), 0), max(first, last)
        self.marks.add(comment_id for comment_id in self.ids[low : high + 1] if comment_id not in self.closed)

    def type_digit(self, digit: int) -> None:
        """A digit of a number before a key."""
        self.times = min(self.times * 10 + digit, _MOST_TIMES)

    def take_times(self) -> int:
        """The number that was typed before this key, 0 where none was. It's used up."""
        times, self.times = self.times, 0
        return times
