"""Ways to turn text into vectors: one module each, named in registry.py. Nothing here knows issues, themes or tables."""
