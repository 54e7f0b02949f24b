"""The code location that workspace.yaml names."""

import os

from feedback_assets.build import build_defs
from feedback_assets.settings import Settings

defs = build_defs(Settings.from_environment(os.environ))
