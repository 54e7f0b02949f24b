"""Where the rooms meet: the one seam that puts them together, the services that they are given, and their Dagster instance: what starts
by itself, where runs and events are kept and for how long, who hears of failures.

Here belongs what knows several rooms or the instance. No room imports it (graph/resources.py hands out the services); dagster.yaml names
its storage. Not here: what holds for every step (graph/), a room's own work.
"""
