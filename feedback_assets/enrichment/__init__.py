"""Enrichment: the issues that are found in each event, by tiers that share one interface.

Here: the taxonomy and its rules, the local model, how tiers are combined, and the step from silver events to enriched rows.
Not here: cleaning and masking (silver), grouping complaints into themes (themes), the labels themselves (taxonomy/ at the top).
"""
