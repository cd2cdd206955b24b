"""Agents of the platform as LangChain Runnables."""

from mistral_rag._lazy import loader

TYPE_CHECKING = False  # importing typing takes as long as starting Python
if TYPE_CHECKING:
    from mistral_rag.agents._model import MistralAgent

__all__ = ["MistralAgent"]

__getattr__ = loader(__name__, {"MistralAgent": "_model"})
