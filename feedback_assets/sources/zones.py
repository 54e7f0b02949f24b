"""Time zones of sources whose exports write times without one: taxonomy/sources.yaml. Reading that file, and nothing else.

The zone in force goes into the context of each record as it comes in (bronze), and every later reading of the record takes it from there: a
changed file reads what comes from then on, and leaves what is stored as it was read.
"""

from pathlib import Path
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import BaseModel, ConfigDict, field_validator

from feedback_assets.ground.model_file import read_model
from feedback_assets.sources.registry import SOURCES

DEFAULT = "UTC"


class Zones(BaseModel):
    """The whole file. timezones: source -> IANA name; sources that are not named write UTC."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    timezones: dict[str, str] = {}

    @field_validator("timezones")
    @classmethod
    def _known(cls, value: dict[str, str]) -> dict[str, str]:
        named = {s.name for s in SOURCES if not s.needs_mapping}
        for source, zone in value.items():
            if source not in named:
                mapped = any(s.name == source for s in SOURCES)
                wanted = "its mappings name their own time.timezone" if mapped else f"one of {', '.join(sorted(named))} expected"
                raise ValueError(f"{source}: {wanted}")
            try:
                ZoneInfo(zone)
            except (ZoneInfoNotFoundError, ValueError, OSError):
                raise ValueError(f"{source}: a time zone such as UTC or Europe/Berlin expected") from None
        return value

    def of(self, source: str) -> str:
        """The zone of times that name none."""
        return self.timezones.get(source, DEFAULT)


def load_zones(path: Path) -> Zones:
    """Without the file every source writes UTC. Raises SettingError, naming the file and the key."""
    return read_model(path, Zones) if path.exists() else Zones()
