"""What a source must do. Adapters for webhooks and API pulls land files in the same layout, so they need nothing more."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Protocol

from feedback_assets.sources.event import CanonicalEvent
from feedback_assets.sources.framing.frames import Layout


class Source(Protocol):
    """One kind of feedback, in the form that its vendor exports."""

    @property
    def name(self) -> str:
        """Name in the registry, in paths and in tables."""
        ...

    @property
    def aliases(self) -> tuple[str, ...]:
        """Other names that people use for it."""
        ...

    @property
    def channel(self) -> str:
        """Kind of place where it was said; empty when a mapping tells."""
        ...

    @property
    def needs_mapping(self) -> bool:
        """Whether its files can only be read with a mapping file."""
        ...

    def read_mapping(self, path: Path) -> str:
        """The mapping file as the compact JSON text that layout() and parse() take. Raises SettingError."""
        ...

    def layout(self, mapping: str = "") -> Layout:
        """What its files look like."""
        ...

    def parse(self, payload: bytes, context: Mapping[str, Any]) -> CanonicalEvent:
        """One record's bytes, and what stands outside of them -> the canonical event. Raises RecordError and nothing else."""
        ...


class FixedSource:
    """What sources without a mapping share."""

    name = ""
    aliases: tuple[str, ...] = ()
    channel = ""
    needs_mapping = False

    def read_mapping(self, path: Path) -> str:
        from feedback_assets.ground.errors import SettingError

        raise SettingError(
            f"the source {self.name} takes no mapping, and {path.name} was given",
            expected=f"files as {self.name} exports them",
            mend="leave out --mapping, or use --source generic",
        )
