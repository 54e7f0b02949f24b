"""The key that tests share, so that tables of two homes can be compared."""

from feedback_assets.silver.personal.masker import Masker, Policy, masker_of

KEY_HEX = "5e" * 32
KEY = bytes.fromhex(KEY_HEX)
MASKER: Masker = masker_of(Policy(KEY))
