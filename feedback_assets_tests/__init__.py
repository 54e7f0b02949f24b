"""Tests of feedback_assets. They mirror the package; loopback/ holds servers that speak the vendors' protocols."""
