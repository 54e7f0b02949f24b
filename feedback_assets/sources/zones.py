"""Time zones of sources whose exports write times without one: taxonomy/sources.yaml. Reading that file, and nothing else.

The zone in force goes into the context of each record as it comes in (bronze), and every later reading of the record takes it from there: a
changed file reads what comes from then on, and leaves what is stored as it was read.
"""

from pathlib import Path
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import BaseModel, ConfigDict, ValidationError, field_validator

from feedback_assets.ground.errors import SettingError
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
    import yaml

    try:
        raw = yaml.safe_load(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return Zones()
    except OSError as e:
        raise SettingError(f"{path.name} cannot be read: {e.strerror}", mend=f"restore taxonomy/{path.name}") from e
    except (yaml.YAMLError, UnicodeDecodeError) as e:
        raise SettingError(f"{path.name} is not YAML: {' '.join(str(e).split())}", expected="a YAML mapping in UTF-8") from e
    try:
        return Zones.model_validate(raw)
    except ValidationError as e:
        found = [f"{'.'.join(str(part) for part in error['loc']) or 'the file'}: {error['msg']}" for error in e.errors()]
        raise SettingError(
            f"{path.name}: {'; '.join(found)}", expected="the keys that the shipped file has", mend=f"edit taxonomy/{path.name}"
        ) from e
