"""Untrusted text: the gate to the screen, folding for the scorers, and language."""
