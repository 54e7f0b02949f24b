"""Where a Spark-heavy asset runs. Sail on this machine; a Databricks step launcher or Pipes joins as one module and one line."""

from feedback_assets.compute.interface import Compute, Transformation

__all__ = ["Compute", "Transformation"]
