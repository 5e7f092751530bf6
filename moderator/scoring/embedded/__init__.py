"""The embedded scorer: small, quick, ships with the package."""

from moderator.scoring.embedded.scorer import EmbeddedScorer

__all__ = ["EmbeddedScorer"]
