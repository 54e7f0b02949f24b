"""Settings and seams: every variable, wrong values that are named, and registries in which an implementation is one line."""

from datetime import date
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import settings as h_settings
from hypothesis import strategies as st

from feedback_assets.ground.errors import SettingError
from feedback_assets.ground.settings import Settings, project_root
from feedback_assets.wiring.services import Services


def test_an_empty_environment_means_a_home_in_the_project_and_local_everything() -> None:
    settings = Settings.from_environment({})
    assert settings == Settings(home=project_root() / ".feedback")
    assert (settings.compute, settings.embedder, settings.tracker, settings.alert_channel) == ("sail", "wordllama", "local", "local")


def test_every_variable_sets_its_field(tmp_path: Path) -> None:
    assert Settings.from_environment(
        {
            "FEEDBACK_HOME": str(tmp_path / "home"),
            "FEEDBACK_PROJECT": str(tmp_path / "project"),
            "FEEDBACK_FIRST_DAY": "2024-02-29",
            "FEEDBACK_DAYS_PER_RUN": "7",
            "FEEDBACK_COMPUTE": "c",
            "FEEDBACK_EMBEDDER": "e",
            "FEEDBACK_TRACKER": "t",
            "FEEDBACK_ALERTS": "a",
            "FEEDBACK_PSEUDONYM_KEY": "k",
            "FEEDBACK_DAGSTER_POSTGRES": "postgresql://u:p@h/d",
            "FEEDBACK_KEEP_VERSIONS_HOURS": "48",
            "FEEDBACK_KEEP_HISTORY_DAYS": "30",
            "FEEDBACK_BATCH_MINUTES": "5",
        }
    ) == Settings(
        *(tmp_path / "home", date(2024, 2, 29), 7, tmp_path / "project", "c", "e", "t", "a", "k", "postgresql://u:p@h/d", 48, 30),
        batch_minutes=5,
    )


def test_an_empty_variable_is_as_good_as_none() -> None:
    names = (
        "HOME",
        "PROJECT",
        "FIRST_DAY",
        "DAYS_PER_RUN",
        "COMPUTE",
        "EMBEDDER",
        "TRACKER",
        "ALERTS",
        "PSEUDONYM_KEY",
        "DAGSTER_POSTGRES",
    )
    assert Settings.from_environment({f"FEEDBACK_{n}": "" for n in names}) == Settings.from_environment({})


@pytest.mark.parametrize("url", ["hunter2", "mysql://u:hunter2@h/d", "postgresql://u:hunter2@h", "postgresql://u:hunter2@h/", "://hunter2"])
def test_a_wrong_url_of_postgres_is_refused_by_name_and_never_shown(url: str) -> None:
    with pytest.raises(SettingError, match="FEEDBACK_DAGSTER_POSTGRES") as refused:
        Settings.from_environment({"FEEDBACK_DAGSTER_POSTGRES": url})
    assert "hunter2" not in str(refused.value)
    assert "hunter2" not in repr(Settings(home=Path("home"), dagster_postgres="postgresql://u:hunter2@h/d"))


def test_everything_that_a_run_writes_lies_in_the_home(tmp_path: Path) -> None:
    settings = Settings(home=tmp_path / "home")
    written = [
        settings.landing,
        settings.lake,
        settings.dagster_home,
        settings.local_tickets,
        settings.local_alerts,
        settings.models,
        settings.key_file,
    ]
    assert len({p for p in written if p.is_relative_to(settings.home)}) == len(written)


def test_relative_folders_are_meant_from_the_working_directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    settings = Settings.from_environment({"FEEDBACK_HOME": "a/b", "FEEDBACK_PROJECT": "p"})
    assert (settings.home, settings.project) == (tmp_path / "a/b", tmp_path / "p")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("FEEDBACK_FIRST_DAY", "yesterday"),
        ("FEEDBACK_FIRST_DAY", "2023-02-29"),
        ("FEEDBACK_DAYS_PER_RUN", "0"),
        ("FEEDBACK_DAYS_PER_RUN", "-3"),
        ("FEEDBACK_KEEP_VERSIONS_HOURS", "0"),
        ("FEEDBACK_KEEP_HISTORY_DAYS", "long"),
        ("FEEDBACK_DAYS_PER_RUN", "1.5"),
        ("FEEDBACK_BATCH_MINUTES", "0"),
        ("FEEDBACK_DAYS_PER_RUN", "²"),
        ("FEEDBACK_DAYS_PER_RUN", "9" * 5000),
        ("FEEDBACK_HOME", "~nobody-of-this-name/feedback"),
        ("FEEDBACK_PROJECT", "~nobody-of-this-name/feedback"),
    ],
)
def test_a_wrong_value_is_refused_with_the_name_of_its_variable_and_a_mend(name: str, value: str) -> None:
    with pytest.raises(SettingError, match=name) as refused:
        Settings.from_environment({name: value})
    assert refused.value.expected
    assert name in refused.value.mend


@h_settings(max_examples=60, deadline=None)
@given(st.sampled_from(["FEEDBACK_FIRST_DAY", "FEEDBACK_DAYS_PER_RUN"]), st.text())
def test_no_value_raises_anything_but_a_setting_error(name: str, value: str) -> None:
    try:
        settings = Settings.from_environment({name: value})
    except SettingError as e:
        told = str(e)
    else:
        told = name if settings.days_per_run >= 1 else "below one"
    assert name in told


# --- seams ------------------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("field", "seam", "known", "variable"),
    [
        ("compute", "compute", "sail", "FEEDBACK_COMPUTE"),
        ("embedder", "embedder", "wordllama", "FEEDBACK_EMBEDDER"),
        ("tracker", "tracker", "local", "FEEDBACK_TRACKER"),
        ("alert_channel", "alert_channel", "local", "FEEDBACK_ALERTS"),
    ],
)
def test_an_unknown_name_is_refused_with_those_that_are_known_and_the_variable(
    tmp_path: Path, field: str, seam: str, known: str, variable: str
) -> None:
    given: dict[str, Any] = {field: "no-such-thing"}
    with pytest.raises(SettingError, match="no-such-thing") as refused:
        getattr(Services(Settings(home=tmp_path, **given)), seam)
    assert known in refused.value.expected
    assert variable in refused.value.mend


def test_an_unknown_source_is_refused_with_those_that_are_known() -> None:
    from feedback_assets.contracts.bronze import SOURCES
    from feedback_assets.sources.registry import source_named

    with pytest.raises(SettingError, match="no-such-thing") as refused:
        source_named("no-such-thing")
    assert all(name in refused.value.expected for name in SOURCES)


def test_the_sources_of_the_registry_are_those_that_have_a_table() -> None:
    from feedback_assets.contracts.bronze import SOURCES
    from feedback_assets.sources import registry

    assert tuple(s.name for s in registry.SOURCES) == SOURCES


class Toy:
    """An implementation of whatever a seam wants: only its name is looked at here."""

    name = "toy"

    def __init__(self, *given: object) -> None:
        self.given = given


def test_an_engine_in_the_registry_is_usable_from_settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from feedback_assets.compute import registry

    monkeypatch.setitem(registry._ENGINES, "toy", Toy)
    assert isinstance(Services(Settings(home=tmp_path, compute="toy")).compute, Toy)


def test_an_embedder_in_the_registry_is_usable_from_settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from feedback_assets.themes.embedders import registry

    monkeypatch.setitem(registry._EMBEDDERS, "toy", Toy)
    assert isinstance(Services(Settings(home=tmp_path, embedder="toy")).embedder, Toy)


def test_a_tracker_in_the_registry_is_usable_from_settings_and_gets_lake_and_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from feedback_assets.tickets.trackers import registry

    monkeypatch.setitem(registry.TRACKERS, "toy", Toy)
    seams = Services(Settings(home=tmp_path, tracker="toy"))
    assert isinstance(seams.tracker, Toy)
    assert seams.tracker.given == (seams.lake, tmp_path / "tickets")


def test_an_alert_channel_in_the_registry_is_usable_from_settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from feedback_assets.alerts.channels import registry

    monkeypatch.setitem(registry.CHANNELS, "toy", Toy)
    assert isinstance(Services(Settings(home=tmp_path, alert_channel="toy")).alert_channel, Toy)


def test_a_tier_in_the_registry_reads_after_the_others(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A reader with the rules and a toy: the local model is left out because it would be trained."""
    from feedback_assets.enrichment.taxonomy import Taxonomy
    from feedback_assets.enrichment.tiers import registry
    from feedback_assets.enrichment.tiers.rules import RuleTier

    class ToyTier(RuleTier):
        def __init__(self, taxonomy: Taxonomy) -> None:
            super().__init__(taxonomy)
            self.version = "toy 1"

    monkeypatch.delitem(registry.TIERS, "local_model")
    monkeypatch.setitem(registry.TIERS, "toy", lambda taxonomy, _golden, _models, _decisions: ToyTier(taxonomy))
    assert Services(Settings(home=tmp_path)).reader.model_version == "toy 1"


def test_seams_are_made_when_they_are_used_and_write_nothing_before(tmp_path: Path) -> None:
    seams = Services(Settings(home=tmp_path / "home"))
    for made in (seams.lake, seams.landing, seams.weights, seams.compute, seams.tracker, seams.alert_channel):
        assert made is not None
    assert list(tmp_path.iterdir()) == []
