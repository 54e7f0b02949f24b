"""The only code that touches Delta: read, append, merge, replace, history. One interface, one adapter a platform."""

from feedback_assets.lakehouse.interface import Lakehouse, WriteResult

__all__ = ["Lakehouse", "WriteResult"]
