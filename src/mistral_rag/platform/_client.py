"""MistralClient: the platform's resources on one connection."""

from mistral_rag.api._connection import Connection
from mistral_rag.platform._audio import TranscriptionResource
from mistral_rag.platform._beta.agents import AgentResource
from mistral_rag.platform._beta.connectors import ConnectorResource
from mistral_rag.platform._beta.conversations import ConversationResource
from mistral_rag.platform._beta.libraries import LibraryResource
from mistral_rag.platform._beta.search_indexes import SearchIndexResource
from mistral_rag.platform._classifiers import ClassifierResource, ModerationResource
from mistral_rag.platform._files import FileResource
from mistral_rag.platform._jobs import BatchJobResource
from mistral_rag.platform._models import ModelResource
from mistral_rag.platform._tuning import TuningResource


class MistralClient(Connection):
    """The platform's resources: ``MistralClient().files.upload("scan.pdf")``, ``await client.files.aupload(…)``.

    Host, key, timeouts and retries are given as for `ChatMistral`; construction does no I/O. Each method has a twin for
    coroutines with an "a" before its name. Replies are typed and keep fields that the platform adds later; errors are
    `mistral_rag.errors.ApiError`. For chat, embeddings and OCR there are `ChatMistral`, `MistralEmbeddings` and
    `MistralOCR`.
    """

    @property
    def files(self) -> FileResource:
        """Files."""
        return FileResource(self)

    @property
    def models(self) -> ModelResource:
        """Models."""
        return ModelResource(self)

    @property
    def moderations(self) -> ModerationResource:
        """Moderation of texts and conversations."""
        return ModerationResource(self)

    @property
    def classifiers(self) -> ClassifierResource:
        """Classification by models of one's own."""
        return ClassifierResource(self)

    @property
    def agents(self) -> AgentResource:
        """Agents."""
        return AgentResource(self)

    @property
    def conversations(self) -> ConversationResource:
        """Conversations with agents and models."""
        return ConversationResource(self)

    @property
    def libraries(self) -> LibraryResource:
        """Libraries of documents, for the tool document_library."""
        return LibraryResource(self)

    @property
    def connectors(self) -> ConnectorResource:
        """Connectors to MCP servers."""
        return ConnectorResource(self)

    @property
    def search_indexes(self) -> SearchIndexResource:
        """Indexes that the platform searches itself."""
        return SearchIndexResource(self)

    @property
    def transcriptions(self) -> TranscriptionResource:
        """Transcriptions of recordings."""
        return TranscriptionResource(self)

    @property
    def batch(self) -> BatchJobResource:
        """Batch jobs."""
        return BatchJobResource(self)

    @property
    def tuning(self) -> TuningResource:
        """Fine-tuning jobs, which the platform has deprecated."""
        return TuningResource(self)
