"""The built-in channel: one JSON file an alert in a folder, named by its intent id. Needs no server."""

import json
from dataclasses import asdict
from pathlib import Path

from feedback_assets.alerts.content import AlertContent
from feedback_assets.effects.files import exclusive, write_whole


class LocalChannel:
    """Makes no folder before the first alert."""

    name = "local"
    batch = 500

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def send(self, intent_id: str, alert: AlertContent) -> None:
        path = self._folder / f"{intent_id}.json"
        with exclusive(self._folder):
            if not path.exists():
                body = {"intent_id": intent_id, **asdict(alert)}
                write_whole(path, json.dumps(body, ensure_ascii=False, sort_keys=True, indent=2) + "\n")
