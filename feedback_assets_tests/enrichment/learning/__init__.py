"""Learners on text."""
