"""`moderator`: a terminal desk for comment moderators that scores locally and says why."""
