"""The platform's resources, thin and typed: `MistralClient` with files, agents, conversations, batch jobs and more."""

from __future__ import annotations

from mistral_rag._lazy import loader

TYPE_CHECKING = False  # importing typing takes as long as starting Python
if TYPE_CHECKING:
    from mistral_rag.platform._agents import StoredAgent
    from mistral_rag.platform._audio import Transcription, TranscriptionEvent, TranscriptionSegment
    from mistral_rag.platform._calls import Deleted, Listing, PlatformObject
    from mistral_rag.platform._classifiers import ClassificationReply, ModerationReply, ModerationVerdict
    from mistral_rag.platform._client import MistralClient
    from mistral_rag.platform._conversations import (
        Conversation,
        ConversationEntry,
        ConversationEvent,
        ConversationHistory,
        ConversationReply,
        ConversationUsage,
    )
    from mistral_rag.platform._files import PlatformFile
    from mistral_rag.platform._jobs import BatchJob
    from mistral_rag.platform._libraries import Library, LibraryDocument, LibraryShare
    from mistral_rag.platform._models import ModelCard
    from mistral_rag.platform._tuning import TuningJob, check_training_file

_HOME = {
    "BatchJob": "_jobs",
    "ClassificationReply": "_classifiers",
    "Conversation": "_conversations",
    "ConversationEntry": "_conversations",
    "ConversationEvent": "_conversations",
    "ConversationHistory": "_conversations",
    "ConversationReply": "_conversations",
    "ConversationUsage": "_conversations",
    "Deleted": "_calls",
    "Library": "_libraries",
    "LibraryDocument": "_libraries",
    "LibraryShare": "_libraries",
    "Listing": "_calls",
    "MistralClient": "_client",
    "ModelCard": "_models",
    "ModerationReply": "_classifiers",
    "ModerationVerdict": "_classifiers",
    "PlatformFile": "_files",
    "PlatformObject": "_calls",
    "StoredAgent": "_agents",
    "Transcription": "_audio",
    "TranscriptionEvent": "_audio",
    "TranscriptionSegment": "_audio",
    "TuningJob": "_tuning",
    "check_training_file": "_tuning",
}

__all__ = [
    "BatchJob",
    "ClassificationReply",
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
    "MistralClient",
    "ModelCard",
    "ModerationReply",
    "ModerationVerdict",
    "PlatformFile",
    "PlatformObject",
    "StoredAgent",
    "Transcription",
    "TranscriptionEvent",
    "TranscriptionSegment",
    "TuningJob",
    "check_training_file",
]

__getattr__ = loader(__name__, _HOME)
