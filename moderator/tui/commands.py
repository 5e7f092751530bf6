"""Everything the desk can do, by name: what ctrl+p searches."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from textual.command import DiscoveryHit, Hit, Hits, Provider
from textual.content import Content

from moderator.text.visible import visible_line
from moderator.tui.keys import KEYS, SHIPPED, Keymap
from moderator.tui.overlays import Overlays
from moderator.tui.themes import THEMES


class DeskCommands(Provider):
    """The keys' actions and the desk's themes."""

    @property
    def _keymap(self) -> Keymap:
        """The keys in force."""
        return self.app.keymap if isinstance(self.app, Overlays) else SHIPPED

    async def discover(self) -> Hits:
        """All of it, before anything is typed."""
        for name, text, run in self._all():
            yield DiscoveryHit(Content(name), run, text=name, help=text)

    async def search(self, query: str) -> Hits:
        """What fits what was typed."""
        matcher = self.matcher(query)
        for name, text, run in self._all():
            score = matcher.match(name)
            if score > 0:
                yield Hit(score, matcher.highlight(name), run, help=text)

    def _all(self) -> Iterator[tuple[str, str, Callable[[], object]]]:
        for key in KEYS:
            if key.id != "palette" and hasattr(self.screen, f"action_{key.id}"):
                keys = " ".join(self._keymap.shown_all(key.id))
                yield key.title, f"{key.group} · {keys}" if keys else key.group, self._action(key.id)
        for name in getattr(self.screen, "named_queues", ()):
            yield f"queue: {visible_line(name, 60)}", "A queue of your own", self._queue(name)
        for theme in THEMES:
            kept = "How the desk looks until you leave it; [tui] theme in config.toml keeps it"
            yield f"theme: {theme.name}", kept, self._theme(theme.name)

    def _action(self, name: str) -> Callable[[], object]:
        async def run() -> None:
            await self.screen.run_action(name)

        return run

    def _queue(self, name: str) -> Callable[[], object]:
        async def run() -> None:
            await self.screen.run_action(f"open_named({name!r})")

        return run

    def _theme(self, name: str) -> Callable[[], object]:
        def run() -> None:
            self.app.theme = name

        return run
