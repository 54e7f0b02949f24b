"""Where the rooms meet Dagster: where its runs and events are kept, for how long, and who hears of failures.

No stage imports it; dagster.yaml names its storage.
"""
