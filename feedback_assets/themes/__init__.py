"""Themes: the same complaint in many words, with an identity that lasts.

Here: vectors of issues (embed.py, embedders/), the fold that assigns and discovers (fold.py, lens.py), its checkpoint, the registry with
counts and names. Not here: what an issue is (enrichment), how a theme develops over time (signals), how urgent it is (priority).
"""
