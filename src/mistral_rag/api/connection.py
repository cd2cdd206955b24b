"""The settings that everything which talks to the platform has in common."""

from typing import Annotated, Any, Self

from langchain_core.utils import secret_from_env
from pydantic import AliasChoices, BaseModel, ConfigDict, Field, PrivateAttr, SecretStr, model_validator

from mistral_rag.api.client import Client
from mistral_rag.api.retry import RetryPolicy
from mistral_rag.api.settings import Settings, Timeouts, default_base_url, login_apart


class Connection(BaseModel):
    """Where the platform is, who asks, and how patiently.

    The key is looked for when it is needed and never shows. `base_url` includes /v1; a user and password in it become
    `login`, are sent instead of the key, and never show. `timeout` is one number of
    seconds or `Timeouts`; `max_retries` counts attempts after the first; nothing is tried again later than
    `max_elapsed` seconds after the first attempt. `transport` is an httpx transport, for tests in one process.
    """

    model_config = ConfigDict(
        extra="forbid", populate_by_name=True, arbitrary_types_allowed=True, hide_input_in_errors=True
    )

    api_key: SecretStr | None = Field(
        default_factory=secret_from_env("MISTRAL_API_KEY", default=None),
        validation_alias=AliasChoices("api_key", "mistral_api_key"),
    )
    base_url: str = Field(default_factory=default_base_url, validation_alias=AliasChoices("base_url", "endpoint"))
    login: SecretStr | None = Field(default=None, repr=False, exclude=True)
    timeout: Annotated[float, Field(gt=0)] | Timeouts | None = None
    max_retries: int = Field(default=4, ge=0)
    max_elapsed: float = Field(default=120.0, gt=0)
    max_concurrent_requests: int | None = Field(default=64, ge=1)
    default_headers: dict[str, str] = Field(default_factory=dict, repr=False, exclude=True)
    transport: Any = Field(default=None, repr=False, exclude=True)

    _held: dict[tuple[Any, ...], Client] = PrivateAttr(default_factory=dict)

    @model_validator(mode="after")
    def _login_apart(self) -> Self:
        address, login = login_apart(self.base_url)
        if login is not None:
            self.base_url, self.login = address, login
        return self

    @property
    def mistral_api_key(self) -> SecretStr | None:
        """The key, by the name other integrations use."""
        return self.api_key

    @property
    def endpoint(self) -> str:
        """The base URL, by the name other integrations use."""
        return self.base_url

    @property
    def client(self) -> Client:
        """The client for these settings; a new one after they changed."""
        now = (*(getattr(self, name) for name in SETTINGS), *self.default_headers.items())
        # `setdefault` is atomic: threads that come first together share one client, and so its limits.
        held = self._held.get(now) or self._held.setdefault(now, Client(self._settings()))
        for other in [key for key in tuple(self._held) if key != now]:
            self._held.pop(other, None)
        return held

    def _settings(self) -> Settings:
        address, login = login_apart(self.base_url)  # a copy's `update` is not validated
        return Settings(
            base_url=address,
            key=self.api_key,
            login=login or self.login,
            headers=dict(self.default_headers),
            timeouts=Timeouts.of(self.timeout),
            retry=RetryPolicy(retries=self.max_retries, budget=self.max_elapsed),
            concurrency=self.max_concurrent_requests,
            transport=self.transport,
        )


SETTINGS = tuple(name for name in Connection.model_fields if name != "default_headers")
