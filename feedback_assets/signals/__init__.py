"""Signals, the gold tables: how often each theme is told, where it is heading, how customers feel, how the pipeline does.

Here: pure computations (counts, trends, sentiment, kpis) and process, which reads, computes and replaces what differs.
Not here: what a theme is (themes/) or how urgent it is (priority/).
"""
