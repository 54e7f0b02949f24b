"""What the rooms share with Dagster: a step's declaration, and what is derived from it: assets, checks, judging, code version, jobs.

Here belongs what holds for every step, whichever room declares it. Not here: the steps (each room's assets.py), putting them together
(wiring/), what does without Dagster and steps (ground/).
"""
