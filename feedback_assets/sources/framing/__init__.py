"""Framing: from the bytes of a landed file to the byte range of each record in it.

Here: decompression within limits, and a scanner a format (JSON, JSONL, CSV). Every byte that is not white space or envelope belongs to
a record, a bad range with its reason, the CSV header, or a failure of the whole file. Positions count decompressed bytes.
Not here: what a record means (the sources), and where files are (bronze/).
"""
