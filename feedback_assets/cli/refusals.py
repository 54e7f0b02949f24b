"""What `feedback run` does not start on: a range that ends before it begins, a home where nothing ever landed. Looks only."""

from datetime import date

from feedback_assets.cli.queries.landed import landed_files
from feedback_assets.contracts.bronze import MANIFEST
from feedback_assets.ground.errors import SettingError
from feedback_assets.ground.settings import Settings
from feedback_assets.lakehouse.quick import QuickReader


def refuse_nothing_to_run(settings: Settings, first: date | None, last: date | None) -> None:
    """Raises SettingError for a reversed range, and for a home that has neither a landed file nor an ingested one."""
    if first and last and first > last:
        raise SettingError(f"--from {first} is after --to {last}", expected="a range that begins before it ends", mend="swap the two days")
    if QuickReader(settings.lake).version(MANIFEST) < 0 and next(landed_files(settings.landing), None) is None:
        raise SettingError(
            f"nothing ever landed in {settings.home}",
            expected=f"files below {settings.landing}/<source>/<YYYY-MM-DD>/",
            mend="`feedback ingest --source NAME FILE`, or `feedback demo-data`, or set FEEDBACK_HOME to the home you mean",
        )
