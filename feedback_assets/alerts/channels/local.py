"""The built-in channel: one JSON file an alert or message in a folder, named by its intent id. Needs no server."""

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

from feedback_assets.alerts.content import AlertContent
from feedback_assets.alerts.operations import OperationsMessage
from feedback_assets.effects.files import exclusive, write_whole


class LocalChannel:
    """Makes no folder before the first alert."""

    name = "local"
    batch = 500

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def send(self, intent_id: str, alert: AlertContent) -> None:
        self._write(intent_id, asdict(alert))

    def send_operations(self, intent_id: str, message: OperationsMessage) -> None:
        self._write(intent_id, asdict(message))

    def _write(self, intent_id: str, body: dict[str, Any]) -> None:
        path = self._folder / f"{intent_id}.json"
        with exclusive(self._folder):
            if not path.exists():
                write_whole(path, json.dumps({"intent_id": intent_id, **body}, ensure_ascii=False, sort_keys=True, indent=2) + "\n")
