"""The platform's resources, thin and typed: `MistralClient` with files, agents, conversations, batch jobs and more."""

from __future__ import annotations

from mistral_rag._lazy import loader

TYPE_CHECKING = False  # importing typing takes as long as starting Python
if TYPE_CHECKING:
    from mistral_rag.platform._audio import Transcription, TranscriptionEvent, TranscriptionSegment
    from mistral_rag.platform._beta.agents import StoredAgent
    from mistral_rag.platform._beta.connectors import ConnectorListing, ConnectorResult, ConnectorTool, StoredConnector
    from mistral_rag.platform._beta.conversations import (
        Conversation,
        ConversationEntry,
        ConversationEvent,
        ConversationHistory,
        ConversationReply,
        ConversationUsage,
    )
    from mistral_rag.platform._beta.libraries import Library, LibraryDocument, LibraryShare
    from mistral_rag.platform._beta.retriever import ManagedIndexRetriever
    from mistral_rag.platform._beta.search_indexes import (
        AddedDocument,
        AddedDocuments,
        ManagedChunk,
        ManagedHit,
        ManagedIndex,
        ManagedIndexListing,
        RemovedDocuments,
    )
    from mistral_rag.platform._calls import Deleted, Listing, PlatformObject
    from mistral_rag.platform._classifiers import ClassificationReply, ModerationReply, ModerationVerdict
    from mistral_rag.platform._client import MistralClient
    from mistral_rag.platform._files import PlatformFile
    from mistral_rag.platform._jobs import BatchJob
    from mistral_rag.platform._models import ModelCard
    from mistral_rag.platform._tuning import TuningJob, check_training_file

_HOME = {
    "AddedDocument": "_beta.search_indexes",
    "AddedDocuments": "_beta.search_indexes",
    "BatchJob": "_jobs",
    "ClassificationReply": "_classifiers",
    "StoredConnector": "_beta.connectors",
    "ConnectorListing": "_beta.connectors",
    "ConnectorResult": "_beta.connectors",
    "ConnectorTool": "_beta.connectors",
    "Conversation": "_beta.conversations",
    "ConversationEntry": "_beta.conversations",
    "ConversationEvent": "_beta.conversations",
    "ConversationHistory": "_beta.conversations",
    "ConversationReply": "_beta.conversations",
    "ConversationUsage": "_beta.conversations",
    "Deleted": "_calls",
    "Library": "_beta.libraries",
    "LibraryDocument": "_beta.libraries",
    "LibraryShare": "_beta.libraries",
    "Listing": "_calls",
    "ManagedChunk": "_beta.search_indexes",
    "ManagedHit": "_beta.search_indexes",
    "ManagedIndex": "_beta.search_indexes",
    "ManagedIndexListing": "_beta.search_indexes",
    "ManagedIndexRetriever": "_beta.retriever",
    "MistralClient": "_client",
    "ModelCard": "_models",
    "ModerationReply": "_classifiers",
    "ModerationVerdict": "_classifiers",
    "PlatformFile": "_files",
    "PlatformObject": "_calls",
    "RemovedDocuments": "_beta.search_indexes",
    "StoredAgent": "_beta.agents",
    "Transcription": "_audio",
    "TranscriptionEvent": "_audio",
    "TranscriptionSegment": "_audio",
    "TuningJob": "_tuning",
    "check_training_file": "_tuning",
}

__all__ = [
    "AddedDocument",
    "AddedDocuments",
    "BatchJob",
    "ClassificationReply",
    "ConnectorListing",
    "ConnectorResult",
    "ConnectorTool",
    "Conversation",
    "ConversationEntry",
    "ConversationEvent",
    "ConversationHistory",
    "ConversationReply",
    "ConversationUsage",
    "Deleted",
    "Library",
    "LibraryDocument",
    "LibraryShare",
    "Listing",
    "ManagedChunk",
    "ManagedHit",
    "ManagedIndex",
    "ManagedIndexListing",
    "ManagedIndexRetriever",
    "MistralClient",
    "ModelCard",
    "ModerationReply",
    "ModerationVerdict",
    "PlatformFile",
    "PlatformObject",
    "RemovedDocuments",
    "StoredAgent",
    "StoredConnector",
    "Transcription",
    "TranscriptionEvent",
    "TranscriptionSegment",
    "TuningJob",
    "check_training_file",
]

__getattr__ = loader(__name__, _HOME)
