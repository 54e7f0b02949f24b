"""Measures the shipped components on labelled data. One module a task; nothing here decides anything about feedback."""
