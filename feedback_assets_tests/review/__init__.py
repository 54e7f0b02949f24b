"""Tests of review: deciding, the queue, binding, conflicts, calibration."""
