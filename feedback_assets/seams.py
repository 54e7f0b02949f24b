"""The former name of services.py, for imports that are not renamed yet."""

from feedback_assets.services import Services as Seams

__all__ = ["Seams"]
