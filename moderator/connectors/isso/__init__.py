"""Isso: what waits for a moderator, by its admin page or by its database, and decisions by its signed links.

Isso has no interface for its queue. Its admin page shows it to whoever has the password; on the same machine its
database does. Deciding needs a comment's key, which the page shows and the database lets us make.
Source: Isso 0.14, `isso/views/comments.py` and `isso/templates/admin.html`.
"""

from __future__ import annotations

from moderator.connectors.isso.site import IssoSink, IssoSource

__all__ = ["IssoSink", "IssoSource"]
