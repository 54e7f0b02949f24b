"""Settings are read from a mapping, refused with the variable's name, and never show a secret."""

import pytest

from feedback_assets.ground.errors import SettingError
from feedback_assets.model_client.connection import connect
from feedback_assets.model_client.settings import PREFIX, ModelSettings

SECRET = "very-secret-key-42"
AZURE = {"ENDPOINT": "https://shop.openai.azure.com/", "NAME": "gpt", "API_KEY": SECRET}


def read(**values: str) -> ModelSettings | None:
    return ModelSettings.from_environment({PREFIX + name: value for name, value in values.items()})


def test_without_an_endpoint_there_is_no_model() -> None:
    assert ModelSettings.from_environment({}) is None
    assert read(NAME="gpt", API_KEY=SECRET) is None
    assert read(ENDPOINT=" ", NAME="gpt") is None


@pytest.mark.parametrize(
    ("values", "address"),
    [
        ({}, "https://shop.openai.azure.com/openai/v1"),
        ({"ENDPOINT": "https://shop.openai.azure.com/openai/v1/"}, "https://shop.openai.azure.com/openai/v1"),
        ({"API_VERSION": "2024-10-21"}, "https://shop.openai.azure.com/openai"),
        ({"ENDPOINT": "", "BASE_URL": "http://gpu:8000/v1/"}, "http://gpu:8000/v1"),
    ],
)
def test_each_way_to_connect_has_its_address(values: dict[str, str], address: str) -> None:
    settings = read(**{**AZURE, **values})
    assert settings is not None
    assert settings.address == address
    assert SECRET not in repr(settings)


def test_every_setting_is_read() -> None:
    numbers = {"REQUESTS_PER_MINUTE": "600", "TOKENS_PER_MINUTE": "200000", "CONCURRENCY": "8", "TIMEOUT_S": "30", "MOST_ATTEMPTS": "3"}
    settings = read(**AZURE, **numbers, MAX_OUTPUT_TOKENS="500", LONGEST_WAIT_S="60", OUTPUT_LIMIT_FIELD="max_tokens")
    assert settings is not None
    assert (settings.requests_per_minute, settings.tokens_per_minute, settings.concurrency) == (600, 200_000, 8)
    assert (settings.timeout_s, settings.most_attempts, settings.max_output_tokens, settings.longest_wait_s) == (30, 3, 500, 60)
    assert settings.output_limit_field == "max_tokens"


@pytest.mark.parametrize(
    ("values", "variable"),
    [
        ({"NAME": ""}, "NAME"),
        ({"API_KEY": ""}, "API_KEY"),
        ({"API_KEY": SECRET + "\n" + SECRET}, "API_KEY"),
        ({"API_KEY": SECRET + "é"}, "API_KEY"),
        ({"ENTRA": "true"}, "ENTRA"),
        ({"ENTRA": SECRET}, "ENTRA"),
        ({"BASE_URL": "http://gpu:8000/v1"}, "BASE_URL"),
        ({"ENDPOINT": "shop.openai.azure.com"}, "ENDPOINT"),
        ({"ENDPOINT": "http://shop.openai.azure.com"}, "ENDPOINT"),
        ({"ENDPOINT": f"https://user:{SECRET}@shop.openai.azure.com"}, "ENDPOINT"),
        ({"ENDPOINT": f"https://shop.openai.azure.com:{SECRET}"}, "ENDPOINT"),
        ({"ENDPOINT": "", "BASE_URL": "http://gpu:8000/v1", "API_VERSION": "2024-10-21"}, "API_VERSION"),
        ({"REQUESTS_PER_MINUTE": SECRET}, "REQUESTS_PER_MINUTE"),
        ({"TOKENS_PER_MINUTE": "-1"}, "TOKENS_PER_MINUTE"),
        ({"CONCURRENCY": "0"}, "CONCURRENCY"),
        ({"TIMEOUT_S": "1e9"}, "TIMEOUT_S"),
        ({"OUTPUT_LIMIT_FIELD": "tokens"}, "OUTPUT_LIMIT_FIELD"),
    ],
)
def test_a_setting_that_cannot_be_used_is_named_and_no_value_is_shown(values: dict[str, str], variable: str) -> None:
    with pytest.raises(SettingError) as e:
        read(**{**AZURE, **values})
    assert PREFIX + variable in str(e.value)
    assert SECRET not in str(e.value)


def test_what_the_sdk_would_read_from_the_environment_changes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in (
        "OPENAI_ORG_ID",
        "OPENAI_PROJECT_ID",
        "OPENAI_BASE_URL",
        "OPENAI_API_KEY",
        "AZURE_OPENAI_AD_TOKEN",
        "AZURE_OPENAI_ENDPOINT",
    ):
        monkeypatch.setenv(name, "https://elsewhere.example")
    for values in ({}, {"API_VERSION": "2024-10-21"}, {"ENDPOINT": "", "API_KEY": "", "BASE_URL": "http://gpu:8000/v1"}):
        settings = read(**{**AZURE, **values})
        assert settings is not None
        sdk = connect(settings)
        assert str(sdk.base_url).startswith(settings.address)
        assert "elsewhere" not in str(sdk.default_headers) + str(sdk.api_key) + str(sdk.auth_headers)
        assert sdk.max_retries == 0


def test_entra_id_without_its_package_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "azure.identity", None)  # as where the extra is not installed
    with pytest.raises(SettingError, match=r"feedback-assets\[entra\]"):
        connect(ModelSettings(model="gpt", endpoint="https://shop.openai.azure.com", entra=True))
