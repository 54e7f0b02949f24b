"""Customer feedback in, prioritised engineering tickets out: a Dagster asset graph on Delta tables."""

__version__ = "0.1.0"
