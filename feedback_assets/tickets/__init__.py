"""Tickets: exactly one for a theme that deserves it, kept up to date, in the team's tracker.

Here: what a ticket says (content, evidence, markdown), when it changes (policy, plan), bringing it about (process), trackers.
Not here: the outbox itself (effects/), or how urgent a theme is (priority/).
"""
