"""Alerts: people are told of a theme that became urgent, once.

Here: when an alert is due (conditions), sending it through the outbox (process), channels.
Not here: the outbox itself (effects/), or tickets (tickets/).
"""
