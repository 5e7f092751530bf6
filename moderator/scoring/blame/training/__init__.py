"""Training of the learned layer: `train_blame` composes sentences, lets the rules read them, and fits the weights."""

from moderator.scoring.blame.training.trainer import BlameTraining, train_blame

__all__ = ["BlameTraining", "train_blame"]
