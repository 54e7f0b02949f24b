"""Which language a text is in. No translation, no locale parsing beyond its language."""

from feedback_assets.silver.language.detector import MARGIN, LanguageDetector, canonical
from feedback_assets.silver.language.scripts import LANGUAGES
from feedback_assets.silver.language.told import NOTHING, UNKNOWN, Segment, Told

__all__ = ["LANGUAGES", "MARGIN", "NOTHING", "UNKNOWN", "LanguageDetector", "Segment", "Told", "canonical"]
