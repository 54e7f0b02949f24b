"""Bronze: every delivered record byte-exact, with its place in the landed file, and a dead letter for whatever cannot be read.

Here: the landing zone (landing.py, splitting.py, names.py), ingestion into the tables of contracts/bronze.py (ingest.py, records.py), and
their Dagster assets, checks and sensors. Not here: what records mean (sources/), revisions and cleaning (silver/).
"""
