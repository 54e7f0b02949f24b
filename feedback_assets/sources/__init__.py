"""Sources: what each one delivers, and how one delivered record is read as a canonical event.

Here: a module a source, the registry, the canonical event, the reasons why a record cannot be read, and framing/ (where in a file
each record stands). Adding a source is one module and one line in registry.py.
Not here: landing files, Delta tables (bronze/), cleaning and masking (silver/). Nothing here opens a file but the mapping loader.
"""
