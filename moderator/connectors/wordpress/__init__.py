"""WordPress over its REST API: what is held for moderation, and decisions back.

Wants WordPress 5.6 or later, and a user who may moderate with an application password.
Source: https://developer.wordpress.org/rest-api/reference/comments/, and WordPress 6.1 to 6.7 itself.
"""

from __future__ import annotations

from moderator.connectors.wordpress.sink import WordPressSink
from moderator.connectors.wordpress.source import WordPressSource

__all__ = ["WordPressSink", "WordPressSource"]
