"""Which alert channels there are. A new one is its module and one line here."""

from collections.abc import Callable
from pathlib import Path

from feedback_assets.alerts.channels.interface import AlertChannel
from feedback_assets.alerts.channels.local import LocalChannel
from feedback_assets.ground.errors import SettingError

CHANNELS: dict[str, Callable[[Path], AlertChannel]] = {
    "local": LocalChannel,
}


def channel_named(name: str, *, folder: Path) -> AlertChannel:
    """folder: where a channel may keep files. Raises SettingError, naming the channels there are."""
    if name not in CHANNELS:
        known = ", ".join(sorted(CHANNELS))
        raise SettingError(f"no alert channel is called {name!r}", expected=f"one of: {known}", mend="set FEEDBACK_ALERTS to one of them")
    return CHANNELS[name](folder)
