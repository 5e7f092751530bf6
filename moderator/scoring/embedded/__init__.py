"""The embedded scorer: small, quick, ships with the package."""

import os

# numpy reads this when it is first loaded. The matrices here are so small that a second thread mostly waits for the
# first, and on a busy machine makes scoring several times slower.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

from moderator.scoring.embedded.scorer import EmbeddedScorer

__all__ = ["EmbeddedScorer"]
