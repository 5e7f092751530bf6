"""`moderator`: a terminal desk for comment moderators that scores locally and says why."""

from moderator._version import __version__

__all__ = ["__version__"]
