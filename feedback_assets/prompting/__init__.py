"""What is asked of a language model and what its answer may say: prompts as files, rendering, response models, evidence, claims.

Plain functions of their arguments: no network, no tables, no graph. Not here: sending requests, what is paid for, and what becomes of a
claim (bars, severity floors, owners, routing).
"""
