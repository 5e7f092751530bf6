"""What the desk has read so far: rows, whole comments, counts, and who holds what. A memory, never the truth."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable, Mapping
from dataclasses import replace

from moderator.domain.comment import Copies, Status
from moderator.domain.decision import Action
from moderator.text.visible import Visible
from moderator.tui.row_cache import RowCache
from moderator.tui.views import CardView, RowView

_CARDS = 64
_NAMED_ROWS = 400


class Known:
    """Rows and comments as last read.

    Attributes:
        rows: Rows of the queue.
        counts: How many comments stand where; empty until they were counted.
        held: Who has a comment open that we asked for.
        edited: Comments whose text changed while they were on screen here.
        final: What sites won't take back: source -> action -> half a sentence about the site.
    """

    def __init__(self) -> None:
        self.rows = RowCache()
        self.counts: dict[Status, int] = {}
        self.held: dict[int, Visible] = {}
        self.edited: set[int] = set()
        self.final: Mapping[Visible, Mapping[Action, Visible]] = {}
        self._cards: OrderedDict[int, CardView] = OrderedDict()
        self._copies: OrderedDict[int, Copies] = OrderedDict()

    def row(self, comment_id: int | None) -> RowView | None:
        """A row, if it's known."""
        return None if comment_id is None else self.rows.get(comment_id)

    def card(self, comment_id: int | None) -> CardView | None:
        """A whole comment, if it's known."""
        return None if comment_id is None else self._cards.get(comment_id)

    def take_rows(self, rows: Iterable[RowView]) -> None:
        """Rows as they stand now."""
        rows = list(rows)
        self.rows.put(rows)
        for row in rows:
            if row.held_by is None:
                self.held.pop(row.id, None)

    def take_card(self, card: CardView, *, on_screen: bool) -> None:
        """A whole comment as it stands now."""
        comment_id = card.row.id
        before = self._cards.get(comment_id)
        if on_screen and before is not None and before.row.revision != card.row.revision:
            self.edited.add(comment_id)
        self._cards[comment_id] = card
        self._cards.move_to_end(comment_id)
        while len(self._cards) > _CARDS:
            self._cards.popitem(last=False)
        self.take_rows([card.row])

    def take_holder(self, comment_id: int, holder: Visible | None) -> None:
        """Who has a comment open, `None` where it's ours."""
        if holder is None:
            self.held.pop(comment_id, None)
        else:
            self.held[comment_id] = holder
        row = self.rows.get(comment_id)
        if row is not None and row.held_by != holder:
            self.rows.put([replace(row, held_by=holder)])

    def set_status(self, comment_id: int, status: Status) -> None:
        """A comment stands elsewhere now, because of us."""
        row = self.rows.get(comment_id)
        if row is not None:
            self.rows.put([replace(row, status=status, held_by=None)])
        card = self._cards.get(comment_id)
        if card is not None:
            self._cards[comment_id] = replace(card, row=replace(card.row, status=status))

    def count(self, before: Status, after: Status) -> None:
        """One comment went from one status to another."""
        for status, step in ((before, -1), (after, 1)):
            if status in self.counts:
                self.counts[status] = max(self.counts[status] + step, 0)

    def take_copies(self, comment_id: int, copies: Copies) -> None:
        """What says nearly the same as a comment."""
        self._copies[comment_id] = copies
        while len(self._copies) > _CARDS:
            self._copies.popitem(last=False)

    def copies(self, comment_id: int | None) -> Copies | None:
        """What says nearly the same as a comment, if somebody looked."""
        return None if comment_id is None else self._copies.get(comment_id)

    def names(self) -> dict[str, list[str]]:
        """Languages, sections and authors of the rows seen last, for completing what is typed."""
        found: dict[str, dict[str, None]] = {"lang": {}, "section": {}, "author": {}}
        for row in self.rows.latest(_NAMED_ROWS):
            for key, name in (("lang", row.language), ("section", row.section), ("author", row.author)):
                if name:
                    found[key][name] = None
        return {key: sorted(names) for key, names in found.items()}

    def forget_card(self, comment_id: int) -> None:
        """This comment must be read again before it's shown."""
        self._cards.pop(comment_id, None)

    def forget_cards_but(self, comment_id: int | None) -> None:
        """All comments, and what says the same, must be read again but for the one that is on screen."""
        for other in [one for one in self._copies if one != comment_id]:
            del self._copies[other]
        for other in [one for one in self._cards if one != comment_id]:
            del self._cards[other]
