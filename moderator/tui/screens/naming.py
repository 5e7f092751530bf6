"""What if the group had another name: asked with a key, answered beneath the comment when the scorers are done."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from moderator.tui import name_question
from moderator.tui.modes import Desktop
from moderator.tui.name_question import NameAnswered
from moderator.tui.screens.browsing import BrowsingScreen
from moderator.tui.settings_errands import SettingsTaken
from moderator.tui.views import CardView

if TYPE_CHECKING:  # bootstrap reaches everything; the first frame must not wait for it
    from moderator.bootstrap import Services


class NamingScreen(BrowsingScreen):
    """The desk with the key that asks what a score owes to a name."""

    def __init__(self, desktop: Desktop) -> None:
        super().__init__(desktop)
        self._reports = desktop.reports

    def action_swap(self) -> None:
        """Asks what the scores would be with another group's name; again, and the answer is hidden."""
        self.desk.session.take_times()
        card = self.desk.card
        if card is None:
            self.say(((" There's no comment to ask about yet.", "muted"),))
            return
        if self.desk.names.is_about(card):
            self.desk.names.drop()
            self.say(())
        else:
            self._ask(card)
            self.say(name_question.asking())
        self.draw_here()

    def on_name_answered(self, message: NameAnswered) -> None:
        """What was asked is answered; whoever went on to another comment finds it when they come back."""
        about = self.desk.names.take(message.number, message.answer)
        if about is not None and about == self.desk.session.current:
            self.say(name_question.answered(message.answer))
            self.draw_here()

    def on_settings_taken(self, message: SettingsTaken) -> None:
        """Other thresholds or scorers: what was answered may be wrong now, and who was asked may be gone."""
        if not message.reroutes:
            return
        card = self.desk.card
        if card is not None and self.desk.names.is_about(card):
            self._ask(card)
        else:
            self.desk.names.drop()

    def _ask(self, card: CardView) -> None:
        number = self.desk.names.ask(card)
        self._reports.ask(
            "names",
            partial(_answer, number=number, comment_id=card.row.id),
            self,
            doing="asking what other names would score",
            failed=partial(NameAnswered, number),
        )


def _answer(services: Services, *, number: int, comment_id: int) -> NameAnswered:
    from moderator.tui.name_answers import answer  # noqa: PLC0415 - imported where it runs, which isn't the screen

    return answer(services, number, comment_id)
