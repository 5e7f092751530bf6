"""Widgets that draw frozen views and post messages."""
