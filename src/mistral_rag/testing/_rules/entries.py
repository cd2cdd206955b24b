"""Request bodies of conversations, and the entries that they are made of."""

from typing import Annotated, Any, Literal

from pydantic import Field

from mistral_rag.testing._rules.agent_bodies import AgentTool, CompletionArgs
from mistral_rag.testing._rules.bodies import (
    Body,
    DocumentURLChunk,
    FileChunk,
    Guardrail,
    ImageURLChunk,
    JsonObject,
    TextChunk,
    ThinkChunk,
    ToolReferenceChunk,
)


class ToolFileChunk(Body):
    """A file that a built-in tool made."""

    type: Literal["tool_file"] = "tool_file"
    tool: str
    file_id: str
    file_name: str | None = None
    file_type: str | None = None


EntryChunk = Annotated[
    TextChunk | ImageURLChunk | ToolFileChunk | DocumentURLChunk | FileChunk | ThinkChunk | ToolReferenceChunk,
    Field(discriminator="type"),
]


class EntryBody(Body):
    """Base of the entries."""

    object: Literal["entry"] = "entry"
    created_at: str | None = None
    completed_at: str | None = None
    id: str | None = None


class MessageInput(EntryBody):
    """A message of the user, or of the assistant in an earlier conversation."""

    type: Literal["message.input"] = "message.input"
    role: Literal["assistant", "user"]
    content: str | list[EntryChunk]
    prefix: bool = False


class MessageOutput(EntryBody):
    """A message of the model."""

    type: Literal["message.output"] = "message.output"
    agent_id: str | None = None
    model: str | None = None
    role: Literal["assistant"] = "assistant"
    content: str | list[EntryChunk]


class FunctionCallEntry(EntryBody):
    """A call that the caller runs."""

    type: Literal["function.call"] = "function.call"
    agent_id: str | None = None
    model: str | None = None
    tool_call_id: str
    name: str
    arguments: str | JsonObject
    confirmation_status: Literal["pending", "allowed", "denied"] | None = None


class FunctionResult(EntryBody):
    """The result of a call."""

    type: Literal["function.result"] = "function.result"
    tool_call_id: str
    result: str


class ToolExecution(EntryBody):
    """A call that the platform ran."""

    type: Literal["tool.execution"] = "tool.execution"
    agent_id: str | None = None
    model: str | None = None
    name: str
    arguments: str
    info: JsonObject = Field(default_factory=dict)


class Handoff(EntryBody):
    """A change of the agent."""

    type: Literal["agent.handoff"] = "agent.handoff"
    previous_agent_id: str
    previous_agent_name: str
    next_agent_id: str
    next_agent_name: str


AnyEntry = Annotated[
    MessageInput | MessageOutput | FunctionResult | FunctionCallEntry | ToolExecution | Handoff,
    Field(discriminator="type"),
]
Said = str | list[AnyEntry]


class ConversationStart(Body):
    """POST /v1/conversations."""

    inputs: Said
    stream: bool | None = None
    store: bool | None = None
    handoff_execution: Literal["client", "server"] | None = None
    instructions: str | None = None
    tools: list[AgentTool] | None = None
    completion_args: CompletionArgs | None = None
    guardrails: list[Guardrail] | None = None
    name: str | None = None
    description: str | None = None
    metadata: dict[str, Any] | None = None
    agent_id: str | None = None
    agent_version: int | str | None = None
    model: str | None = None


class ToolConfirmation(Body):
    """An allowed or denied call."""

    tool_call_id: str
    confirmation: Literal["allow", "deny"]


class ConversationAppend(Body):
    """POST /v1/conversations/{id}."""

    inputs: Said = Field(default_factory=list)
    stream: bool = False
    store: bool = True
    handoff_execution: Literal["client", "server"] = "server"
    completion_args: CompletionArgs = CompletionArgs()
    tool_confirmations: list[ToolConfirmation] | None = None


class ConversationRestart(Body):
    """POST /v1/conversations/{id}/restart."""

    inputs: Said = Field(default_factory=list)
    stream: bool = False
    store: bool = True
    handoff_execution: Literal["client", "server"] = "server"
    completion_args: CompletionArgs = CompletionArgs()
    guardrails: list[Guardrail] | None = None
    metadata: dict[str, Any] | None = None
    from_entry_id: str
    agent_version: int | str | None = None
