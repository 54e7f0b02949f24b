"""Which events say the same: normal form, hash and sketch of a text; copies of one text led by the earliest; groups kept up to date.

What the text stage needs of it is named here; everything else is asked of its module.
"""

from feedback_assets.silver.duplicates.normal import all_normalised, normalised, text_hash, weight
from feedback_assets.silver.duplicates.shingles import signatures

__all__ = ["all_normalised", "normalised", "signatures", "text_hash", "weight"]
