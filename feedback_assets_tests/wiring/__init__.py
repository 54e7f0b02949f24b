"""Tests of where the rooms meet Dagster."""
