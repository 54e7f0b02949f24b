"""Recognisers of what has no structure: names of people, postal addresses, places. None is used unless the site names one.

Here: the interface, the registry, and one module a recogniser. Not here: structured kinds, which need no model.
"""
