"""What everything stands on: settings, errors, ids, verdicts, row accounts, slices, who counts as a person. Plain Python without Dagster.

Here belongs what several rooms share and what knows none of them; tables are reached by contracts/ and lakehouse/. Not here: what needs
Dagster or a step's declaration (graph/), what puts rooms together (wiring/), what one room alone uses (that room).
"""
