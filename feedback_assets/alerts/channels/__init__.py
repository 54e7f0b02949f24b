"""Alert channels: one module each, and a line in the registry. Not here: when an alert is due."""
