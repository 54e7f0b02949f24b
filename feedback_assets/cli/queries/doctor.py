"""What can be wrong with an installation or a home, and what mends it. Looks only; makes nothing but one empty file that it removes."""

import fcntl
import os
import platform
import re
import shutil
import sqlite3
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from difflib import get_close_matches
from importlib import metadata
from pathlib import Path
from typing import Literal

from feedback_assets.cli.queries.landed import file_in_the_way, strange_folders
from feedback_assets.contracts import ALL_TABLES
from feedback_assets.contracts.bronze import SOURCES
from feedback_assets.ground.errors import FeedbackError, SettingError
from feedback_assets.ground.settings import POSTGRES_VARIABLE, Settings
from feedback_assets.lakehouse.quick import QuickReader
from feedback_assets.silver.personal.keys import VARIABLE as KEY_VARIABLE
from feedback_assets.silver.personal.keys import key_from_hex, site_key

State = Literal["ok", "note", "broken"]

VARIABLES = {
    "FEEDBACK_HOME": "home",
    "FEEDBACK_PROJECT": "project",
    "FEEDBACK_FIRST_DAY": "first_day",
    "FEEDBACK_DAYS_PER_RUN": "days_per_run",
    "FEEDBACK_COMPUTE": "compute",
    "FEEDBACK_EMBEDDER": "embedder",
    "FEEDBACK_TRACKER": "tracker",
    "FEEDBACK_ALERTS": "alert_channel",
    "FEEDBACK_KEEP_VERSIONS_HOURS": "keep_versions_hours",
    "FEEDBACK_KEEP_HISTORY_DAYS": "keep_history_days",
    "FEEDBACK_MODEL_RUN_BUDGET": "model_run_budget",
    "FEEDBACK_MODEL_DAY_BUDGET": "model_day_budget",
    "FEEDBACK_MODEL_AGREEMENT": "model_agreement",
    "FEEDBACK_MODEL_AUDIT": "model_audit",
    "FEEDBACK_TEAM_LANGUAGE": "team_language",
    "FEEDBACK_BATCH_MINUTES": "batch_minutes",
}
"""Environment variable -> field of Settings. Values of other variables are never shown: they may be secrets."""
MODEL_VARIABLES = tuple(
    f"FEEDBACK_MODEL_{name}"
    for name in (
        *("NAME", "ENDPOINT", "BASE_URL", "API_VERSION", "API_KEY", "ENTRA", "REQUESTS_PER_MINUTE", "TOKENS_PER_MINUTE", "CONCURRENCY"),
        *("TIMEOUT_S", "MOST_ATTEMPTS", "MAX_OUTPUT_TOKENS", "LONGEST_WAIT_S", "OUTPUT_LIMIT_FIELD"),
    )
)
"""Of the language model: model_client/settings.py reads them."""

NAMED_VERSIONS = ("dagster", "deltalake", "polars", "pyarrow", "pysail", "pyspark")
_LOW_DISK, _NO_DISK = 2 << 30, 200 << 20
_LOCKED = re.compile(r"^([A-Za-z0-9_.\-]+)(?:\[[^\]]*\])?==([^\s\\;]+)\s*(?:;([^\\]*))?")
_UNFINISHED = ("STARTING", "STARTED", "CANCELING")
_SHOWN = 5


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at. mend: what to do; empty when nothing is to be done."""

    area: str
    name: str
    state: State
    found: str
    mend: str = ""


def examine(environ: Mapping[str, str]) -> list[Finding]:
    """All findings. Never raises for a wrong setting, a missing or a damaged file: that is a finding."""
    findings = [*_settings(environ), *_versions()]
    settings = _usable(environ)
    if settings is None:
        return findings
    findings += _versions_against_lock(settings.project / "requirements.lock")
    findings += _home(settings)
    if file_in_the_way(settings.home) is None:
        findings += [*_key(settings), *_tables(settings), *_locks(settings), *_landing(settings), *_dagster(settings, environ)]
        findings += _held(settings)
    return [*findings, *_taxonomy(settings)]


def _settings(environ: Mapping[str, str]) -> Iterator[Finding]:
    for variable, field in VARIABLES.items():
        origin = f"from {variable}" if environ.get(variable) else "default"
        try:
            one = Settings.from_environment({k: environ[k] for k in {variable, "FEEDBACK_PROJECT"} if environ.get(k)})
        except SettingError as e:
            yield Finding("settings", field, "broken", f"{e.what} ({origin}); expected: {e.expected}", e.mend)
        except RuntimeError:
            yield Finding(
                "settings", field, "broken", f"{variable} begins with a user that does not exist ({origin})", f"set {variable} to a folder"
            )
        else:
            yield Finding("settings", field, "ok", f"{getattr(one, field)} ({origin})")
    yield _event_log(environ)
    yield from _language_model(environ)
    for name in sorted(environ):
        known = (*VARIABLES, *MODEL_VARIABLES, KEY_VARIABLE, POSTGRES_VARIABLE)
        if name.startswith("FEEDBACK_") and name not in known:
            near = get_close_matches(name, [*VARIABLES, *MODEL_VARIABLES], n=1)
            yield Finding("settings", name, "note", "no setting has this name", f"did you mean {near[0]}?" if near else f"unset {name}")


def _event_log(environ: Mapping[str, str]) -> Finding:
    """Where Dagster's runs and events are. The URL of a database holds its password: it is never shown."""
    if not environ.get(POSTGRES_VARIABLE):
        return Finding("settings", "dagster_postgres", "ok", "SQLite in the home (default)")
    try:
        Settings.from_environment({POSTGRES_VARIABLE: environ[POSTGRES_VARIABLE]})
    except SettingError as e:
        return Finding("settings", "dagster_postgres", "broken", f"{e.what}; expected: {e.expected}", e.mend)
    if not _installed("dagster-postgres"):
        return Finding(
            "settings", "dagster_postgres", "broken", f"{POSTGRES_VARIABLE} is set, dagster-postgres is missing", "make postgres"
        )
    return Finding("settings", "dagster_postgres", "ok", f"Postgres (from {POSTGRES_VARIABLE}, not shown)")


def _language_model(environ: Mapping[str, str]) -> Iterator[Finding]:
    """Where the language model is, and that what it is asked with can be used. Its key is never shown."""
    from feedback_assets.model_client.settings import ModelSettings
    from feedback_assets.prompting.rollout import active_prompt, load_rollout
    from feedback_assets.prompting.tasks import TASKS
    from feedback_assets.reckoning.model_prices import FILE, load_model_prices

    project = Settings.from_environment({k: v for k, v in environ.items() if k == "FEEDBACK_PROJECT"})
    try:
        model = ModelSettings.from_environment(environ)
    except SettingError as e:
        yield Finding("settings", "language_model", "broken", f"{e.what}; expected: {e.expected}", e.mend)
        model = None
    else:
        yield Finding(
            "settings", "language_model", "ok", "none: nothing is asked" if model is None else f"{model.model} at {model.address}"
        )
    if model is None and not project.prompts.is_dir():
        return
    try:
        rollout = load_rollout(project.prompts)
        versions = [active_prompt(project.prompts, rollout, task).version for task in TASKS]
        prices = load_model_prices(project.taxonomy / FILE)
        if model is not None:
            prices.price(model.model, datetime.now(UTC).date())
    except SettingError as e:
        yield Finding("taxonomy", "prompts", "broken", f"{e.what}; expected: {e.expected}", e.mend or "mend that file")
    else:
        yield Finding("taxonomy", "prompts", "ok", f"{len(versions)} prompts and {FILE} can be used")


def _usable(environ: Mapping[str, str]) -> Settings | None:
    """The settings, or with defaults in place of wrong ones, so that the other checks can be made."""
    secret = (KEY_VARIABLE, POSTGRES_VARIABLE)
    paths = ("FEEDBACK_HOME", "FEEDBACK_PROJECT")
    for names in ((*VARIABLES, *secret), (*VARIABLES, KEY_VARIABLE), tuple(VARIABLES), paths, ("FEEDBACK_PROJECT",)):
        try:
            return Settings.from_environment({k: environ[k] for k in names if environ.get(k)})
        except (SettingError, RuntimeError):
            continue
    return None


def _versions() -> Iterator[Finding]:
    yield Finding("versions", "python", "ok", platform.python_version())
    for name in NAMED_VERSIONS:
        version = _installed(name)
        if version:
            yield Finding("versions", name, "ok", version)
        else:
            yield Finding("versions", name, "broken", "not installed", "make install")


def _versions_against_lock(lock: Path) -> Iterator[Finding]:
    try:
        lines = lock.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError):
        yield Finding("versions", "requirements.lock", "note", f"{lock} cannot be read", "set FEEDBACK_PROJECT to the project's folder")
        return
    locked = [m.groups() for m in (_LOCKED.match(line) for line in lines) if m]
    wanted = [(name, version) for name, version, marker in locked if _is_meant(marker)]
    missing, other = [], []
    for name, version in wanted:
        found = _installed(name)
        if not found:
            missing.append(name)
        elif found and found != version:
            other.append(f"{name} {found} instead of {version}")
    if missing:
        yield Finding("versions", "requirements.lock", "broken", f"{len(missing)} packages are missing: {_some(missing)}", "make install")
    if other:
        yield Finding("versions", "requirements.lock", "note", f"{len(other)} versions differ: {_some(other)}", "make install")
    if not missing and not other:
        yield Finding("versions", "requirements.lock", "ok", f"all {len(wanted)} packages as locked")


def _is_meant(marker: str | None) -> bool:
    """Whether a line of the lock is meant for this machine and Python, as pip decides it. A marker that nobody can read counts as none."""
    from packaging.markers import InvalidMarker, Marker

    try:
        return not marker or Marker(marker.strip()).evaluate()
    except InvalidMarker:
        return True


def _installed(name: str) -> str:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return ""


def _home(settings: Settings) -> Iterator[Finding]:
    blocking = file_in_the_way(settings.home)
    if blocking is not None:
        yield Finding("home", "folder", "broken", f"{blocking} is not a folder", "set FEEDBACK_HOME to a folder, or to a place to make one")
        return
    place = next(p for p in (settings.home, *settings.home.parents) if p.is_dir())
    made = "" if place == settings.home else "not made yet; "
    try:
        with tempfile.TemporaryFile(dir=place):
            pass
        yield Finding("home", "writable", "ok", f"{made}{place} can be written")
    except OSError as e:
        yield Finding(
            "home", "writable", "broken", f"{made}{place} cannot be written: {e.strerror}", f"chown or chmod {place}, or set FEEDBACK_HOME"
        )
    free = shutil.disk_usage(place).free
    state: State = "broken" if free < _NO_DISK else "note" if free < _LOW_DISK else "ok"
    yield Finding(
        "home",
        "disk",
        state,
        f"{free / (1 << 30):.1f} GiB free",
        "" if state == "ok" else "free some space, or set FEEDBACK_HOME to another disk",
    )
    for folder in (settings.landing, settings.lake, settings.dagster_home, settings.local_tickets):
        if folder.is_dir() and not os.access(folder, os.R_OK | os.W_OK | os.X_OK):
            yield Finding("home", folder.name, "broken", f"{folder} cannot be read and written by this user", f"chown or chmod {folder}")
        elif folder.exists() and not folder.is_dir():
            yield Finding("home", folder.name, "broken", f"{folder} is not a folder", f"move {folder} away")
        else:
            yield Finding("home", folder.name, "ok", str(folder) + ("" if folder.exists() else " (not made yet)"))


def _key(settings: Settings) -> Iterator[Finding]:
    try:
        if settings.pseudonym_key:
            key_from_hex(settings.pseudonym_key)
            yield Finding("home", "key", "ok", f"of the pseudonyms: from {KEY_VARIABLE}")
        elif not settings.key_file.exists():
            yield Finding("home", "key", "ok", "of the pseudonyms: none yet, the next run makes one")
        else:
            site_key(settings.key_file)
            yield Finding("home", "key", "ok", f"of the pseudonyms: {settings.key_file}; back it up apart from the tables")
    except SettingError as e:
        yield Finding("home", "key", "broken", f"{e.what}; expected: {e.expected}", e.mend)


def _tables(settings: Settings) -> Iterator[Finding]:
    reader = QuickReader(settings.lake)
    there, bad = 0, []
    for table in ALL_TABLES:
        try:
            if reader.version(table) >= 0:
                there += 1
                reader.count(table)
        except FeedbackError as e:
            bad.append(e.what)
    if bad:
        yield Finding(
            "lake", "tables", "broken", _some(bad), "restore the lake folder from a copy, or remove that table's folder and `feedback run`"
        )
    else:
        yield Finding("lake", "tables", "ok", f"{there} of {len(ALL_TABLES)} tables, all can be opened")


def _locks(settings: Settings) -> Iterator[Finding]:
    """Locks are held by the system for a process, so that none outlives it: a held one means a live writer."""
    held = []
    for path in sorted([*(settings.lake / "_locks").glob("*.lock"), *settings.home.glob("*.lock")]):
        try:
            with path.open("r") as handle:
                fcntl.flock(handle, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            held.append(path.stem)
        except OSError as e:
            yield Finding("lake", "locks", "broken", f"{path} cannot be opened: {e.strerror}", f"chown or chmod {path}")
    if held:
        yield Finding("lake", "locks", "note", f"held by a live process: {_some(held)}", "wait for the other `feedback run` or `make dev`")
    else:
        yield Finding("lake", "locks", "ok", "none held")


def _landing(settings: Settings) -> Iterator[Finding]:
    try:
        strange = strange_folders(settings.landing)
    except OSError as e:
        yield Finding("landing", "folders", "broken", f"{e.filename} cannot be listed: {e.strerror}", "chown or chmod it")
        return
    if strange:
        near = f"move them to <source>/<YYYY-MM-DD>/, sources: {', '.join(SOURCES)}"
        yield Finding("landing", "folders", "note", f"no source reads {len(strange)}: {_some(strange)}", near)
    else:
        yield Finding("landing", "folders", "ok", "every folder belongs to a source")


def _dagster(settings: Settings, environ: Mapping[str, str]) -> Iterator[Finding]:
    set_home = environ.get("DAGSTER_HOME")
    if set_home and Path(set_home).resolve() != settings.dagster_home.resolve():
        mend = "unset DAGSTER_HOME, or ignore this: `feedback run` and `make dev` use the home's own"
        yield Finding("dagster", "DAGSTER_HOME", "note", f"set to another folder than {settings.dagster_home}", mend)
    else:
        yield Finding("dagster", "DAGSTER_HOME", "ok", f"{settings.dagster_home} ({'from DAGSTER_HOME' if set_home else 'of this home'})")
    config, wanted = settings.dagster_home / "dagster.yaml", settings.project / "dagster.yaml"
    if not config.is_file():
        yield Finding("dagster", "dagster.yaml", "ok", "not made yet: the first run puts the project's there")
    elif wanted.is_file() and config.read_bytes() != wanted.read_bytes():
        yield Finding("dagster", "dagster.yaml", "note", "differs from the project's", "feedback run puts the project's in force")
    else:
        yield Finding("dagster", "dagster.yaml", "ok", "as in the project")
    yield from _unfinished_runs(settings.dagster_home / "history" / "runs.db")


def _unfinished_runs(database: Path) -> Iterator[Finding]:
    if not database.is_file():
        return
    try:
        connection = sqlite3.connect(f"{database.resolve().as_uri()}?mode=ro", uri=True, timeout=1)
        try:
            marks = ", ".join("?" * len(_UNFINISHED))
            (count,) = connection.execute(f"SELECT count(*) FROM runs WHERE status IN ({marks})", _UNFINISHED).fetchone()  # noqa: S608 - only marks
        finally:
            connection.close()
    except sqlite3.Error as e:
        yield Finding(
            "dagster", "runs", "note", f"{database} cannot be read ({type(e).__name__})", "feedback doctor again when no run works"
        )
        return
    if count:
        mend = "none if a run works now; otherwise a process was killed: `feedback run` continues its work and closes them"
        yield Finding("dagster", "runs", "note", f"{count} runs are marked as running", mend)
    else:
        yield Finding("dagster", "runs", "ok", "none unfinished")


def _held(settings: Settings) -> Iterator[Finding]:
    """What waits for a person, in one line; `feedback status` names it. Damaged tables are another finding's matter."""
    from feedback_assets.cli.queries.status import status_of

    try:
        held = status_of(QuickReader(settings.lake), settings.landing, settings.dagster_home, now=datetime.now(UTC)).held
    except (FeedbackError, OSError):
        return
    counts = {
        "held days": sum(d.is_held for d in held.days),
        "failed runs": len(held.failed_runs),
        "broken files": len(held.broken_files),
        "effects that have waited too long": sum(i.is_overdue for i in held.intents),
    }
    found = ", ".join(f"{n} {what}" for what, n in counts.items() if n)
    if held.is_held:
        yield Finding("home", "held", "broken", found, "feedback status")
    else:
        yield Finding("home", "held", "ok", "nothing waits for a person")
    if held.silent:
        yield Finding("landing", "silent", "note", _some([s.source for s in held.silent]), "ask whether these sources still deliver")


def _taxonomy(settings: Settings) -> Iterator[Finding]:
    from feedback_assets.enrichment.taxonomy import load_taxonomy

    try:
        taxonomy = load_taxonomy(settings.taxonomy)
    except FeedbackError as e:
        yield Finding(
            "taxonomy", "taxonomy", "broken", e.what + (f"; expected: {e.expected}" if e.expected else ""), e.mend or "mend that file"
        )
    except OSError as e:
        yield Finding("taxonomy", "taxonomy", "broken", f"{e.filename}: {e.strerror}", "set FEEDBACK_PROJECT to the folder with taxonomy/")
    else:
        yield Finding("taxonomy", "taxonomy", "ok", f"version {taxonomy.version}, {len(taxonomy.by_id)} categories")
    yield from _edited_files(settings)


def _edited_files(settings: Settings) -> Iterator[Finding]:
    """The files beside the taxonomy that a site edits."""
    from feedback_assets.priority.weights import load_weights
    from feedback_assets.reckoning.exchange_rates import load_exchange_rates
    from feedback_assets.silver.personal.rules import load_personal_data
    from feedback_assets.sources.zones import load_zones

    for name, load in (
        ("exchange_rates", load_exchange_rates),
        ("personal_data", load_personal_data),
        ("priority_weights", load_weights),
        ("sources", load_zones),
    ):
        try:
            load(settings.taxonomy / f"{name}.yaml")
        except SettingError as e:
            yield Finding("taxonomy", name, "broken", f"{e.what}; expected: {e.expected}", e.mend or "mend that file")
        else:
            yield Finding("taxonomy", name, "ok", f"{name}.yaml can be used")


def _some(items: list[str]) -> str:
    return ", ".join(items[:_SHOWN]) + (f" and {len(items) - _SHOWN} more" if len(items) > _SHOWN else "")
