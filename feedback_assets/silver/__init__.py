"""Silver: one canonical event a record, cleaned, masked, language told; revisions and duplicate groups across days.

Here: the text kernels (offsets, cleaning, masking, language, information, duplicates), the Spark transformations that run them
(transform), and the step that moves pending batches (process). Not here: reading vendors' payloads (sources/), finding issues
(enrichment/).
"""
