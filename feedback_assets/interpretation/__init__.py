"""The second pass of the language model: what may be behind a theme, for people. It decides nothing and routes nothing.

Not here: what a text tells (enrichment/), the words of prompts (prompts/), how a ticket shows it (tickets/).
"""
