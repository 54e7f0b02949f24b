"""The one place that reads the environment. Everything else is given a Settings."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

from feedback_assets.ground.errors import SettingError

PURPOSES = ("live", "backfill", "replay", "canary")
PURPOSE_TAG = "feedback/purpose"
APPLY_TAG = "feedback/apply"
"""A live run with this tag publishes what backfills and replays changed, too."""
MODEL_PREFIX = "FEEDBACK_MODEL_"
BUDGETS = ("FEEDBACK_MODEL_RUN_BUDGET", "FEEDBACK_MODEL_DAY_BUDGET")
OF_TIERS = ("FEEDBACK_MODEL_AGREEMENT", "FEEDBACK_MODEL_AUDIT")
AGAIN_TAG = "feedback/ask_again"
"""A run with this tag asks the language model again what ended in the outcome that the tag names."""
POSTGRES_VARIABLE = "FEEDBACK_DAGSTER_POSTGRES"


def project_root() -> Path:
    """The folder that holds feedback_assets/, taxonomy/ and prompts/."""
    return Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class Settings:
    """What a site can set. Each field names its environment variable.

    home: FEEDBACK_HOME, everything that a run writes.
    first_day: FEEDBACK_FIRST_DAY, first daily partition.
    days_per_run: FEEDBACK_DAYS_PER_RUN, most days that one run covers.
    project: FEEDBACK_PROJECT, the folder with taxonomy/ and dagster.yaml.
    compute, embedder, tracker, alert_channel: FEEDBACK_COMPUTE, FEEDBACK_EMBEDDER, FEEDBACK_TRACKER and FEEDBACK_ALERTS: names in
    the registries.
    pseudonym_key: FEEDBACK_PSEUDONYM_KEY, 64 hex digits; when it is empty, the key is a file in the home.
    dagster_postgres: FEEDBACK_DAGSTER_POSTGRES, postgresql://user:password@host/database for Dagster's runs, events and schedules; when
    it is empty, they are in SQLite in the home.
    keep_versions_hours: FEEDBACK_KEEP_VERSIONS_HOURS, how long a table's version stays readable after it was replaced. Longer than any
    read takes; a day, so that what a bad run wrote can be compared with what was there before it.
    keep_history_days: FEEDBACK_KEEP_HISTORY_DAYS, how long Dagster's record of a run is kept.
    model: FEEDBACK_MODEL_..., the language model and how fast it may be asked, as (variable, value): read by model_client/settings.py
    (FEEDBACK_MODEL_NAME, FEEDBACK_MODEL_ENDPOINT, FEEDBACK_MODEL_BASE_URL and more), model_client/embedding_model.py
    (FEEDBACK_MODEL_EMBEDDING_NAME, FEEDBACK_MODEL_EMBEDDING_DIMENSIONS) and enrichment/batch_asking.py (FEEDBACK_MODEL_BATCH,
    FEEDBACK_MODEL_BATCH_NAME).
    model_run_budget, model_day_budget: FEEDBACK_MODEL_RUN_BUDGET and FEEDBACK_MODEL_DAY_BUDGET, most US dollars that a run, and a UTC
    day, may spend on it.
    model_agreement: FEEDBACK_MODEL_AGREEMENT, the share of their answers in which the cheaper tiers must be shown to agree with the
    language model to answer alone; 0: the taxonomy's bars decide. model_audit: FEEDBACK_MODEL_AUDIT, the share of texts asked to show it.
    team_language: FEEDBACK_TEAM_LANGUAGE, the language that tickets show quotes in beside their own, ISO 639-1.
    batch_minutes: FEEDBACK_BATCH_MINUTES, how often the sensor `batch_jobs` lets a run look at jobs that are out.
    """

    home: Path
    first_day: date = date(2020, 1, 1)
    days_per_run: int = 92
    project: Path = field(default_factory=project_root)
    compute: str = "sail"
    embedder: str = "wordllama"
    tracker: str = "local"
    alert_channel: str = "local"
    pseudonym_key: str = field(default="", repr=False)
    dagster_postgres: str = field(default="", repr=False)
    keep_versions_hours: int = 24
    keep_history_days: int = 90
    model: tuple[tuple[str, str], ...] = field(default=(), repr=False)
    model_run_budget: float = 10.0
    model_day_budget: float = 20.0
    model_agreement: float = 0.0
    model_audit: float = 0.05
    team_language: str = "en"
    batch_minutes: int = 15

    @property
    def landing(self) -> Path:
        return self.home / "landing"

    @property
    def lake(self) -> Path:
        return self.home / "lake"

    @property
    def dagster_home(self) -> Path:
        return self.home / "dagster"

    @property
    def local_tickets(self) -> Path:
        return self.home / "tickets"

    @property
    def local_alerts(self) -> Path:
        return self.home / "alerts"

    @property
    def models(self) -> Path:
        return self.home / "models"

    @property
    def key_file(self) -> Path:
        return self.home / "keys" / "pseudonyms.key"

    @property
    def answer_journals(self) -> Path:
        return self.home / "answers"

    @property
    def prompts(self) -> Path:
        return self.project / "prompts"

    @property
    def taxonomy(self) -> Path:
        return self.project / "taxonomy"

    @classmethod
    def from_environment(cls, environ: Mapping[str, str]) -> "Settings":
        """Raises SettingError, naming the variable."""
        project = _folder(environ, "FEEDBACK_PROJECT", project_root())
        return cls(
            home=_folder(environ, "FEEDBACK_HOME", project / ".feedback"),
            project=project,
            first_day=_day(environ, "FEEDBACK_FIRST_DAY", date(2020, 1, 1)),
            days_per_run=_positive(environ, "FEEDBACK_DAYS_PER_RUN", 92),
            compute=environ.get("FEEDBACK_COMPUTE") or "sail",
            embedder=environ.get("FEEDBACK_EMBEDDER") or "wordllama",
            tracker=environ.get("FEEDBACK_TRACKER") or "local",
            alert_channel=environ.get("FEEDBACK_ALERTS") or "local",
            pseudonym_key=environ.get("FEEDBACK_PSEUDONYM_KEY") or "",
            dagster_postgres=_postgres(environ),
            keep_versions_hours=_positive(environ, "FEEDBACK_KEEP_VERSIONS_HOURS", 24, of="hours"),
            keep_history_days=_positive(environ, "FEEDBACK_KEEP_HISTORY_DAYS", 90),
            model=tuple(sorted((k, v) for k, v in environ.items() if k.startswith(MODEL_PREFIX) and k not in (*BUDGETS, *OF_TIERS))),
            model_run_budget=_dollars(environ, BUDGETS[0], 10.0),
            model_day_budget=_dollars(environ, BUDGETS[1], 20.0),
            model_agreement=_share(environ, OF_TIERS[0], 0.0),
            model_audit=_share(environ, OF_TIERS[1], 0.05),
            team_language=_language(environ, "FEEDBACK_TEAM_LANGUAGE", "en"),
            batch_minutes=_positive(environ, "FEEDBACK_BATCH_MINUTES", 15, of="minutes"),
        )


def _postgres(environ: Mapping[str, str]) -> str:
    url = environ.get(POSTGRES_VARIABLE) or ""
    scheme, separator, rest = url.partition("://")
    if url and not (separator and scheme in ("postgres", "postgresql", "postgresql+psycopg2") and rest.partition("/")[2]):
        raise SettingError(  # its value is a secret: not shown
            f"{POSTGRES_VARIABLE} is not a URL of a Postgres database",
            expected="postgresql://user:password@host:5432/database",
            mend=f"set {POSTGRES_VARIABLE} to one, or unset it for SQLite in the home",
        )
    return url


def _folder(environ: Mapping[str, str], name: str, default: Path) -> Path:
    try:
        path = Path(environ.get(name) or default).expanduser()
    except RuntimeError:
        raise SettingError(f"{name} begins with a user that does not exist", expected="a folder", mend=f"set {name}") from None
    return path if path.is_absolute() else Path.cwd() / path


def _day(environ: Mapping[str, str], name: str, default: date) -> date:
    raw = environ.get(name)
    if not raw:
        return default
    try:
        return date.fromisoformat(raw)
    except ValueError:
        raise SettingError(f"{name}={raw!r} is not a day", expected="YYYY-MM-DD", mend=f"unset {name} or set it to a day") from None


def _dollars(environ: Mapping[str, str], name: str, default: float) -> float:
    raw = environ.get(name)
    if not raw:
        return default
    if not (raw.isascii() and raw.replace(".", "", 1).isdigit() and len(raw) < 10):
        raise SettingError(
            f"{name}={raw!r} is not an amount of US dollars", expected="a number such as 12.50", mend=f"unset {name} or set it to a number"
        )
    return float(raw)


def _language(environ: Mapping[str, str], name: str, default: str) -> str:
    raw = environ.get(name) or default
    if not (len(raw) == 2 and raw.isascii() and raw.islower() and raw.isalpha()):
        raise SettingError(
            f"{name}={raw!r} is not a language", expected="two letters of ISO 639-1, such as en", mend=f"unset {name} or set it"
        )
    return raw


def _share(environ: Mapping[str, str], name: str, default: float) -> float:
    raw = environ.get(name)
    if not raw:
        return default
    if not (raw.isascii() and raw.replace(".", "", 1).isdigit() and float(raw) < 1):
        raise SettingError(
            f"{name}={raw!r} is not a share", expected="a number from 0 to below 1, such as 0.95", mend=f"unset {name} or set it"
        )
    return float(raw)


def _positive(environ: Mapping[str, str], name: str, default: int, *, of: str = "days") -> int:
    raw = environ.get(name)
    if not raw:
        return default
    if not (raw.isascii() and raw.isdigit() and len(raw) < 7) or int(raw) < 1:
        raise SettingError(
            f"{name}={raw!r} is not a number of {of}", expected="a whole number from 1", mend=f"unset {name} or set it to a number"
        )
    return int(raw)
