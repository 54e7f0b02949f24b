"""Tests of the `feedback` command: what it prints, what it exits with, and what it never shows."""
