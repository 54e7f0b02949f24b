"""Personal data and secrets in text: finding them, and the typed pseudonym that takes the place of each.

Here: recognisers of structured kinds (numbers with checksums, addresses on the net, codes behind words that name them), the choice
between overlapping finds, pseudonyms and their key, a site's rules for each source, the seam for a site's own recogniser of names and
addresses, and the scan of what leaves the stage. Not here: cleaning before, language after, and names or postal addresses without a
recogniser of the site's own.
"""
