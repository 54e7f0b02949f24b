"""Tests of enrichment: real taxonomy, real golden set, real Delta tables."""
