"""The SDK's client for given settings: Azure's v1 path, a dated deployment, or any compatible server; a key, or Entra ID.

Nothing is read from the environment: what the SDK would take from OPENAI_* is set. Log lines of single requests are kept off.
"""

from collections.abc import Awaitable, Callable
from importlib import import_module
from typing import TYPE_CHECKING

from feedback_assets.ground.errors import SettingError
from feedback_assets.model_client.settings import ModelSettings

if TYPE_CHECKING:
    from openai import AsyncOpenAI

SCOPE = "https://cognitiveservices.azure.com/.default"
"""What a token of Entra ID must be good for
(https://learn.microsoft.com/azure/ai-foundry/openai/how-to/managed-identity)."""


def connect(settings: ModelSettings) -> "AsyncOpenAI":
    """A client for the event loop that uses it. It sends nothing yet. Raises SettingError when Entra ID is wanted without its package."""
    import httpx2
    import openai

    _quiet()
    provider = entra_token_provider() if settings.entra else None
    connections = settings.concurrency + 4
    http = openai.DefaultAsyncHttpxClient(
        timeout=settings.timeout_s, limits=httpx2.Limits(max_connections=connections, max_keepalive_connections=connections)
    )
    sdk: AsyncOpenAI
    if settings.api_version:
        root = settings.address.removesuffix("/openai")
        if provider:
            sdk = openai.AsyncAzureOpenAI(
                azure_endpoint=root,
                api_version=settings.api_version,
                azure_ad_token_provider=provider,
                max_retries=0,
                timeout=settings.timeout_s,
                http_client=http,
            )
        else:
            sdk = openai.AsyncAzureOpenAI(
                azure_endpoint=root,
                api_version=settings.api_version,
                api_key=settings.api_key,
                max_retries=0,
                timeout=settings.timeout_s,
                http_client=http,
            )
    else:
        sdk = openai.AsyncOpenAI(
            base_url=settings.address + "/",
            api_key=provider or settings.api_key or "none",  # a server without keys takes any
            max_retries=0,
            timeout=settings.timeout_s,
            http_client=http,
        )
    sdk.organization = sdk.project = None
    return sdk


def entra_token_provider() -> Callable[[], Awaitable[str]]:
    """Gives a token of whoever this process is to Entra ID (a managed identity, a service principal, a developer's sign-in).

    Raises SettingError when azure-identity is not installed; what it gives raises it when there is no identity.
    """
    import asyncio

    try:
        identity = import_module("azure.identity")
        errors = import_module("azure.core.exceptions")
    except ImportError:
        raise SettingError(
            "FEEDBACK_MODEL_ENTRA needs azure-identity, which is not installed", mend="pip install 'feedback-assets[entra]'"
        ) from None
    token: Callable[[], str] = identity.get_bearer_token_provider(identity.DefaultAzureCredential(), SCOPE)

    async def provide() -> str:
        try:
            return await asyncio.to_thread(token)  # it keeps a token until shortly before its end, then asks the network
        except errors.ClientAuthenticationError:
            raise SettingError(
                "FEEDBACK_MODEL_ENTRA: Entra ID gives this process no token",
                expected="a managed identity, a service principal or a developer's sign-in",
                mend="see docs/model.md, Entra ID",
            ) from None

    return provide


def _quiet() -> None:
    """The HTTP client logs a line a request at INFO, the SDK what it does at DEBUG, of which nobody says what it will hold tomorrow."""
    import logging

    for name in ("openai", "httpx2", "httpcore2"):
        logger = logging.getLogger(name)
        if logger.level < logging.WARNING:
            logger.setLevel(logging.WARNING)
