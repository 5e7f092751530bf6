"""Scorers behind one protocol."""
