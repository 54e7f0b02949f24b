"""Mirrors feedback_assets/model_client."""
