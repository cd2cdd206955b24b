"""Models that the key may use."""

from collections.abc import Sequence
from typing import Any

from pydantic import Field

from mistral_rag.platform._calls import Deleted, Listing, PlatformCall, PlatformObject, Resource, path


class ModelCard(PlatformObject):
    """A model as the platform describes it; `capabilities` has the platform's names."""

    id: str
    aliases: list[str] = Field(default_factory=list)
    capabilities: dict[str, Any] = Field(default_factory=dict)
    max_context_length: int | None = None
    deprecation: str | None = None
    deprecation_replacement_model: str | None = None
    default_model_temperature: float | None = None
    type: str | None = None


class ModelResource(Resource):
    """`client.models`."""

    def list(self) -> Sequence[ModelCard]:
        """Every model, once for each of its names."""
        return self._send(LIST).data

    async def alist(self) -> Sequence[ModelCard]:
        """`list` for coroutines."""
        return (await self._asend(LIST)).data

    def get(self, model: str) -> ModelCard:
        """One model, by id or alias.

        Raises:
            NotFoundError: There is none.
        """
        return self._send(PlatformCall("GET", path("models", model), ModelCard))

    async def aget(self, model: str) -> ModelCard:
        """`get` for coroutines."""
        return await self._asend(PlatformCall("GET", path("models", model), ModelCard))

    def delete(self, model: str) -> Deleted:
        """Delete a fine-tuned model; the platform's own can't be deleted."""
        return self._send(PlatformCall("DELETE", path("models", model), Deleted))

    async def adelete(self, model: str) -> Deleted:
        """`delete` for coroutines."""
        return await self._asend(PlatformCall("DELETE", path("models", model), Deleted))


LIST: PlatformCall[Listing[ModelCard]] = PlatformCall("GET", "models", Listing[ModelCard])
