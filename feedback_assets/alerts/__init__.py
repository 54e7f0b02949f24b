"""Alerts: people are told of a theme that became urgent, and of runs and checks that fail, once.

Here: when an alert is due (conditions), sending it through the outbox (process), failures of runs and checks (failures), channels.
Not here: the outbox itself (effects/), tickets (tickets/), or how the outcomes of runs are read (wiring/).
"""
