"""Upkeep: tables and Dagster's own history stay as small as what they are asked for.

Here: which tables, what a run of it did, how long history is kept.
Not here: what is done to a table (lakehouse/upkeep.py), or to Dagster's storage (wiring/).
"""
