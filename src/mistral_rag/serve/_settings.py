"""Settings of a server, as the command line gives them."""

import ipaddress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Final

from mistral_rag.errors import ConfigurationError
from mistral_rag.serve._access.principals import Principal, Tokens

if TYPE_CHECKING:
    from langchain_core.language_models import BaseChatModel

PORT: Final = 8377
"""A port that IANA has given to nobody."""

OWNER: Final = Principal("owner", may_write=True, may_operate=True)
"""Whoever reaches a server without tokens: it listens on this machine alone."""


@dataclass(frozen=True, kw_only=True)
class ServeSettings:
    """The index that is served, its readers, and the ways of serving it.

    Attributes:
        index: the index folder.
        host: address to listen on.
        port: to listen on; 0 for any that is free.
        names: host names by which browsers call the server, such as that of a proxy; addresses and `localhost` are
            always taken.
        tokens: of the principals; without any, whoever reaches the server is `owner`.
        owner: the principal where there are no tokens.
        allow_upload: documents may be uploaded, replaced and deleted.
        watch: folders and other places that the index is kept in step with, as `ingest watch` takes them.
        audit: note questions, documents used, timings and costs in `data`/audit.jsonl.
        data: folder of what the server writes: feedback, the audit log, uploaded files; by default the index folder's
            name with "-serve" behind it, beside it. Made when something is written.
        model: the chat model, or the name of one, which is then loaded when it is needed; None for quotes alone.
        title: heading of the page.
    """

    index: Path
    host: str = "127.0.0.1"
    port: int = PORT
    names: tuple[str, ...] = ()
    tokens: Tokens = field(default_factory=Tokens)
    owner: Principal = OWNER
    allow_upload: bool = False
    watch: tuple[str, ...] = ()
    audit: bool = False
    data: Path | None = None
    model: "BaseChatModel | str | None" = None
    title: str = ""

    @property
    def data_folder(self) -> Path:
        """The folder of what the server writes."""
        return self.data or self.index.absolute().with_name(f"{self.index.absolute().name}-serve")

    @property
    def model_name(self) -> str | None:
        """The name of the chat model; None for quotes alone."""
        if self.model is None or isinstance(self.model, str):
            return self.model
        return str(getattr(self.model, "model", type(self.model).__name__))

    def __post_init__(self) -> None:
        if not self.tokens and not is_loopback(self.host):
            raise ConfigurationError(
                f"{self.host} can be reached from other machines: name who may ask with --token or --tokens FILE"
            )


def is_loopback(host: str) -> bool:
    """True for an address that only this machine reaches."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False
