"""Where comments come from and decisions go to."""
