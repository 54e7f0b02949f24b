"""What every command starts from: the settings of this process, its reader, the time."""

import os
from datetime import UTC, datetime

from feedback_assets.cli.queries.landed import file_in_the_way
from feedback_assets.cli.queries.reader import Reader
from feedback_assets.ground.errors import SettingError
from feedback_assets.ground.settings import Settings
from feedback_assets.lakehouse.quick import QuickReader


def settings() -> Settings:
    """The settings of the environment. Raises SettingError, naming the variable."""
    found = Settings.from_environment(os.environ)
    blocking = file_in_the_way(found.home)
    if blocking is not None:
        raise SettingError(
            f"FEEDBACK_HOME={found.home}: {blocking} is not a folder", expected="a folder, or a place to make one", mend="set FEEDBACK_HOME"
        )
    return found


def reader(found: Settings) -> Reader:
    """Reads of the home's lakehouse."""
    return QuickReader(found.lake)


def now() -> datetime:
    """The time that ages are counted to."""
    return datetime.now(UTC)
