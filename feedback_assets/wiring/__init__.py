"""Where the rooms meet Dagster: where its runs and events are kept, and for how long.

No stage imports it; dagster.yaml names its storage.
"""
