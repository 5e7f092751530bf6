"""Pages with comments, and text copied from one, as sources."""

from moderator.connectors.pages.source import CopiedTextSource, PageSource

__all__ = ["CopiedTextSource", "PageSource"]
