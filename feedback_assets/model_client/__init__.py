"""Asking a language model: one limiter, retries, answers that fit a schema or a class that says why not. No business logic.

Here belongs how a request reaches Azure OpenAI or a compatible server and what came back. Not here: what is asked and why, what an answer
costs, where it is kept, the taxonomy, tables, Dagster (all of that is the callers').

Ways in: `answers` and `run` for callers without an event loop, `ModelClient` for those with one (client.py); `embeddings.py`, `batch.py`.
"""
