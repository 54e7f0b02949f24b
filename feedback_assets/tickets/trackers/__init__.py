"""Trackers: one module each, and a line in the registry. Not here: what a ticket says and when it changes."""
