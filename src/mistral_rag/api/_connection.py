"""Settings that every LangChain class of this package shares: host, credentials, timeouts, retries."""

from collections.abc import Callable
from operator import itemgetter
from typing import Annotated, Any, Self

from langchain_core.utils import secret_from_env
from pydantic import AliasChoices, BaseModel, ConfigDict, Field, SecretStr, field_validator, model_validator

from mistral_rag._nearest import check_names
from mistral_rag.api._client import Client
from mistral_rag.api._http.transports import caller_headers
from mistral_rag.api._keys import Key, Redactor, as_key, secret_values
from mistral_rag.api._retry import RetryPolicy
from mistral_rag.api._settings import (
    Settings,
    Timeouts,
    default_base_url,
    has_key_header,
    is_httpx_timeout,
    split_login,
)
from mistral_rag.errors import ConfigurationError

KEY_OF_ENVIRONMENT = secret_from_env("MISTRAL_API_KEY", default=None)

MAX_CLIENTS = 8
"""Clients kept for one family of models. A configurable field has a few values; each client holds open connections."""


class _Headers(tuple[tuple[str, str], ...]):
    """Headers of a model as part of a key of `Clients`; no traceback shows them."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "(…)"


class Clients:
    """The clients of a model and of its copies, such as LangChain's configured ones.

    One client for each combination of settings, at most `MAX_CLIENTS`, so that copies reuse open connections. A copy
    by `copy.deepcopy` or `pickle` starts empty.
    """

    def __init__(self) -> None:
        self._clients: dict[tuple[Any, ...], Client] = {}

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Clients)  # models with equal settings compare equal

    __hash__ = None  # type: ignore[assignment]

    def __reduce__(self) -> tuple[type["Clients"], tuple[()]]:
        return Clients, ()

    def of(self, settings: tuple[Any, ...], make: Callable[[], Client]) -> Client:
        """The client for these settings; created by `make` when there is none."""
        for known, client in tuple(self._clients.items()):
            if known == settings:  # values are mostly identical objects: cheaper than a hash
                return client
        # `setdefault` is atomic: threads that race for the first client share one, and so its limits.
        client = self._clients.setdefault(settings, make())
        for old in tuple(self._clients)[:-MAX_CLIENTS]:
            self._clients.pop(old, None)
        return client


class Connection(BaseModel):
    """Host, credentials, timeouts and retries of a model.

    None means not given. A missing key is an error of the first call, not of the constructor; no repr shows it.
    `api_key` may be a function without arguments, for a key that expires: each call asks it once. A pickle holds no
    key: what is unpickled takes the one in MISTRAL_API_KEY, as LangChain's `load` does.
    `base_url` includes /v1; a user and password in it become `login`, which is sent instead of the key and in no repr
    either. A pasted endpoint is taken off it, and an address of Vertex that ends in ":rawPredict" is used as it is.
    `default_headers` may hold a key ("api-key", "x-api-key"), which is then sent instead of that of the environment.
    `timeout` is one number of seconds, `Timeouts` or an httpx.Timeout; `max_retries` counts attempts after the first;
    no retry starts later than `max_elapsed` seconds after the first attempt. `transport` is an httpx transport, for
    tests in one process; requests go through `http_client` and `http_async_client` (httpx's, also called `client` and
    `async_client`) where they are given, with the headers and the base URL that these have.
    """

    model_config = ConfigDict(
        extra="forbid", populate_by_name=True, arbitrary_types_allowed=True, hide_input_in_errors=True
    )

    api_key: SecretStr | None = Field(
        validate_default=True,
        default_factory=KEY_OF_ENVIRONMENT,
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
    http_client: Any = Field(
        default=None, validation_alias=AliasChoices("http_client", "client"), repr=False, exclude=True
    )
    http_async_client: Any = Field(
        default=None, validation_alias=AliasChoices("http_async_client", "async_client"), repr=False, exclude=True
    )

    clients: Clients = Field(default_factory=Clients, repr=False, exclude=True)

    @model_validator(mode="before")
    @classmethod
    def _named(cls, given: Any) -> Any:
        return check_names(cls, given)

    @model_validator(mode="before")
    @classmethod
    def _none_means_not_given(cls, given: Any) -> Any:
        if not isinstance(given, dict):
            return given
        keep = "max_concurrent_requests"  # None means without limit
        return {name: value for name, value in given.items() if value is not None or name == keep}

    @field_validator("api_key", "login", mode="before")
    @classmethod
    def _held_as_key(cls, given: Any) -> Any:
        return as_key(given)

    @field_validator("timeout", mode="before")
    @classmethod
    def _httpx_timeout(cls, given: Any) -> Any:
        return Timeouts.of(given) if is_httpx_timeout(given) else given

    @model_validator(mode="after")
    def _address_of_http_client(self) -> Self:
        given = next((str(client.base_url) for client in self._http_clients if str(client.base_url)), None)
        if given is not None and "base_url" not in self.model_fields_set:
            self.base_url = given
        return self

    @property
    def _http_clients(self) -> list[Any]:
        return [client for client in (self.http_client, self.http_async_client) if client is not None]

    @model_validator(mode="after")
    def _split_login(self) -> Self:
        try:
            address, login = split_login(self.base_url)
        except ConfigurationError:
            self.base_url = ""  # the traceback would hold the password
            raise
        if login is not None:
            self.base_url, self.login = address, login
        return self

    def __getstate__(self) -> dict[Any, Any]:
        """The state without the key.

        Raises:
            ConfigurationError: a login or a secret header is set, which nobody could set again.
        """
        headers = caller_headers(*self._http_clients) | self.default_headers
        own_key = Redactor([self.api_key] if isinstance(self.api_key, Key) else ())  # it may be in any header
        if self.login is not None or secret_values(headers) or own_key.is_in(" ".join(headers.values())):
            raise ConfigurationError(
                f"{type(self).__name__} has a login or a secret header, which no pickle may hold. "
                "Make it anew where it is needed."
            )
        state = super().__getstate__()
        return {**state, "__dict__": state["__dict__"] | {"api_key": None}}

    def __setstate__(self, state: dict[Any, Any]) -> None:
        super().__setstate__(state)
        self.api_key = as_key(KEY_OF_ENVIRONMENT())

    def __repr_args__(self) -> Any:
        for name, value in super().__repr_args__():
            # a query may hold a key
            yield name, value.partition("?")[0] if name == "base_url" and isinstance(value, str) else value

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
        """The client for the present settings; changed settings get another one."""
        current = (*VALUES(self.__dict__), _Headers(self.default_headers.items()))
        return self.clients.of(current, lambda: Client(self._settings()))

    def _settings(self) -> Settings:
        address, login = split_login(self.base_url)  # a copy's `update` is not validated
        headers = caller_headers(*self._http_clients) | self.default_headers
        # The key of the environment is the platform's: a host with a key in a header of its own must not get it.
        foreign = has_key_header(headers) and "api_key" not in self.model_fields_set
        return Settings(
            base_url=address,
            key=None if foreign else self.api_key,
            login=login or self.login,
            headers=headers,
            timeouts=Timeouts.of(self.timeout),
            retry=RetryPolicy(retries=self.max_retries, budget=self.max_elapsed),
            concurrency=self.max_concurrent_requests,
            transport=self.transport,
            http_client=self.http_client,
            http_async_client=self.http_async_client,
        )


VALUES = itemgetter(*(name for name in Connection.model_fields if name not in {"default_headers", "clients"}))
