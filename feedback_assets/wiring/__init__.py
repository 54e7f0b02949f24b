"""Where the rooms meet Dagster."""
