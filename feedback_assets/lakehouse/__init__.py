"""The only code that touches Delta: read, append, merge, replace, history, upkeep. One interface, one adapter a platform."""

from feedback_assets.lakehouse.interface import Lakehouse, TableUpkeep, WriteResult

__all__ = ["Lakehouse", "TableUpkeep", "WriteResult"]
