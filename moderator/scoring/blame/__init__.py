"""Collective blame: a whole people, faith or camp held guilty for what some did, told by a grammar over word lists.

`BlameScorer` is the scorer. `evaluation` measures it, `training` makes its weights. The data files in `data/` hold
every word it knows; see docs/collective-blame.md.
"""

from moderator.scoring.blame.scorer import BlameScorer

__all__ = ["BlameScorer"]
