"""Tiers: what reads a text and names candidate issues. One module a tier, one line in registry.py.

Here: the interface and its implementations. Not here: what is accepted and what people must look at (cascade.py).
"""
