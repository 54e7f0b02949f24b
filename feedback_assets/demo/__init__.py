"""Demo feedback: generated delivery files of all sources in their own export formats, and the truth about what was planted in them.

Here: texts, the schedule of incidents, formats as the vendors export them, and the truth file. Not here: reading any of it
(sources/, bronze/); the pipeline never reads the truth.
"""
