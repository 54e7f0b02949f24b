"""Tests of the demo feedback."""
